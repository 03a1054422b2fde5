"""
The file as a portal keeps it: made by a process, once, and told how far it is.
"""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.unit.stores.download.small import THIS, parts
from watchword.kit.clock import ManualClock
from watchword.kit.workers import Workers
from watchword.ports.downloads import DownloadFile, DownloadState
from watchword.stores.download import child
from watchword.stores.download.installed import Incomplete
from watchword.stores.download.keeping import AGAIN_SECONDS, FOLDER, FileDownloads, command

FILE = DownloadFile(
    name="x.pyz", version="0.1.0", size=3, sha256="5f" * 32, platform="linux-x86_64", python="3.11", glibc=None
)
READY = json.dumps({"ready": asdict(FILE)})


class Bench:
    """A portal's folder, and a process that says what a test wants."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.folder = data / FOLDER
        self.folder.mkdir()
        self.says = f"print('{READY}')"
        self.started = 0
        self.faults: list[str] = []
        self.clock = ManualClock()
        self.workers = Workers(
            name="download",
            threads=1,
            waiting=1,
            wake=asyncio.get_running_loop().call_soon_threadsafe,
            fault=self._fault,
        )
        self.downloads = FileDownloads(data, threads=self.workers, clock=self.clock, made_by=self._made_by)

    def _fault(self, where: str) -> None:
        self.faults.append(where)

    def _made_by(self, folder: Path) -> list[str]:
        assert folder == self.folder
        self.started += 1
        return [sys.executable, "-I", "-c", self.says]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.downloads.close()
    made.workers.close()
    assert made.faults == []


async def test_it_is_made_once_and_told_to_all_who_want_it(bench: Bench) -> None:
    (bench.folder / FILE.name).write_bytes(b"abc")
    several = await asyncio.gather(*(bench.downloads.wanted(seconds=30) for _ in range(3)))

    assert {one.state for one in several} == {DownloadState.READY}
    assert (await bench.downloads.wanted(seconds=0)).file == FILE
    assert bench.started == 1
    assert bench.downloads.kept(sha256=FILE.sha256, name=FILE.name) == bench.folder / FILE.name
    for sha256, name in ((FILE.sha256, "y.pyz"), ("00" * 32, FILE.name), (FILE.sha256, "../watchword.db")):
        assert bench.downloads.kept(sha256=sha256, name=name) is None


async def test_who_does_not_wait_is_told_how_far_it_is(bench: Bench) -> None:
    bench.says = (
        "import sys, json\n"
        "print(json.dumps({'percent': 40}), flush=True)\n"
        f"import pathlib\nwhile not pathlib.Path({str(bench.data / 'go')!r}).exists(): pass\n"
        f"print('{READY}')"
    )
    stands = await bench.downloads.wanted(seconds=0)
    assert (stands.state, stands.percent, stands.file) == (DownloadState.BUILDING, 0, None)
    while stands.percent == 0:
        stands = await bench.downloads.wanted(seconds=0.01)
    assert (stands.state, stands.percent) == (DownloadState.BUILDING, 40)

    (bench.data / "go").touch()
    assert (await bench.downloads.wanted(seconds=30)).percent == 100
    assert bench.started == 1


async def test_what_could_not_be_made_is_told_and_tried_again(bench: Bench) -> None:
    bench.says = "import json; print(json.dumps({'failed': 'there is no room'}))"
    failed = await bench.downloads.wanted(seconds=30)
    assert (failed.state, failed.why, failed.file) == (DownloadState.FAILED, "there is no room", None)
    assert await bench.downloads.wanted(seconds=30) == failed
    assert bench.started == 1

    bench.says = "raise SystemExit(3)"
    bench.clock.advance(AGAIN_SECONDS)
    assert "ended before it was done" in (await bench.downloads.wanted(seconds=30)).why

    bench.says = f"print('{READY}')"
    bench.clock.advance(AGAIN_SECONDS)
    assert (await bench.downloads.wanted(seconds=30)).state is DownloadState.READY
    assert bench.started == 3


async def test_a_file_that_somebody_took_away_is_made_again(bench: Bench) -> None:
    path = bench.folder / FILE.name
    path.write_bytes(b"abc")
    await bench.downloads.wanted(seconds=30)
    path.unlink()

    assert bench.downloads.kept(sha256=FILE.sha256, name=FILE.name) is None
    await bench.downloads.wanted(seconds=30)
    assert bench.started == 2


async def test_a_portal_that_was_started_anew_offers_what_it_has(bench: Bench) -> None:
    (bench.folder / FILE.name).write_bytes(b"abc")
    (bench.folder / child.KNOWN).write_text(json.dumps({"file": asdict(FILE), "state": "x"}))
    again = FileDownloads(bench.data, threads=bench.workers, clock=bench.clock)

    assert again.kept(sha256=FILE.sha256, name=FILE.name) == bench.folder / FILE.name
    (bench.folder / child.KNOWN).write_text("[]")
    assert (
        FileDownloads(bench.data, threads=bench.workers, clock=bench.clock).kept(sha256=FILE.sha256, name=FILE.name)
        is None
    )


async def test_the_process_ends_with_the_portal(bench: Bench) -> None:
    bench.says = "print('{\"percent\": 1}', flush=True); import sys; sys.stdin.read(); import time; time.sleep(600)"
    stands = await bench.downloads.wanted(seconds=0)
    while stands.percent == 0:
        stands = await bench.downloads.wanted(seconds=0.01)

    bench.downloads.close()

    assert (await bench.downloads.wanted(seconds=30)).state is DownloadState.FAILED
    assert (await bench.downloads.wanted(seconds=30)).state is DownloadState.FAILED
    assert bench.started == 1


def test_the_process_sees_the_packages_of_this_one_and_no_others(tmp_path: Path) -> None:
    started = command(tmp_path)

    assert started[0] == sys.executable
    assert "-I" in started
    assert json.loads(started[-2]) == sys.path
    assert started[-1] == str(tmp_path)


# --- the process itself


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    there = parts(tmp_path)
    monkeypatch.setattr(child, "parts", lambda: there)
    monkeypatch.setattr(child, "machine", lambda: THIS)
    monkeypatch.setattr("os.nice", lambda _: 0)
    return tmp_path / FOLDER


Said = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_says_how_far_it_is_and_what_it_has_made(folder: Path, said: Said) -> None:
    child.main(str(folder))

    *percents, last = said()
    assert [one["percent"] for one in percents] == [20, 40, 60, 80, 99]
    path = folder / last["ready"]["name"]
    assert last["ready"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert last["ready"]["size"] == path.stat().st_size
    assert {one.name for one in folder.iterdir()} == {path.name, "known.json", "lock"}
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_is_there_is_not_made_again(folder: Path, said: Said) -> None:
    child.main(str(folder))
    first = said()[-1]

    child.main(str(folder))
    assert said() == [first]


def test_what_was_changed_is_made_again_and_the_older_one_goes(
    folder: Path, tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.main(str(folder))
    first = said()[-1]["ready"]
    (folder / "watchword-server-0.0.9.pyz").write_bytes(b"older")
    (folder / ".half").write_bytes(b"of one that was killed")
    changed = parts(tmp_path, main="def main(): pass\n")
    monkeypatch.setattr(child, "parts", lambda: changed)

    child.main(str(folder))

    second = said()[-1]["ready"]
    assert second["sha256"] != first["sha256"]
    assert {one.name for one in folder.iterdir()} == {second["name"], "known.json", "lock"}


def test_a_file_that_was_changed_is_made_again(folder: Path, said: Said) -> None:
    child.main(str(folder))
    ready = said()[-1]["ready"]
    (folder / ready["name"]).write_bytes(b"tampered with")

    child.main(str(folder))

    assert said()[-1]["ready"] == ready
    assert (folder / ready["name"]).stat().st_size == ready["size"]


def test_a_full_disk_is_told(folder: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        (folder / ".half").write_bytes(b"so far")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(child, "make", full)
    child.main(str(folder))

    assert said() == [{"failed": f"the file cannot be written to {folder}: there is no room in it"}]
    assert {one.name for one in folder.iterdir()} == {"lock"}


def test_an_installation_that_does_not_tell_is_told(folder: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def incomplete() -> None:
        raise Incomplete("x is missing; install y again")

    monkeypatch.setattr(child, "parts", incomplete)
    child.main(str(folder))

    assert said() == [{"failed": "x is missing; install y again"}]


def test_it_ends_where_nobody_waits_any_more(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:] = " + repr(sys.path) + "\n"
        "from pathlib import Path\n"
        "from tests.unit.stores.download.small import THIS, parts\n"
        "from watchword.stores.download import child\n"
        f"child.parts = lambda: parts(Path({str(tmp_path)!r})); child.machine = lambda: THIS\n"
        "sys.stdin.readline()\n"
        f"child.main({str(tmp_path / FOLDER)!r})\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.close()
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait(60) == 1
    assert list((tmp_path / FOLDER).glob("*.pyz")) == []
    assert not (tmp_path / FOLDER / ".half").exists()
