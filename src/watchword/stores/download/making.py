"""
Makes the one file: a zip archive that Python runs, the same octets for the same installation.

Names are sorted, times fixed, and every module lies beside its bytecode, so that nothing has to be compiled where it
runs and everything that runs is in the list that is compared at each start.
"""

import hashlib
import importlib.util
import json
import marshal
import os
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from watchword.stores.download.installed import ROOT, Machine, Part
from watchword.stores.download.unpack import TREE

FORMAT: Final = 1

HEAD: Final = (
    b"#!/usr/bin/env python3\n"
    # Python reads as a program what is no whole archive, and ends at this line, which it shows.
    b'"This file is not whole, its end is missing: download it again, and compare its SHA-256 with the portal.\n'
)

_TIME: Final = (1980, 1, 1, 0, 0, 0)
_START: Final = f"""import sys

sys.argv[0] = sys._xoptions["watchword"]
from {ROOT}.cli.main import main

main()
"""
_HERE: Final = Path(__file__).parent
_UNCHECKED: Final = (1).to_bytes(4, "little")
"""Bytecode that names the digest of its source and is taken without looking at that (PEP 552): the list is compared."""

Progress = Callable[[int, int], None]
"""Is told how many of how many parts are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made: octets in all, SHA-256 in hexadecimal."""

    size: int
    sha256: str


def make(path: Path, parts: Iterable[Part], runs_on: Machine, *, progress: Progress) -> Made:
    """
    Write the file under a name that is not there yet, synced, mode 0600. Raises OSError.

    Args:
        path: of the file.
        parts: what goes into it, by name.
        runs_on: what it needs.
        progress: is told how far it is.
    """
    whole = tuple(parts)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        file.write(HEAD)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            _put(archive, "__main__.py", (_HERE / "entry.py").read_bytes())
            _put(archive, "unpack.py", (_HERE / "unpack.py").read_bytes())
            files: dict[str, tuple[str, int]] = {}
            for name, octets in _tree(whole, progress):
                files[name] = (hashlib.sha256(octets).hexdigest(), len(octets))
                _put(archive, TREE + name, octets)
            _put(archive, "contents.json", json.dumps(_contents(files, runs_on)).encode())
        file.flush()
        os.fsync(file.fileno())
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        return Made(size=size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _put(archive: zipfile.ZipFile, name: str, octets: bytes) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o600 << 16
    archive.writestr(info, octets)


def _tree(parts: tuple[Part, ...], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Yield what is unpacked: the parts, the bytecode of each module, lists of distributions, and what starts it."""
    yield from _module("__main__.py", _START.encode())
    for number, part in enumerate(parts, 1):
        octets = part.source.read_bytes()
        if part.name.endswith(".py"):
            yield from _module(part.name, octets)
        else:
            yield part.name, octets
        progress(number, len(parts))
    yield from _records(parts)


def _module(name: str, source: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a module and its bytecode; what is no Python, such as a template or a test of errors, has none."""
    yield name, source
    with suppress(SyntaxError, ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
        head = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source)
        yield importlib.util.cache_from_source(name), head + marshal.dumps(code)


def _records(parts: tuple[Part, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield each distribution's list of files, as `importlib.metadata` reads it; the installer's tells of a place."""
    for folder in sorted({part.of for part in parts}):
        names = [*(part.name for part in parts if part.of == folder), f"{folder}/RECORD"]
        yield f"{folder}/RECORD", "".join(f"{name},,\n" for name in names).encode()


def _contents(files: dict[str, tuple[str, int]], runs_on: Machine) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return {
        "format": FORMAT,
        "version": version(ROOT),
        "python": runs_on.python,
        "implementation": runs_on.implementation,
        "system": runs_on.system,
        "machine": runs_on.machine,
        "glibc": runs_on.glibc,
        "digest": digest,
        "files": files,
    }
