"""
Completion in shells.
"""

import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.terminal import typed


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the script for bash, in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "completion"
    ran = typed("--install-completion", "--shell", "bash", "--output", str(script), data=None)
    assert ran.code == 0
    return script


def completed(script: Path, *words: str) -> set[str]:
    """Return what bash offers for the last word."""
    program = (
        f'source "{script}"\n'
        "read -r _ _ function _ <<<\"$(complete -p watchword | sed 's/.*-F \\([^ ]*\\).*/x x \\1 x/')\"\n"
        f"COMP_WORDS=({' '.join(f'{word!r}' for word in words)})\n"
        f"COMP_CWORD={len(words) - 1}\n"
        '"$function"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, timeout=20)
    return {line.strip() for line in done.stdout.splitlines()}


def test_commands_and_options_are_completed(script: Path) -> None:
    assert "bypass" in completed(script, "watchword", "by")
    assert {"add", "list", "block"} <= completed(script, "watchword", "user", "")
    assert "--password-stdin" in completed(script, "watchword", "user", "add", "--pass")
    assert {"totp", "push"} & completed(script, "watchword", "method", "add", "ann@example.org", "")
