"""
A file as small as can be: one module that tells how it was started.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from watchword.stores.download.installed import Machine, Part
from watchword.stores.download.making import Made, make

MAIN = """
import json, sys


def main():
    import watchword
    print(json.dumps({"argv": sys.argv, "path": sys.path, "from": watchword.__file__}))
"""
THIS = Machine(
    python=sys.version_info[:2],
    implementation=sys.implementation.name,
    system="linux",
    machine=os.uname().machine,
    glibc=None,
)


def parts(folder: Path, *, main: str = MAIN) -> list[Part]:
    """Write the sources of it into a folder, and return them."""
    texts = {
        "watchword/__init__.py": "",
        "watchword/cli/__init__.py": "",
        "watchword/cli/main.py": main,
        "watchword/words.txt": "words",
        "watchword-0.1.0.dist-info/METADATA": "Name: watchword\n",
    }
    found = []
    for name, text in texts.items():
        path = folder / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        found.append(Part(name=name, source=path, of="watchword-0.1.0.dist-info"))
    return sorted(found)


def made(folder: Path, *, runs_on: Machine = THIS, main: str = MAIN, name: str = "small.pyz") -> Path:
    """Make it, and return where it is."""
    path = folder / name
    assert isinstance(make(path, parts(folder, main=main), runs_on, progress=lambda _done, _of: None), Made)
    return path


@dataclass(frozen=True)
class Ran:
    """How it ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, list[str] | str]:
        """What the module has told."""
        told: dict[str, list[str] | str] = json.loads(self.out)
        return told


def environment(cache: Path) -> dict[str, str]:
    """Return an environment that says no more than where to unpack."""
    return {"WATCHWORD_CACHE": str(cache)}


def ran(file: Path, *words: str, env: Mapping[str, str], python: str = sys.executable) -> Ran:
    """Run it in an empty environment, elsewhere."""
    done = subprocess.run(
        [python, "-I", file, *words], env=dict(env), cwd="/", capture_output=True, text=True, timeout=60, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)
