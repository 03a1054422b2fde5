"""
What a paired device keeps: whole, for its owner alone, and never in place of something else.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from watchword.domain.methods import MethodId
from watchword.domain.users import UserId
from watchword.kit.signatures import is_device_key, signed_by
from watchword.upstream.authenticator.device import Device, DeviceKey, StateError, StateFile, load

KEY: Final = DeviceKey.new()


def device(**fields: Any) -> Device:
    given: dict[str, Any] = {
        "portal": "https://portal.example.org",
        "method": MethodId(b"m" * 16),
        "user": UserId(b"u" * 16),
        "username": "ann@example.org",
        "key": KEY,
    }
    return Device(**(given | fields))


def pem(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_key_is_one_that_the_portal_takes() -> None:
    assert is_device_key(KEY.public())
    assert signed_by(KEY.public(), b"octets", KEY.sign(b"octets"))
    assert not signed_by(DeviceKey.new().public(), b"octets", KEY.sign(b"octets"))


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    StateFile(tmp_path / "phone").keep(device())

    read = load(tmp_path / "phone")

    assert (read.portal, read.method, read.user, read.username) == (
        "https://portal.example.org",
        MethodId(b"m" * 16),
        UserId(b"u" * 16),
        "ann@example.org",
    )
    assert signed_by(KEY.public(), b"octets", read.key.sign(b"octets"))


def test_it_is_for_its_owner_alone_also_before_it_is_written(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        place = StateFile(tmp_path / "phone")
        assert stat.S_IMODE((tmp_path / "phone").stat().st_mode) == 0o600
        place.keep(device())
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "phone").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["phone"], "and nothing else is left there"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "phone").write_text("mine")

    with pytest.raises(StateError, match="is there already"):
        StateFile(tmp_path / "phone")

    assert (tmp_path / "phone").read_text() == "mine"


def test_a_place_that_cannot_be_had_is_told_before_anything_is_paired(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be written: No such file or directory"):
        StateFile(tmp_path / "nowhere" / "phone")


def test_a_disk_that_is_full_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    place = StateFile(tmp_path / "phone")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left on device"):
        place.keep(device())
    place.give_up()

    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_given_up_twice_is_nothing_to_speak_of(tmp_path: Path) -> None:
    place = StateFile(tmp_path / "phone")
    place.give_up()
    place.give_up()


def test_the_key_is_in_nothing_that_is_shown() -> None:
    assert "key" not in repr(device()).replace("DeviceKey", "")
    assert "BEGIN" not in repr(KEY)


def kept(tmp_path: Path) -> dict[str, Any]:
    StateFile(tmp_path / "phone").keep(device())
    read: dict[str, Any] = json.loads((tmp_path / "phone").read_text())
    return read


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 2},
        {"device": "seven"},
        {"device": 7},
        {"user": None},
        {"portal": 7},
        {"username": None},
        {"private_key": "no PEM"},
        {"private_key": None},
        {"private_key": pem(ec.generate_private_key(ec.SECP384R1()))},
        {"private_key": pem(rsa.generate_private_key(65_537, 2_048))},
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    (tmp_path / "other").write_text(json.dumps(kept(tmp_path) | fields))

    with pytest.raises(StateError, match="is no file of `watchword authenticator pair`"):
        load(tmp_path / "other")


@pytest.mark.parametrize("octets", [b"", b"[]", b"{}", b"null", b"\xff", b"{" * 10])
def test_garbage_is_refused(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "phone").write_bytes(octets)

    with pytest.raises(StateError, match="is no file of"):
        load(tmp_path / "phone")


def test_where_there_is_none_it_is_said_how_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"`watchword authenticator pair URL --state .*phone` makes it"):
        load(tmp_path / "phone")
