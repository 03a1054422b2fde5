"""
What the one file does before anything of Watchword runs: it is sure of its Python, of its machine and of its folder.
"""

import json
import os
import pwd
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.stores.download.small import MAIN, THIS, environment, made, ran
from watchword.stores.download import unpack
from watchword.stores.download.unpack import Unusable, cache, check_machine


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("small"))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def contents(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        read: dict[str, Any] = json.loads(archive.read("contents.json"))
        return read


def folder_of(file: Path, base: Path) -> Path:
    return base / str(contents(file)["digest"])


def test_it_unpacks_itself_into_a_private_folder_and_starts_from_there(file: Path, base: Path) -> None:
    first = ran(file, "user", "list", env=environment(base))

    folder = folder_of(file, base)
    assert (first.code, first.err) == (0, "")
    assert first.told["argv"] == [str(file), "user", "list"]
    assert first.told["from"] == str(folder / "watchword/__init__.py")
    assert [path.stat().st_mode & 0o777 for path in (base, folder)] == [0o700, 0o700]
    assert ran(file, env=environment(base)).code == 0


def test_nothing_of_the_machine_gets_in(file: Path, base: Path, tmp_path: Path) -> None:
    (tmp_path / "watchword.py").write_text("raise SystemExit('the wrong one')")
    hostile = {"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "watchword.py"), "PYTHONHOME": ""}

    done = ran(file, env=environment(base) | hostile)

    assert done.code == 0, done.err
    assert not any("site-packages" in path or path == str(tmp_path) for path in done.told["path"])


def test_what_runs_is_the_bytecode_that_is_in_the_list(file: Path, base: Path) -> None:
    assert ran(file, env=environment(base)).code == 0
    found = {
        path.relative_to(folder_of(file, base)).as_posix()
        for path in folder_of(file, base).rglob("*")
        if path.is_file()
    }

    assert found == set(contents(file)["files"])
    assert f"watchword/cli/__pycache__/main.{sys.implementation.cache_tag}.pyc" in found


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "watchword/words.txt").write_text("other"),
        lambda folder: (folder / "watchword/cli/main.py").write_text("raise SystemExit('tampered with')"),
        lambda folder: next((folder / "watchword/cli/__pycache__").iterdir()).write_bytes(b"tampered with"),
        lambda folder: (folder / "json.py").write_text("raise SystemExit('tampered with')"),
        lambda folder: (folder / "watchword/words.txt").unlink(),
        lambda folder: ((folder / "watchword/words.txt").unlink(), (folder / "watchword/words.txt").symlink_to("/etc")),
    ],
    ids=["text", "source", "bytecode", "more", "less", "link"],
)
def test_a_folder_that_was_changed_is_told_and_unpacked_anew(
    file: Path, base: Path, harm: Callable[[Path], object]
) -> None:
    assert ran(file, env=environment(base)).code == 0
    harm(folder_of(file, base))

    again = ran(file, env=environment(base))

    assert again.code == 0
    assert "was changed (" in again.err
    assert len(again.err.splitlines()) == 1
    assert ran(file, env=environment(base)).err == ""


def test_a_link_to_the_same_octets_is_not_taken_for_them(file: Path, base: Path, tmp_path: Path) -> None:
    assert ran(file, env=environment(base)).code == 0
    words, elsewhere = folder_of(file, base) / "watchword/words.txt", tmp_path / "elsewhere"
    elsewhere.write_bytes(words.read_bytes())
    words.unlink()
    words.symlink_to(elsewhere)

    assert "was changed (watchword/words.txt)" in ran(file, env=environment(base)).err
    assert not words.is_symlink()


def test_what_is_not_as_the_list_has_it_is_not_unpacked(file: Path, base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pyz"
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(other, "w") as written:
        for name in read.namelist():
            written.writestr(name, b"tampered with" if name.endswith("words.txt") else read.read(name))

    refused = ran(other, env=environment(base))

    assert (refused.code, refused.out) == (1, "")
    assert f"{other} is damaged" in refused.err
    assert [path.name for path in base.iterdir()] == ["lock"]


def test_a_folder_of_somebody_elses_making_is_not_trusted(file: Path, base: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    base.mkdir(mode=0o700)
    folder_of(file, base).symlink_to(elsewhere)

    assert ran(file, env=environment(base)).code == 0
    assert not folder_of(file, base).is_symlink()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_cache_that_others_can_write_is_refused(file: Path, base: Path, mode: int) -> None:
    base.mkdir()
    base.chmod(mode)

    refused = ran(file, env=environment(base))

    assert (refused.code, refused.out) == (1, "")
    assert "is no folder of this user alone" in refused.err
    assert len(refused.err.splitlines()) == 1


def test_a_cache_below_a_folder_that_others_can_write_is_refused(file: Path, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    assert f"others can change {open_to_all}" in ran(file, env=environment(open_to_all / "cache")).err

    open_to_all.chmod(0o1777)
    assert ran(file, env=environment(open_to_all / "cache")).code == 0


def test_a_cache_of_another_user_is_refused(file: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 4_711)

    with zipfile.ZipFile(file) as archive, pytest.raises(Unusable, match="is no folder of this user alone"):
        unpack.unpacked(archive, contents(file), base)


def test_many_at_once_unpack_once(file: Path, base: Path) -> None:
    with ExitStack() as running:
        started = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-I", file, str(number)],
                    env=environment(base),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
            for number in range(6)
        ]
        ended = [process.communicate(timeout=60) for process in started]

    assert [err for _, err in ended] == [b""] * 6
    assert {json.loads(out)["from"] for out, _ in ended} == {str(folder_of(file, base) / "watchword/__init__.py")}
    assert sorted(path.name for path in base.iterdir()) == sorted([folder_of(file, base).name, "lock"])


def test_what_was_left_half_unpacked_is_cleared_away(file: Path, base: Path) -> None:
    (base / ".half-x" / "watchword").mkdir(parents=True, mode=0o700)
    base.chmod(0o700)

    assert ran(file, env=environment(base)).code == 0
    assert not (base / ".half-x").exists()


def test_what_an_older_version_unpacked_goes_once_nobody_runs_it(file: Path, base: Path, tmp_path: Path) -> None:
    waiting = MAIN + "    sys.stdout.flush(); sys.stdin.read()\n"
    older = made(tmp_path, main=waiting, name="older.pyz")
    (base / "photographs").mkdir(parents=True, mode=0o700)
    base.chmod(0o700)
    with subprocess.Popen(
        [sys.executable, "-I", older], env=environment(base), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline()

        assert ran(file, env=environment(base)).code == 0
        assert folder_of(older, base).exists()

        assert running.stdin is not None
        running.stdin.close()
        assert running.wait(60) == 0
    third = made(tmp_path, main=MAIN + "# a third\n", name="third.pyz")
    assert ran(third, env=environment(base)).code == 0
    assert not folder_of(older, base).exists()
    assert not folder_of(file, base).exists()
    assert (base / "photographs").exists()


# --- where it cannot run


@pytest.mark.parametrize(
    ("needs", "says"),
    [
        ({"python": (3, 99)}, "this file needs Python 3.99, and"),
        ({"machine": "s390x"}, "this file is for cpython on s390x, and this is"),
        ({"implementation": "pypy"}, "this file is for pypy on"),
        ({"glibc": "9.99"}, "this file needs glibc 9.99 or newer, and this machine has"),
    ],
)
def test_another_machine_is_told_in_one_sentence(tmp_path: Path, base: Path, needs: dict[str, Any], says: str) -> None:
    refused = ran(made(tmp_path, runs_on=replace(THIS, **needs)), env=environment(base))

    assert (refused.code, refused.out) == (1, "")
    assert says in refused.err
    assert len(refused.err.splitlines()) == 1
    assert not base.exists()


@pytest.mark.parametrize(
    ("has", "passes"), [("glibc 2.34", True), ("glibc 2.4", False), ("glibc 3.0", True), ("", False)]
)
def test_c_libraries_are_compared_by_number(has: str, passes: bool) -> None:  # noqa: FBT001 - what is expected
    needs = {"implementation": THIS.implementation, "machine": THIS.machine, "glibc": "2.34"}
    if passes:
        check_machine(needs, has)
    else:
        with pytest.raises(Unusable, match=r"needs glibc 2\.34"):
            check_machine(needs, has)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_file_whose_end_is_missing_says_so(file: Path, tmp_path: Path, base: Path, share: float) -> None:
    octets = file.read_bytes()
    short = tmp_path / "short.pyz"
    short.write_bytes(octets[: int(len(octets) * share)])

    refused = ran(short, env=environment(base))

    assert (refused.code, refused.out) == (1, "")
    assert "This file is not whole, its end is missing: download it again" in refused.err
    assert not base.exists()


@pytest.mark.parametrize("behind", [10, 16, 42, 46, 30, 80])
def test_a_file_that_was_changed_says_so_and_leaves_nothing(
    file: Path, tmp_path: Path, base: Path, behind: int
) -> None:
    octets = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        offset = archive.getinfo("tree/watchword/cli/main.py").header_offset
    if behind in {10, 16, 42, 46}:
        # What the directory at the end says of it: how it is packed, its check sum, where it is, its name.
        offset = octets.rindex(b"tree/watchword/cli/main.py") - 46
    octets[offset + behind] ^= 0xFF
    changed = tmp_path / "changed.pyz"
    changed.write_bytes(octets)

    refused = ran(changed, env=environment(base))

    assert (refused.code, refused.out) == (1, "")
    assert f"{changed} is damaged" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert [path.name for path in base.iterdir()] == ["lock"]


def test_a_folder_that_cannot_be_made_is_told(file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    refused = ran(file, env=environment(tmp_path / "file" / "cache"))

    assert refused.code == 1
    assert "name a folder of your own with WATCHWORD_CACHE" in refused.err
    assert len(refused.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"WATCHWORD_CACHE": "/x", "CACHE_DIRECTORY": "/y", "XDG_CACHE_HOME": "/z", "HOME": "/h"}, "/x"),
        ({"CACHE_DIRECTORY": "/y:/other", "XDG_CACHE_HOME": "/z", "HOME": "/h"}, "/y"),
        ({"XDG_CACHE_HOME": "/z", "HOME": "/h"}, "/z/watchword"),
        ({"HOME": "/h"}, "/h/.cache/watchword"),
    ],
)
def test_where_it_unpacks(given: dict[str, str], where: str) -> None:
    assert cache(given) == Path(where)


def test_without_a_home_it_asks_for_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache({}) == Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".cache/watchword"

    def nobody(_user: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(Unusable, match="name a folder for what is unpacked with WATCHWORD_CACHE"):
        cache({})
