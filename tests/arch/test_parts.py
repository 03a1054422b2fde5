"""
What happens to a test whose real server is not there: skipped by name and counted, and failed where it had to be there.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = """
import pytest

@pytest.mark.needs("slapd")
def test_with_a_directory() -> None:
    pass

def test_without() -> None:
    pass
"""


def run(folder: Path, *, path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the sample under the settings that all tests run under, with programs found in `path` alone."""
    sample = folder / "test_sample.py"
    sample.write_text(SAMPLE)
    script = f"import tests.conftest as c; c.SEARCHED = {path!r}; import pytest; raise SystemExit(pytest.main())"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PYTEST_ADDOPTS": f"-p tests.conftest --rootdir {folder} {sample}", "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_test_without_its_server_is_skipped_by_name_and_counted(tmp_path: Path) -> None:
    done = run(tmp_path, path=str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_with_a_directory: not installed: slapd (Debian's slapd)" in done.stdout
    assert "1 skipped because a real part is missing" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout.splitlines()[-1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can install what is missing")
def test_as_root_on_ci_it_fails_instead(tmp_path: Path) -> None:
    done = run(tmp_path, path=str(tmp_path), CI="true")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "not installed: slapd" in done.stdout


def test_a_test_with_its_server_runs(tmp_path: Path) -> None:
    (tmp_path / "slapd").touch(mode=0o755)

    done = run(tmp_path, path=str(tmp_path), CI="true")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout.splitlines()[-1]
