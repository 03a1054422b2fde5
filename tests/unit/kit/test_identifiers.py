"""
Identifiers: the layout of RFC 9562 section 5.7, the order of their making, and one text form each.
"""

import uuid
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kit.clock import MICROSECONDS, ManualClock
from watchword.kit.identifiers import LENGTH, Identifiers, parse, text
from watchword.kit.randomness import SeededRandomness


class Ones:
    """Randomness in which every bit is set."""

    def octets(self, count: int) -> bytes:
        return b"\xff" * count

    def below(self, limit: int) -> int:
        return limit - 1


def made(start: int, count: int = 1) -> list[bytes]:
    identifiers = Identifiers(clock=ManualClock(start=start), randomness=SeededRandomness(1))
    return [identifiers.new() for _ in range(count)]


def test_the_layout_is_that_of_the_rfcs_example() -> None:
    # RFC 9562 appendix A.6: 2022-02-22 19:22:22.000 UTC is 0x017F22E279B0 milliseconds.
    moment = 0x017F22E279B0 * 1_000
    (identifier,) = made(moment)
    assert identifier.hex().startswith("017f22e279b07")
    known = uuid.UUID(bytes=identifier)
    assert known.version == 7
    assert known.variant == uuid.RFC_4122
    assert len(identifier) == LENGTH == 16


@pytest.mark.parametrize(("microseconds", "fraction"), [(0, 0), (1, 4), (500, 2_048), (999, 4_091)])
def test_the_fraction_of_the_millisecond_stands_behind_it(microseconds: int, fraction: int) -> None:
    (identifier,) = made(1_700_000_000 * MICROSECONDS + microseconds)
    value = int.from_bytes(identifier, "big")
    assert value >> 80 == 1_700_000_000_000
    assert (value >> 64) & 0xFFF == fraction


def test_randomness_fills_what_is_left_and_touches_nothing_else() -> None:
    identifiers = Identifiers(clock=ManualClock(start=0), randomness=Ones())
    assert text(identifiers.new()) == "00000000-0000-7001-bfff-ffffffffffff"


def test_identifiers_of_one_moment_sort_as_they_were_made() -> None:
    several = made(1_700_000_000 * MICROSECONDS + 999, 10_000)
    assert several == sorted(several)
    assert len(set(several)) == len(several)
    assert {uuid.UUID(bytes=identifier).version for identifier in several} == {7}


def test_no_two_identifiers_share_their_randomness() -> None:
    several = made(1_700_000_000 * MICROSECONDS, 2_000)
    assert len({identifier[8:] for identifier in several}) == len(several)


def test_later_ones_sort_after_earlier_ones_though_the_clock_goes_on_slowly() -> None:
    clock = ManualClock()
    identifiers = Identifiers(clock=clock, randomness=SeededRandomness(2))
    several = []
    for _ in range(200):
        several += [identifiers.new() for _ in range(20)]
        clock.advance(0.000001)
    assert several == sorted(several)


def test_an_identifier_tells_when_it_was_made_again_once_the_clock_has_caught_up() -> None:
    clock = ManualClock(start=1_700_000_000 * MICROSECONDS)
    identifiers = Identifiers(clock=clock, randomness=SeededRandomness(3))
    for _ in range(5_000):
        identifiers.new()
    clock.advance(1)
    assert int.from_bytes(identifiers.new(), "big") >> 80 == 1_700_000_001_000


@given(st.binary(min_size=LENGTH, max_size=LENGTH))
def test_the_text_form_is_read_back(identifier: bytes) -> None:
    assert parse(text(identifier)) == identifier
    assert parse(text(identifier).upper()) == identifier


GOOD: Final = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        GOOD[:-1],
        GOOD + "0",
        f" {GOOD}",
        f"{GOOD}\n",
        f"{{{GOOD}}}",
        f"urn:uuid:{GOOD}",
        GOOD.replace("-", ""),
        GOOD.replace("-", "", 1),
        GOOD.replace("0", "\uff10"),
        GOOD.replace("0", "_"),
        GOOD.replace("0", " "),
        GOOD.replace("f", "g"),
        "+" + GOOD[1:],
    ],
)
def test_nothing_else_names_an_identifier(written: str) -> None:
    assert parse(GOOD) is not None
    assert parse(written) is None
