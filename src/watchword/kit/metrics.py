"""
Numbers about a running process: plain integers while it works, Prometheus's text when somebody asks.

Counting is one addition to a dictionary, on the path of every request. Labels are values of our own closed lists and
never what a client supplied: each becomes a series that is kept for ever. prometheus_client is imported at the first
scrape and only writes the numbers down.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Labels = tuple[str, ...]
"""Values of an instrument's labels, in their order."""

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of what is measured in seconds: from an answer out of memory to a phone that nobody looks at."""
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
"""Bounds of what is counted in pieces."""


class Counter:
    """Something that happens, by its labels."""

    def __init__(self, name: str, words: str, *labels: str) -> None:
        self.name = name
        self.words = words
        self.labels = labels
        self.values: defaultdict[Labels, int] = defaultdict(int)

    def add(self, *labels: str) -> None:
        """Count one."""
        self.values[labels] += 1


class Gauge:
    """Something that is so many at this moment, asked for when somebody looks."""

    def __init__(self, name: str, words: str) -> None:
        self.name = name
        self.words = words
        self.read: Callable[[], float] | None = None


class Distribution:
    """How many of what was measured were no larger than each bound, and no smaller than the bound before."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, size: float) -> None:
        """Count one of that size."""
        self.counts[bisect_left(self._bounds, size)] += 1
        self.sum += size


class Histogram:
    """Something of a size, by its labels."""

    def __init__(self, name: str, words: str, *labels: str, bounds: Sequence[float] = SECONDS) -> None:
        self.name = name
        self.words = words
        self.labels = labels
        self.bounds = tuple(bounds)
        self.values: dict[Labels, Distribution] = {}

    def of(self, *labels: str) -> Distribution:
        """Return where sizes with these labels are counted, which is kept by who counts there."""
        return self.values.setdefault(labels, Distribution(self.bounds))


class Metrics:
    """Everything that is counted, in one place."""

    def __init__(self) -> None:
        self.requests = Counter("watchword_requests", "Requests taken in.", "listener")
        self.replies = Counter("watchword_replies", "Answers sent.", "listener", "reply")
        self.unsent = Counter("watchword_unsent_replies", "Answers that the network did not take.", "listener")
        self.dropped = Counter("watchword_dropped_packets", "Packets dropped without an answer.", "listener", "cause")
        self.refused = Counter(
            "watchword_refused_packets", "Proven requests that cannot be a login, rejected.", "listener", "cause"
        )
        self.retransmissions = Counter(
            "watchword_retransmissions", "Packets that came again, before or after their answer.", "listener", "when"
        )
        self.status = Counter("watchword_status_requests", "Status-Server packets.", "listener", "answer")
        self.outcomes = Counter("watchword_outcomes", "Logins decided.", "outcome", "reason")
        self.joins = Counter("watchword_joins", "Requests that shared the verification of the same login.")
        self.cache_hits = Counter("watchword_cache_hits", "Logins let through by a caching rule.", "type")
        self.bypass_uses = Counter("watchword_bypass_uses", "One-time bypasses used.")
        self.faults = Counter("watchword_faults", "Bugs caught, and what was caught in.", "where")
        self.latency = Histogram(
            "watchword_latency_seconds",
            "From a request's arrival to its answer, waiting for people included.",
            "listener",
        )
        self.commit_size = Histogram("watchword_commit_size", "Units committed together.", bounds=SIZES)
        self.pending = Gauge("watchword_pending", "Verifications in progress.")
        self.outstanding = Gauge("watchword_outstanding", "RADIUS requests that were not answered yet.")
        self.queue = Gauge("watchword_queue", "Units that wait for the writer.")

    def collect(self) -> "Iterable[Metric]":
        """Return the numbers as prometheus_client has them; what it calls at each scrape."""
        from prometheus_client.core import (  # noqa: PLC0415 - only who is scraped needs it
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        for one in vars(self).values():
            if isinstance(one, Counter):
                counter = CounterMetricFamily(one.name, one.words, labels=one.labels)
                for labels, value in tuple(one.values.items()):
                    counter.add_metric(labels, value)
                yield counter
            elif isinstance(one, Histogram):
                histogram = HistogramMetricFamily(one.name, one.words, labels=one.labels)
                for labels, sizes in tuple(one.values.items()):
                    histogram.add_metric(labels, _cumulated(one.bounds, sizes.counts), sizes.sum)
                yield histogram
            elif isinstance(one, Gauge) and one.read is not None:
                gauge = GaugeMetricFamily(one.name, one.words)
                gauge.add_metric((), one.read())
                yield gauge

    def rendered(self) -> tuple[bytes, str]:
        """Return what `/metrics` answers, and its media type."""
        from prometheus_client import (  # noqa: PLC0415 - as above
            CONTENT_TYPE_LATEST,
            CollectorRegistry,
            ProcessCollector,
            generate_latest,
        )

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        ProcessCollector(registry=registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST


def _cumulated(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Return the buckets as Prometheus wants them: each counts what the smaller ones do too."""
    total, buckets = 0, []
    for bound, count in zip((*bounds, float("inf")), counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), float(total)))
    return buckets
