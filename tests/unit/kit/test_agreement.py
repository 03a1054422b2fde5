"""
Keys of a connection: both sides have the same, and nobody in the middle reads, changes, repeats or leaves out a frame.
"""

import pytest

from watchword.kit.agreement import Opener, Sealer, Share, Unsealable
from watchword.kit.randomness import SeededRandomness

SAID = b"everything that both have said"


def shares() -> tuple[Share, Share]:
    randomness = SeededRandomness(1)
    return Share(randomness), Share(randomness)


def agreed(*, said: tuple[bytes, bytes] = (SAID, SAID)) -> tuple[tuple[Sealer, Opener], tuple[Sealer, Opener]]:
    """Return what the first speaker seals and the second opens, and the other way round."""
    one, other = shares()
    mine, theirs = one.agree(other.public, transcript=said[0]), other.agree(one.public, transcript=said[1])
    assert mine is not None
    assert theirs is not None
    return (mine[0], theirs[1]), (theirs[2], mine[3])


def test_what_one_seals_the_other_opens_both_ways_and_in_order() -> None:
    for sealer, opener in agreed():
        frames = [sealer.seal(plain) for plain in (b"one", b"two", b"")]

        assert [opener.open(frame) for frame in frames] == [b"one", b"two", b""]


def test_unequal_transcripts_make_unequal_keys() -> None:
    for sealer, opener in agreed(said=(SAID, SAID + b".")):
        with pytest.raises(Unsealable):
            opener.open(sealer.seal(b"one"))


def test_a_frame_that_comes_twice_opens_once() -> None:
    (sealer, opener), _ = agreed()
    frame = sealer.seal(b"one")
    opener.open(frame)

    with pytest.raises(Unsealable):
        opener.open(frame)


def test_what_follows_a_frame_that_was_left_out_does_not_open() -> None:
    (sealer, opener), _ = agreed()
    sealer.seal(b"one")

    with pytest.raises(Unsealable):
        opener.open(sealer.seal(b"two"))


def test_a_changed_frame_does_not_open() -> None:
    (sealer, opener), _ = agreed()
    frame = sealer.seal(b"one")

    with pytest.raises(Unsealable):
        opener.open(bytes((frame[0] ^ 1,)) + frame[1:])


@pytest.mark.parametrize("frame", [b"", b"short", bytes(16)])
def test_what_was_never_sealed_does_not_open(frame: bytes) -> None:
    (_, opener), _ = agreed()

    with pytest.raises(Unsealable):
        opener.open(frame)


def test_what_comes_back_to_its_sender_does_not_open() -> None:
    (sealer, _), (_, opener) = agreed()

    with pytest.raises(Unsealable):
        opener.open(sealer.seal(b"one"))


@pytest.mark.parametrize("other", [bytes(32), b"\x01" + bytes(31), b"short"])
def test_with_what_is_no_share_nothing_is_agreed(other: bytes) -> None:
    one, _ = shares()

    assert one.agree(other, transcript=SAID) is None
