import io
import json
import re
import subprocess
import sys
from typing import TextIO

import pytest

from watchword.kit.clock import ManualClock
from watchword.kit.telemetry import Faults, Log, LogForm, SeldomLog, bug_reference, open_log

CANARY = "canary-7f3a"


def opened(stream: TextIO, form: LogForm = LogForm.JSON, least: str = "info") -> Log:
    return open_log(clock=ManualClock(), stream=stream, form=form, least=least)


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    log = opened(stream)
    log.info("it listens", host="127.0.0.1", port=1812)
    log.warning("a packet was dropped", client="198.51.100.7\nforged")

    first, second = stream.getvalue().splitlines()
    assert json.loads(first) == {
        "at": "2023-11-14T22:13:20.000000Z",
        "level": "info",
        "event": "it listens",
        "host": "127.0.0.1",
        "port": 1812,
    }
    assert json.loads(second)["client"] == "198.51.100.7\\u{a}forged"


def test_text_for_people_is_one_line_with_quotes_where_they_are_needed() -> None:
    stream = io.StringIO()
    opened(stream, LogForm.CONSOLE).warning("a packet was dropped", cause="too-short", user='x" level=info', none=None)

    assert stream.getvalue() == (
        '2023-11-14T22:13:20.000000Z warning a packet was dropped  cause=too-short user="x\\" level=info" none=null\n'
    )


@pytest.mark.parametrize("form", LogForm)
def test_no_secret_passes_in_any_form(form: LogForm) -> None:
    stream = io.StringIO()
    log = opened(stream, form, "debug")
    for tell in (log.debug, log.info, log.warning, log.error):
        tell("x", password=CANARY, words=f"otpauth://totp/x?secret={CANARY}", octets=CANARY.encode())
    try:
        int(CANARY)
    except ValueError:
        log.exception("this is a bug")

    assert len(stream.getvalue().splitlines()) == 5
    assert CANARY not in stream.getvalue()


def test_what_is_below_the_least_level_is_not_written() -> None:
    stream = io.StringIO()
    log = opened(stream, least="warning")
    log.info("not this")
    log.error("this")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["this"]


def test_a_stream_that_takes_nothing_disturbs_nobody() -> None:
    class Full(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError(28, "No space left on device", text)

    opened(Full()).info("lost")
    closed = io.StringIO()
    closed.close()
    opened(closed).info("lost")
    assert closed.closed


def test_structlog_is_not_imported_until_a_log_is_opened() -> None:
    program = "import sys, watchword.kit.telemetry; sys.exit('structlog' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class Lines:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def debug(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    info = warning = error = exception = debug


def test_a_log_brings_nothing_along_that_draws() -> None:
    code = (
        "import io, sys; from watchword.kit import clock, telemetry; "
        "telemetry.open_log(clock=clock.ManualClock(), stream=io.StringIO(), form=telemetry.LogForm.JSON); "
        "assert 'structlog' in sys.modules and not {'rich', 'pygments'} & sys.modules.keys(); import rich"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_of_a_kind_one_line_a_minute_is_written_with_the_number_of_those_left_out() -> None:
    clock, lines = ManualClock(), Lines()
    seldom = SeldomLog(lines, clock=clock)
    for _ in range(5):
        seldom.tell("kind", "dropped", cause="too-short")
    clock.advance(59)
    seldom.tell("kind", "dropped", cause="too-short")
    assert lines.lines == [("dropped", {"cause": "too-short"})]

    clock.advance(1)
    seldom.tell("kind", "dropped", cause="too-short")
    seldom.tell("other", "dropped", cause="bad-length")
    assert lines.lines[1:] == [
        ("dropped", {"cause": "too-short", "left_out": 5}),
        ("dropped", {"cause": "bad-length"}),
    ]


def test_kinds_are_bounded_and_further_ones_share_a_line() -> None:
    clock, lines = ManualClock(), Lines()
    seldom = SeldomLog(lines, clock=clock)
    for number in range(SeldomLog.MOST_KINDS + 500):
        seldom.tell(number, "dropped")
    assert len(lines.lines) == SeldomLog.MOST_KINDS + 1

    clock.advance(60)
    seldom.tell("new", "dropped")
    assert len(lines.lines) == SeldomLog.MOST_KINDS + 2


def test_a_fault_is_counted_always_and_told_seldom() -> None:
    counted: list[str] = []
    lines = Lines()
    faults = Faults(SeldomLog(lines, clock=ManualClock()), count=counted.append)
    for error in (ValueError(CANARY), ValueError(CANARY), KeyError(CANARY)):
        try:
            raise error
        except (ValueError, KeyError):
            faults("login")

    assert counted == ["login"] * 3
    ((said, first), (_, second)) = lines.lines
    assert said == "this is a bug"
    assert first["where"] == second["where"] == "login"
    assert first["reference"] != second["reference"]


def test_a_bug_has_one_reference_wherever_it_is_caught_and_says_nothing_by_it() -> None:
    def breaks(words: str) -> None:
        raise KeyError(words)

    references: list[str] = []
    for words in (CANARY, "another"):
        try:
            try:
                breaks(words)
            except KeyError as raised:
                references.append(bug_reference(raised))
                raise
        except KeyError as raised:
            references.append(bug_reference(raised))

    assert len(set(references)) == 1
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", references[0])
    assert bug_reference(ValueError()) != bug_reference(None)
