"""
The tree as it is committed: it names no place of the machine that it was written on, and what is locked is all there.
"""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
#: Folders that only some machines have, and hosts that the locked requirements come from: both are pip's and apt's
#: settings, never the project's. Written so that this file does not match itself.
PLACES: Final = re.compile(
    rb"(?<![\w.$}~-])/(?:work|root|opt|home/\w+|tmp/bash_jobs)/"
    rb"|py[p]i\.org|python[h]osted\.org|np[m]js\.(?:org|com)|de[b]ian\.(?:org|net)|git[h]ubusercontent"
)
#: What runs, what builds, and both with what tests.
LOCKED: Final = ("requirements.txt", "requirements-build.txt", "requirements-test.txt")
#: A fixed text that is not ours to change.
EXEMPT: Final = frozenset({"LICENSE"})


def committed() -> list[Path]:
    """Return the files that git knows."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no clone, so nothing tells what is committed")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def requirement_names(file: str) -> set[str]:
    """Return the names that an input file asks for itself, or that a locked file pins."""
    return {
        match[1].lower().replace("_", "-")
        for line in (ROOT / file).read_text().splitlines()
        if (match := re.match(r"([A-Za-z0-9][\w.-]*)", line))
    }


def test_no_file_names_a_place_of_one_machine() -> None:
    named = {
        f"{file.relative_to(ROOT)}: {match[0].decode()}"
        for file in committed()
        if file.name not in EXEMPT
        for match in PLACES.finditer(file.read_bytes())
    }
    assert named == set()


@pytest.mark.parametrize(
    "halves", ["see /wor|k/main", "x=/op|t/wheels", "https://py|pi.org/simple", "file:///home/m|e/x"]
)
def test_the_pattern_finds_places(halves: str) -> None:
    assert PLACES.search(halves.replace("|", "").encode())


@pytest.mark.parametrize("name", ["requirements", "requirements-build", "requirements-test"])
def test_every_locked_package_has_hashes_and_comes_from_no_place(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert pins
    assert [
        pin
        for pin in pins
        if not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==\S+( ; [^-]*?)?(\s+--hash=sha256:[0-9a-f]{64})+", pin)
    ] == []
    assert requirement_names(f"{name}.in") <= requirement_names(f"{name}.txt")


def test_the_package_asks_for_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {re.split(r"[^\w.-]", line)[0] for line in project["dependencies"]}

    assert asked == requirement_names("requirements.in")


def test_tests_run_with_the_versions_that_people_run() -> None:
    pins = [set(re.findall(r"^[\w.-]+==\S+", (ROOT / file).read_text(), re.MULTILINE)) for file in LOCKED]

    assert pins[0] | pins[1] <= pins[2]


def test_every_direct_requirement_is_explained() -> None:
    explained = (ROOT / "docs/dependencies.md").read_text()
    named = requirement_names("requirements.in") | requirement_names("requirements-build.in")

    assert {name for name in named | requirement_names("requirements-test.in") if f"`{name}`" not in explained} == set()


def test_every_program_that_a_test_may_need_is_installed_by_the_script() -> None:
    script = (ROOT / "scripts/install-test-parts").read_text()
    parts = re.search(r'^PARTS="(.*?)"', script, re.MULTILINE | re.DOTALL)
    packages = set(re.findall(r'": "([\w-]+)",', (ROOT / "tests/conftest.py").read_text()))

    assert parts
    assert packages
    assert packages <= set(parts[1].split())
