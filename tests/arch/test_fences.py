"""
Each fence is shown to hold: violations are planted in a copy of the package, and the tool must name every one of them.

A contract that matches nothing looks exactly like one that is kept; only a planted violation tells them apart.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
BIN: Final = Path(sys.executable).parent

#: Room that the import is planted in, and what is imported there: under each contract, what that one alone forbids.
PLANTED: Final = {
    "Arrows point down only": [
        ("app", "watchword.stores"),
        ("domain", "watchword.ports"),
        ("kit", "watchword.app"),
        ("listeners", "watchword.config"),
        ("stores", "watchword.delivery"),
        ("upstream.primary", "watchword.listeners"),
        ("web", "watchword.cli"),
        ("web", "watchword.compose"),
        ("wire", "watchword.domain"),
    ],
    "What faces the network": [
        ("listeners", "watchword.stores"),
        ("web", "watchword.delivery"),
        ("web", "watchword.upstream.primary"),
    ],
    "domain and wire are pure": [
        ("domain", "asyncio"),
        ("domain", "watchword.kit"),
        ("wire", "time"),
        ("wire.ldap", "logging"),
        ("wire.radius", "msgspec"),
    ],
    "Codecs do not know each other": [("wire.radius", "watchword.wire.ldap")],
    "Only web knows the web framework": [("app", "pydantic"), ("listeners", "fastapi")],
    "Only stores know SQL": [("app", "sqlalchemy"), ("web", "sqlite3")],
}
PLACES: Final = {
    "at the top": "import {module}\n",
    "in a function": "def planted() -> None:\n    import {module}\n",
    "for types alone": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {module}\n",
}
#: What may not be read outside of watchword.kit, in each way of writing it.
BANNED: Final = [
    "import time\nprint(time.time())",
    "import time\nprint(time.monotonic_ns())",
    "from time import time_ns\nprint(time_ns())",
    "from time import sleep as nap\nnap(1)",
    "import datetime\nprint(datetime.datetime.now(datetime.UTC))",
    "from datetime import UTC, datetime\nprint(datetime.now(UTC))",
    "import asyncio\nasyncio.sleep(1)",
    "import asyncio as loops\nloops.create_task(None)",
    "from asyncio import ensure_future\nensure_future(None)",
    "import random\nprint(random.random())",
    "from secrets import token_bytes\nprint(token_bytes(1))",
    "import os\nprint(os.urandom(1))",
    "import os\nprint(os.environ)",
    "from uuid import uuid4\nprint(uuid4())",
    "def inside() -> None:\n    import secrets\n    print(secrets)",
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of the package and of the fences' settings."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def refusal(copy: Path, *command: str) -> str:
    """Run one of the fences in the copy, which hides the installed package, and return what it says as it refuses."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def plant(copy: Path, statement: str) -> list[str]:
    """Plant every violation in a file of its own, and return the arrows that must be named."""
    arrows = []
    for number, (room, module) in enumerate(pair for pairs in PLANTED.values() for pair in pairs):
        file = copy / "src/watchword" / room.replace(".", "/") / f"planted_{number}.py"
        file.write_text(statement.format(module=module))
        arrows.append(f"watchword.{room}.planted_{number} -> {module} ")
    return arrows


@pytest.mark.parametrize("place", PLACES)
def test_every_forbidden_import_is_named_wherever_it_stands(copy: Path, place: str) -> None:
    arrows = plant(copy, PLACES[place])

    said = refusal(copy, "lint-imports", "--no-cache", "--no-logo")

    assert [arrow for arrow in arrows if arrow not in said] == []
    for contract in PLANTED:
        assert re.search(rf"^{contract}.* BROKEN\b", said, re.MULTILINE), contract


def test_a_circle_among_sisters_is_named(copy: Path) -> None:
    (copy / "src/watchword/kit/here.py").write_text("import watchword.kit.there\n")
    (copy / "src/watchword/kit/there.py").write_text("def planted() -> None:\n    import watchword.kit.here\n")

    assert "No cycles are allowed in watchword.kit." in refusal(copy, "lint-imports", "--no-cache", "--no-logo")


def test_a_room_that_no_contract_knows_is_named(copy: Path) -> None:
    (copy / "src/watchword/attic.py").write_text("")

    assert "watchword.attic" in refusal(copy, "lint-imports", "--no-cache", "--no-logo")


def test_clocks_randomness_tasks_and_environment_are_banned_outside_of_kit(copy: Path) -> None:
    for room in ("app", "domain", "listeners", "cli", "kit"):
        for number, statement in enumerate(BANNED):
            (copy / "src/watchword" / room / f"planted_{number}.py").write_text(f"{statement}\n")

    said = refusal(copy, "ruff", "check", "--select", "TID251", "--no-cache", "--output-format", "concise", "src")

    expected = {
        f"{room}/planted_{number}.py" for room in ("app", "domain", "listeners", "cli") for number in range(len(BANNED))
    }
    assert {
        re.sub(r"^.*watchword/([^:]*):.*$", r"\1", line) for line in said.splitlines() if "planted" in line
    } == expected
