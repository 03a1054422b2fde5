"""
The shape of the source: small files, small functions, and pure rooms that import what is named here and nothing else.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "src/watchword"
#: Past this a file has two jobs (design, section 2).
LONGEST_FILE: Final = 400
#: From this on a function no longer fits a reader's eye; its docstring does not count, or nobody would write one.
TOO_LONG: Final = 60
#: What domain and wire may import: values and arithmetic, nothing that reads, waits or writes.
PURE: Final = frozenset(
    {
        "__future__",
        "_md5",  # CPython's MD5 without OpenSSL's set-up: half the time of hashlib's on a packet.
        "abc",
        "base64",
        "binascii",
        "bisect",
        "collections",
        "collections.abc",
        "contextlib",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "heapq",
        "hmac",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "string",
        "struct",
        "types",
        "typing",
        "unicodedata",
        "urllib.parse",
        "uuid",
    }
)


def imported(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from urllib import parse` names urllib.parse just as well.
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & PURE or {str(node.module)}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines without its decorators and its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_domain_and_wire_import_pure_modules_only() -> None:
    impure = {
        f"{file.relative_to(PACKAGE)}: {module}"
        for room in ("domain", "wire")
        for file in (PACKAGE / room).rglob("*.py")
        for module in imported(file)
        if module not in PURE
        and not module.startswith(f"watchword.{room}")
        and not (module == "msgspec" and file.relative_to(PACKAGE / room).parts[0] in {"channel", "channel.py"})
    }
    assert impure == set()


def test_no_file_has_two_jobs() -> None:
    lines = {file: len(file.read_text().splitlines()) for file in PACKAGE.rglob("*.py")}
    assert {str(file.relative_to(PACKAGE)): count for file, count in lines.items() if count > LONGEST_FILE} == {}


def test_functions_fit_a_readers_eye() -> None:
    long = {
        f"{file.relative_to(PACKAGE)}:{node.lineno} {node.name}": length(node)
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) >= TOO_LONG
    }
    assert long == {}
