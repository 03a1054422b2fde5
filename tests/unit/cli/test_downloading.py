"""
`watchword server download`: waits for the file, compares it, and leaves nothing of another one.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.terminal import Told, typed
from watchword.cli.session import Refused

OCTETS = b"the file"
OFFERED = {
    "file": "watchword-server.pyz",
    "version": "0.1.0",
    "size": len(OCTETS),
    "sha256": hashlib.sha256(OCTETS).hexdigest(),
    "platform": "linux-x86_64",
    "python": "3.11",
    "glibc": "2.34",
    "path": "/download/5f/watchword-server.pyz",
    "signature": "c2ln",
    "key_sha256": "7f",
}


def standing(*percents: int) -> dict[str, Any]:
    """Return answers of a portal that is so far with it, and then has it."""
    left = [{"state": "building", "percent": each, "why": None, "download": None} for each in percents]

    def answer(_arguments: Mapping[str, object]) -> Any:
        return left.pop(0) if left else {"state": "ready", "percent": 100, "why": None, "download": OFFERED}

    return {"server.download": answer}


def test_it_waits_and_says_how_far_it_is(tmp_path: Path) -> None:
    told = Told(answers=standing(3, 3, 80), pieces=[OCTETS[:3], OCTETS[3:]])

    ran = typed("server", "download", "--output", str(tmp_path), told=told)

    written = tmp_path / "watchword-server.pyz"
    assert ran.code == 0
    assert ran.err == "the portal makes the file: 3 %\nthe portal makes the file: 80 %\n"
    assert ran.out.startswith(f"wrote {written}\n")
    assert f"SHA-256    {OFFERED['sha256']}\n" in ran.out
    assert written.read_bytes() == OCTETS
    assert written.stat().st_mode & 0o777 == 0o755
    assert told.calls[-1] == (OFFERED["path"], {})


def test_json_is_one_document(tmp_path: Path) -> None:
    told = Told(answers=standing(3), pieces=[OCTETS])

    ran = typed("server", "download", "--output", str(tmp_path / "x"), "--json", told=told)

    assert (ran.code, ran.err) == (0, "")
    assert ran.document == {**OFFERED, "output": str(tmp_path / "x")}


@pytest.mark.parametrize("pieces", [[], [OCTETS[:-1]], [OCTETS, b"and more"]])
def test_what_is_not_the_file_is_not_written(tmp_path: Path, pieces: list[bytes]) -> None:
    (tmp_path / "x").write_bytes(b"an older one")

    ran = typed("server", "download", "--output", str(tmp_path / "x"), told=Told(answers=standing(), pieces=pieces))

    assert ran.code == 1
    assert "its SHA-256 is not the portal's" in ran.err
    assert (tmp_path / "x").read_bytes() == b"an older one"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_why_it_cannot_be_made_is_told() -> None:
    failed = {"state": "failed", "percent": 0, "why": "there is no room in it", "download": None}

    ran = typed("server", "download", told=Told(answers={"server.download": failed}))

    assert (ran.code, ran.err) == (1, "watchword: there is no room in it\n")


def test_who_may_not_have_it_is_told() -> None:
    told = Told(answers={"server.download": Refused("the role help-desk may not do that")})

    assert typed("server", "download", told=told).err == "watchword: the role help-desk may not do that\n"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    told = Told(answers=standing(), pieces=[OCTETS])

    ran = typed("server", "download", "--output", str(tmp_path / "none" / "x"), told=told)

    assert ran.code == 1
    assert "cannot be written: No such file or directory" in ran.err
