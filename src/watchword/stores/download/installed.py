"""
What an installation of Watchword consists of: its own files and those of all that it requires, and what they run on.

The graph of requirements is followed as pip follows it, markers and extras included, so that what tests or tools have
brought beside it stays out.
"""

import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import watchword

ROOT: Final = "watchword"

_OF_THIS_PLACE: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
"""Files beside the metadata of a distribution that tell how it came here."""

_GLIBC: Final = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


class Incomplete(Exception):  # noqa: N818 - its text is one sentence for the operator
    """The installation does not tell what it consists of."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Part:
    """
    One file.

    Attributes:
        name: below the folder of packages.
        source: where it is.
        of: the folder of metadata of the distribution that it belongs to.
    """

    name: str
    source: Path
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """
    What the installation runs on, and nothing else.

    Attributes:
        python: major and minor version.
        glibc: the oldest that it runs with, None where it needs none.
    """

    python: tuple[int, int]
    implementation: str
    system: str
    machine: str
    glibc: str | None


def requirements() -> list[Distribution]:
    """Return the distributions that Watchword consists of, by name. Raises `Incomplete`."""
    found: dict[str, Distribution] = {}
    followed: set[tuple[str, str]] = set()
    waiting = [(ROOT, "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in followed:
            continue
        followed.add((name, extra))
        try:
            one = found.setdefault(name, distribution(name))
        except PackageNotFoundError:
            raise Incomplete(f"{name} is not installed here, which Watchword requires") from None
        for written in one.requires or ():
            requirement = Requirement(written)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                wanted = canonicalize_name(requirement.name)
                waiting += [(wanted, each) for each in ("", *requirement.extras)]
    return [found[name] for name in sorted(found)]


def parts() -> list[Part]:
    """Return every file, by name. Raises `Incomplete`."""
    found = [part for one in requirements() for part in _files(one)]
    found += _own(next(part.of for part in found if part.of.startswith(f"{ROOT}-")))
    return sorted({part.name: part for part in found}.values())


def _files(one: Distribution) -> Iterator[Part]:
    name = one.metadata["Name"]
    if one.files is None:
        raise Incomplete(f"{name} was installed without a list of its files; install Watchword with pip")
    names = [PurePosixPath(file) for file in one.files]
    of = next((file.parts[0] for file in names if file.parts[0].endswith(".dist-info")), None)
    if of is None:
        raise Incomplete(f"{name} was installed without its metadata; install Watchword with pip")
    for file, inside in zip(one.files, names, strict=True):
        if _stays_here(inside):
            continue
        source = Path(str(one.locate_file(file)))
        if not source.is_file():
            raise Incomplete(f"{source} is missing; install {name} again")
        yield Part(name=str(inside), source=source, of=of)


def _stays_here(file: PurePosixPath) -> bool:
    """Tell whether a file belongs to the place that it was installed at, and not to what was installed."""
    if file.is_absolute() or ".." in file.parts or "__pycache__" in file.parts or file.suffix in {".pth", ".pyc"}:
        return True
    return file.parts[0].endswith(".dist-info") and file.name in _OF_THIS_PLACE


def _own(of: str) -> Iterator[Part]:
    """Yield the files of our own package, from where it is imported: an editable installation lists none of them."""
    package = Path(watchword.__file__).parent
    for place, folders, names in os.walk(package):
        folders[:] = [folder for folder in folders if folder != "__pycache__" and not folder.startswith(".")]
        for name in names:
            if not name.startswith(".") and not name.endswith((".pyc", "~")):
                source = Path(place, name)
                yield Part(name=f"{ROOT}/{source.relative_to(package).as_posix()}", source=source, of=of)


def machine() -> Machine:
    """Return what it runs on. Raises `Incomplete`."""
    needs = max((_glibc(one) for one in requirements()), default=(0, 0))
    return Machine(
        python=sys.version_info[:2],
        implementation=sys.implementation.name,
        system=platform.system().lower(),
        machine=platform.machine(),
        glibc=".".join(map(str, needs)) if any(needs) else None,
    )


def _glibc(one: Distribution) -> tuple[int, int]:
    """Return the oldest glibc that a distribution runs with, (0, 0) where it needs none (PEP 600)."""
    tags = re.findall(r"^Tag: \S+-(\S+)$", one.read_text("WHEEL") or "", re.MULTILINE)
    oldest = [version for tag in tags if (version := _glibc_of(tag)) is not None]
    if oldest:
        return min(oldest)
    # What was built on this very machine needs what this machine has.
    return _here() if any(tag.startswith("linux_") for tag in tags) else (0, 0)


def _glibc_of(tag: str) -> tuple[int, int] | None:
    found = re.match(r"manylinux_(\d+)_(\d+)_", tag)
    return (int(found[1]), int(found[2])) if found else _GLIBC.get(tag.partition("_")[0])


def _here() -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\.(\d+).*", platform.libc_ver()[1])
    return (int(found[1]), int(found[2])) if found else (0, 0)
