"""
The one file: the same octets for the same installation, and all of it from what Watchword requires.
"""

import json
import os
import zipfile
from email.message import Message
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tests.unit.stores.download.small import THIS, made, parts
from watchword.stores.download import installed
from watchword.stores.download.installed import Incomplete, machine
from watchword.stores.download.making import make


def test_the_same_parts_make_the_same_octets(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    one, other = made(tmp_path / "first"), made(tmp_path / "second")
    os.utime(tmp_path / "second/sources/watchword/words.txt", (1, 1))

    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_mode & 0o777 == 0o600


def test_another_part_makes_another_digest(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    digests = set()
    for path in (made(tmp_path / "first"), made(tmp_path / "second", main="def main(): pass\n")):
        with zipfile.ZipFile(path) as archive:
            digests.add(json.loads(archive.read("contents.json"))["digest"])

    assert len(digests) == 2


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = made(tmp_path)

    with pytest.raises(FileExistsError):
        make(path, parts(tmp_path), THIS, progress=lambda _done, _of: None)


def test_distributions_can_be_read_where_it_was_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(made(tmp_path)) as archive:
        for name in archive.namelist():
            if name.startswith("tree/"):
                archive.extract(name, tmp_path / "unpacked")
    found = PathDistribution(tmp_path / "unpacked/tree/watchword-0.1.0.dist-info")

    assert {str(file) for file in found.files or ()} == {
        *(part.name for part in parts(tmp_path)),
        "watchword-0.1.0.dist-info/RECORD",
    }


def test_progress_is_told_of_every_part(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    make(tmp_path / "x.pyz", parts(tmp_path), THIS, progress=lambda done, of: told.append((done, of)))

    assert told == [(number, 5) for number in range(1, 6)]


# --- what is installed


def test_this_installation_consists_of_what_is_required_and_of_nothing_else() -> None:
    names = {one.metadata["Name"].lower() for one in installed.requirements()}

    assert {"watchword", "cryptography", "starlette", "websockets", "packaging", "cffi"} <= names
    assert not {"pytest", "mypy", "coverage", "hypothesis", "pip", "ruff"} & names
    found = {part.name: part.source for part in installed.parts()}
    assert found["watchword/cli/main.py"].is_file()
    assert "watchword/templates/../" not in found
    assert any(name.startswith("watchword/web/templates/") for name in found)
    assert any(name.startswith("cryptography/") and name.endswith(".so") for name in found)
    tell = [name for name in found if name.endswith((".pyc", ".pth", "/RECORD", "/direct_url.json", "/INSTALLER"))]
    assert tell == []
    assert not any(name.startswith(("/", "..")) or "/../" in name for name in found)
    assert machine().python == THIS.python


class One:
    """A distribution as a test wants it."""

    def __init__(self, name: str, *, requires: list[str] | None = None, tags: str = "") -> None:
        self.metadata = Message()
        self.metadata["Name"] = name
        self.requires = requires
        self.tags = tags
        self.files: list[str] | None = None

    def read_text(self, _name: str) -> str:
        return self.tags


def test_markers_and_extras_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "watchword": One(
            "watchword",
            requires=["a>=1", "b; python_version < '3'", "c[more]", "d; extra == 'docs'", "E_e; python_version > '3'"],
        ),
        "a": One("a", requires=["c"]),
        "c": One("c", requires=["f; extra == 'more'", "g; extra == 'less'", "watchword"]),
        "e-e": One("E_e"),
        "f": One("f"),
    }
    monkeypatch.setattr(installed, "distribution", known.__getitem__)

    assert [one.metadata["Name"] for one in installed.requirements()] == ["a", "c", "E_e", "f", "watchword"]


def test_the_oldest_c_library_is_the_newest_that_any_part_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    def needs(*tags: str) -> str | None:
        lines = [One("x", tags="".join(f"Tag: cp311-cp311-{tag}\n" for tag in each.split("."))) for each in tags]
        monkeypatch.setattr(installed, "requirements", lambda: lines)
        monkeypatch.setattr(installed, "_here", lambda: (2, 99))
        return machine().glibc

    assert (
        needs("any", "manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_5_x86_64.manylinux1_x86_64") == "2.17"
    )
    assert needs("manylinux_2_28_x86_64.manylinux_2_34_x86_64") == "2.28"
    assert needs("any") is None
    assert needs("linux_x86_64") == "2.99"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "requirements", lambda: [One("watchword")])
    with pytest.raises(Incomplete, match="without a list of its files; install Watchword with pip"):
        installed.parts()
