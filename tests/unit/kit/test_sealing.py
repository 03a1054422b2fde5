"""
Sealing: what is sealed opens in its own place alone, and the key file is whole at every moment (N23, O13, O14).
"""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kit import sealing
from watchword.kit.randomness import SeededRandomness
from watchword.kit.sealing import KeyRing, KeysUnusable, Place, SealBroken

PLACE = Place("methods", b"alice's method", "secret")
PLAIN = b"a seed of twenty oct"


def ring(path: Path) -> KeyRing:
    return sealing.create(path, randomness=SeededRandomness(1), now=5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_what_is_sealed_opens_in_its_place(path: Path) -> None:
    keys = ring(path)

    sealed = keys.seal(PLAIN, PLACE)

    assert keys.open(sealed, PLACE) == PLAIN
    assert PLAIN not in sealed
    assert sealed[:5] == b"\x01\x00\x00\x00\x01" == keys.header
    assert len(sealed) == 5 + 12 + len(PLAIN) + 16


def test_no_nonce_comes_twice(path: Path) -> None:
    keys = ring(path)

    assert len({keys.seal(PLAIN, PLACE)[5:17] for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    "place",
    [
        Place("methods", b"bob's method", "secret"),
        Place("clients", b"alice's method", "secret"),
        Place("methods", b"alice's method", "other"),
        Place("method", b"salice's method", "secret"),
        Place("methods", b"alice's methods", "ecret"),
    ],
)
def test_what_is_sealed_opens_nowhere_else(path: Path, place: Place) -> None:
    keys = ring(path)

    with pytest.raises(SealBroken, match="changed, or stands in another's row"):
        keys.open(keys.seal(PLAIN, PLACE), place)


def test_no_bit_can_be_changed(path: Path) -> None:
    keys = ring(path)
    sealed = keys.seal(PLAIN, PLACE)

    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            keys.open(bytes(changed), PLACE)


def test_nothing_that_is_cut_short_or_was_never_sealed_opens(path: Path) -> None:
    keys = ring(path)
    sealed = keys.seal(PLAIN, PLACE)

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            keys.open(sealed[:length], PLACE)
    with pytest.raises(SealBroken):
        keys.open(sealed + b"\x00", PLACE)


@given(st.binary(max_size=80))
def test_garbage_opens_nothing(garbage: bytes) -> None:
    key = sealing.Key(version=1, created_at=0, octets=bytes(32))

    with pytest.raises(SealBroken):
        KeyRing((key,), randomness=SeededRandomness(1)).open(garbage, PLACE)


def test_after_a_rotation_the_new_key_seals_and_every_key_opens(path: Path) -> None:
    keys = ring(path)
    old = keys.seal(PLAIN, PLACE)
    agreed: list[int] = []

    key = keys.rotate(path, now=9, agreed=lambda key: agreed.append(key.version))

    assert (key.version, key.created_at, agreed) == (2, 9, [2])
    assert keys.seal(PLAIN, PLACE)[:5] == b"\x01\x00\x00\x00\x02"
    loaded = sealing.load(path, randomness=SeededRandomness(2))
    assert loaded is not None
    assert [(key.version, key.created_at) for key in loaded.keys] == [(2, 9), (1, 5)]
    for one in (keys, loaded):
        assert one.open(old, PLACE) == one.open(keys.seal(PLAIN, PLACE), PLACE) == PLAIN


def test_a_rotation_that_is_not_agreed_to_seals_nothing(path: Path) -> None:
    keys = ring(path)

    def refuse(_: object) -> None:
        raise RuntimeError("the database is full")

    with pytest.raises(RuntimeError):
        keys.rotate(path, now=9, agreed=refuse)

    assert keys.newest.version == 1
    assert keys.rotate(path, now=10, agreed=lambda _: None).version == 2


def test_a_value_under_a_key_that_is_gone_says_so(path: Path, tmp_path: Path) -> None:
    keys = ring(path)
    keys.rotate(path, now=9, agreed=lambda _: None)
    sealed = keys.seal(PLAIN, PLACE)
    older = ring(tmp_path / "older")

    with pytest.raises(SealBroken, match="a key that is not in the ring"):
        older.open(sealed, PLACE)
    older.require([1], path=path)
    with pytest.raises(KeysUnusable, match=r"lacks key version 2, 7, .*put the key file back"):
        older.require([7, 1, 2], path=path)


def test_checksums_depend_on_message_purpose_and_key(path: Path) -> None:
    keys = ring(path)
    first = keys.checksum(b"message", purpose="head")
    keys.rotate(path, now=9, agreed=lambda _: None)

    others = [
        keys.checksum(b"message", purpose="head"),
        keys.checksum(b"another", purpose="head"),
        keys.checksum(b"message", purpose="checkpoint"),
    ]

    assert len({first, *others}) == 4
    assert keys.checksum(b"message", purpose="head", version=1) == first
    assert keys.checksum(b"message", purpose="head", version=3) is None
    assert first is not None
    assert len(first) == 32


def test_no_representation_shows_a_key(path: Path) -> None:
    keys = ring(path)

    shown = repr(keys.newest) + repr(keys.keys) + repr(keys)
    assert repr(keys.newest.octets)[2:-1] not in shown
    assert "octets" not in shown


# --- the file


def test_the_file_is_its_owners_alone_and_made_once(path: Path) -> None:
    ring(path)
    before = path.read_bytes()

    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeysUnusable, match="is there already"):
        ring(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


def test_the_file_is_whole_also_where_writing_it_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ring(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeysUnusable, match="cannot be written: No space left on device"):
        keys.rotate(path, now=9, agreed=lambda _: None)

    assert path.read_bytes() == before
    assert keys.newest.version == 1
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


def test_a_file_that_is_not_there_is_none(path: Path) -> None:
    assert sealing.load(path, randomness=SeededRandomness(1)) is None


def test_a_file_that_cannot_be_read_is_one_sentence(path: Path) -> None:
    path.mkdir()

    with pytest.raises(KeysUnusable, match=r"the key file .* cannot be read: Is a directory"):
        sealing.load(path, randomness=SeededRandomness(1))


def test_a_file_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match="cannot be written: No such file or directory"):
        ring(tmp_path / "nowhere" / "keys")


def damaged() -> list[bytes]:
    good = {"version": 1, "created_at": 0, "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    documents: list[object] = [
        [],
        {},
        {"format": 2, "keys": [good]},
        {"format": 1},
        {"format": 1, "keys": []},
        {"format": 1, "keys": [good, good]},
        {"format": 1, "keys": [good | {"key": "AAAA"}]},
        {"format": 1, "keys": [good | {"key": "not base64!"}]},
        {"format": 1, "keys": [good | {"key": 5}]},
        {"format": 1, "keys": [good | {"version": 0}]},
        {"format": 1, "keys": [good | {"version": 2**32}]},
        {"format": 1, "keys": [good | {"version": "x"}]},
        {"format": 1, "keys": [{"version": 1}]},
    ]
    return [b"", b"\xff\xfe", b"{", *(json.dumps(document).encode() for document in documents)]


@pytest.mark.parametrize("written", damaged())
def test_a_damaged_file_is_one_sentence(path: Path, written: bytes) -> None:
    path.write_bytes(written)

    with pytest.raises(KeysUnusable, match="is damaged: put a copy back"):
        sealing.load(path, randomness=SeededRandomness(1))


def test_versions_end(path: Path) -> None:
    key = sealing.Key(version=2**32 - 1, created_at=0, octets=bytes(32))

    with pytest.raises(KeysUnusable, match="no number left"):
        KeyRing((key,), randomness=SeededRandomness(1)).rotate(path, now=1, agreed=lambda _: None)


def test_a_ring_has_a_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        KeyRing((), randomness=SeededRandomness(1))
