import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

from watchword.kit.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return what a scrape reads, by name and labels."""
    body, media_type = metrics.rendered()
    assert media_type.startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_counters_are_read_by_their_labels() -> None:
    metrics = Metrics()
    metrics.requests.add("radius")
    metrics.requests.add("radius")
    metrics.dropped.add("radius", "too-short")
    metrics.outcomes.add("denied", "wrong-password")
    metrics.bypass_uses.add()

    read = samples(metrics)
    assert read["watchword_requests_total", (("listener", "radius"),)] == 2
    assert read["watchword_dropped_packets_total", (("cause", "too-short"), ("listener", "radius"))] == 1
    assert read["watchword_outcomes_total", (("outcome", "denied"), ("reason", "wrong-password"))] == 1
    assert read["watchword_bypass_uses_total", ()] == 1


def test_gauges_are_asked_when_somebody_looks() -> None:
    metrics = Metrics()
    waiting = [1, 2, 3]
    metrics.pending.read = lambda: len(waiting)
    assert samples(metrics)["watchword_pending", ()] == 3

    waiting.pop()
    assert samples(metrics)["watchword_pending", ()] == 2
    assert ("watchword_queue", ()) not in samples(metrics)


def test_histograms_count_what_is_no_larger_than_each_bound() -> None:
    metrics = Metrics()
    for size in (1, 2, 3, 1_000):
        metrics.commit_size.of().observe(size)

    read = samples(metrics)
    buckets = {
        dict(labels)["le"]: value for (name, labels), value in read.items() if name == "watchword_commit_size_bucket"
    }
    assert buckets["1.0"] == 1
    assert buckets["2.0"] == 2
    assert buckets["4.0"] == 3
    assert buckets["512.0"] == 3
    assert buckets["+Inf"] == 4
    assert read["watchword_commit_size_count", ()] == 4
    assert read["watchword_commit_size_sum", ()] == 1_006


def test_latency_is_read_by_listener() -> None:
    metrics = Metrics()
    metrics.latency.of("radius").observe(0.0008)

    read = samples(metrics)
    assert read["watchword_latency_seconds_bucket", (("le", "0.001"), ("listener", "radius"))] == 1
    assert read["watchword_latency_seconds_count", (("listener", "radius"),)] == 1


def test_what_the_process_takes_is_told_too() -> None:
    assert samples(Metrics())["process_resident_memory_bytes", ()] > 0


def test_prometheus_client_is_not_imported_until_somebody_looks() -> None:
    program = (
        "import sys; from watchword.kit.metrics import Metrics; Metrics().requests.add('radius');"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
