"""
`watchword server activate` and `install`: on the machine of a server, without a portal's data folder.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.terminal import Ran, typed
from tests.unit.upstream.portal.portals import SERVER, Portal, serving
from watchword.cli import installing
from watchword.cli.installing import served, unit_text
from watchword.cli.session import Refused
from watchword.kit.identifiers import text
from watchword.kit.identities import Identity
from watchword.kit.randomness import SeededRandomness, SystemRandomness
from watchword.upstream.portal.enrolment import TRIES
from watchword.upstream.portal.folder import ServerFolder

EMAIL = "server-a@activation.invalid"


def activate(portal: Portal, data: Path, *options: str, url: str | None = None, json: bool = True) -> Ran:
    given = ("--email", EMAIL.upper(), "--password-stdin", *options, *(("--json",) if json else ()))
    return typed("server", "activate", url or portal.pinned, *given, data=data, stdin=b"abcde-fghjk\n")


def test_a_machine_becomes_a_server(tmp_path: Path) -> None:
    with serving(Portal()) as portal:
        ran = activate(portal, tmp_path / "data", "--group", "berlin")

    assert (ran.code, ran.err) == (0, "")
    assert ran.document == {
        "id": text(SERVER),
        "name": "berlin-1",
        "group": "berlin",
        "portal": portal.url,
        "data": str(tmp_path / "data"),
    }
    folder = ServerFolder.open(tmp_path / "data", randomness=SystemRandomness())
    (asked,) = portal.asked
    assert (asked.email, asked.group, asked.password) == (EMAIL, "berlin", "abcde-fghjk")
    assert (folder.portal, folder.identity.public) == (portal.identity.public, asked.key)
    assert "abcde" not in (tmp_path / "data/server").read_text()


def test_people_are_told_what_comes_next(tmp_path: Path) -> None:
    with serving(Portal()) as portal:
        ran = activate(portal, tmp_path / "data", json=False)

    assert ran.out.startswith("this is the MFA server berlin-1 in the group berlin now;")


def test_a_failure_leaves_nothing_behind_and_says_what_to_do(tmp_path: Path) -> None:
    with serving(Portal()) as portal:
        portal.signs = Identity.new(SeededRandomness(99))
        ran = activate(portal, tmp_path / "data")

    assert (ran.code, ran.out) == (1, "")
    assert "is not the portal whose fingerprint is in it; the password was not sent" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_the_same_command_ends_well_after_lost_answers(tmp_path: Path) -> None:
    with serving(Portal()) as portal:
        portal.loses = TRIES
        lost = activate(portal, tmp_path / "data")
        again = activate(portal, tmp_path / "data")

    assert lost.code == 1
    assert "run the same command again" in lost.err
    assert again.code == 0
    assert len({asked.key for asked in portal.asked}) == 1


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--ca", "{folder}/nothing.pem"), 1, "cannot be read"),
        (("--ca", "{folder}/text.pem"), 1, "no certificates in PEM"),
        (("--proxy", "socks://proxy"), 1, "a proxy is written http://HOST:PORT"),
        (("--proxy", "http://proxy:x"), 1, "a proxy is written http://HOST:PORT"),
        (("--proxy", "http://user:secret@proxy:8080"), 1, "WATCHWORD_PROXY"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, options: tuple[str, ...], code: int, words: str) -> None:
    (tmp_path / "text.pem").write_text("no certificate")
    given = [option.format(folder=tmp_path) for option in options]

    ran = activate(Portal(), tmp_path / "data", *given, url="https://portal.invalid#sha256=" + "00" * 32)

    assert (ran.code, words in ran.err) == (code, True)
    assert not (tmp_path / "data").exists()


def test_a_url_without_its_fingerprint_is_refused(tmp_path: Path) -> None:
    ran = activate(Portal(), tmp_path / "data", url="https://portal.example.org")

    assert ran.code == 1
    assert "#sha256=" in ran.err


def test_the_password_is_no_argument() -> None:
    ran = typed("server", "activate", "https://x#sha256=00", "--email", EMAIL, data=Path("/nowhere"))

    assert ran.code == 2
    assert "--password-stdin" in ran.err


def test_the_way_through_a_proxy_is_kept_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_PROXY", "http://user:secret@127.0.0.1:1")
    with serving(Portal()) as portal:
        ran = activate(portal, tmp_path / "data")

    assert ran.code == 1
    assert "a proxy on the way refuses the connection" in ran.err
    assert "secret" not in ran.err


# --- the unit


def test_a_unit_is_written_and_replaced_and_nobody_elses_is(tmp_path: Path) -> None:
    data, unit = tmp_path / "data", tmp_path / "watchword-server.service"
    data.mkdir()

    def install(*options: str) -> Ran:
        return typed("server", "install", "--unit", str(unit), *options, "--json", data=data)

    first = install("--user", "watchword")
    assert (first.code, first.document["user"]) == (0, "watchword")
    assert "systemctl daemon-reload" in first.document["notes"][0]
    second = install("--radius", "0.0.0.0:812")
    assert second.code == 0
    assert "CAP_NET_BIND_SERVICE" in unit.read_text()
    unit.write_text("[Unit]\n")
    third = install()
    assert third.code == 1
    assert "was written by somebody else" in third.err
    assert unit.read_text() == "[Unit]\n"


def test_a_unit_can_be_printed_and_is_then_not_written(tmp_path: Path) -> None:
    unit = tmp_path / "x.service"

    ran = typed("server", "install", "--unit", str(unit), "--user", "watchword", "--print", data=tmp_path)

    assert ran.code == 0
    assert ran.out.startswith("# Written by `watchword server install`")
    assert "\nUser=watchword\n" in ran.out
    assert not unit.exists()


def test_the_one_file_is_started_by_its_python_and_unpacked_into_a_cache_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # What every user may run, and root alone change.
    file = Path("/usr/bin/env").resolve()
    monkeypatch.setitem(sys._xoptions, "watchword", str(file))  # noqa: SLF001

    ran = typed("server", "install", "--user", "watchword", "--print", data=tmp_path)

    assert f'ExecStart="{sys.executable}" "-I" "{file}" "server" "run"' in ran.out
    assert "\nCacheDirectory=watchword-server\nCacheDirectoryMode=0700\n" in ran.out


def test_a_file_that_the_service_could_not_run_or_others_could_change_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "watchword.pyz"
    file.write_bytes(b"")
    with pytest.raises(Refused, match="lies where the service cannot see it; `install -D"):
        served(file)

    monkeypatch.setattr(installing, "UNSEEN", ())
    monkeypatch.setattr(Path, "parents", ())
    for mode, says in ((0o775, "can change"), (0o757, "can change"), (0o750, "may not read")):
        file.chmod(mode)
        with pytest.raises(Refused, match=says):
            served(file)
    file.chmod(0o755)
    assert served(file) == file


def test_a_unit_needs_a_folder_and_a_place(tmp_path: Path) -> None:
    assert "server activate" in typed("server", "install", data=tmp_path / "none").err
    ran = typed("server", "install", "--unit", str(tmp_path / "none/x.service"), data=tmp_path)
    assert (ran.code, "cannot be written" in ran.err) == (1, True)


def test_a_unit_has_few_rights_and_quotes_what_it_names() -> None:
    written = unit_text(("/srv/a b/watchword",), Path("/home", "100% $mine"), radius="127.0.0.1:1812", user="watchword")

    assert 'ExecStart="/srv/a b/watchword" "server" "run" "--data" "/home/100%% $$mine" "--radius"' in written
    assert 'ReadWritePaths="/home/100%% $$mine"' in written
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=read-only", "CapabilityBoundingSet="):
        assert f"\n{line}\n" in written


@pytest.mark.skipif(not Path("/usr/bin/systemd-analyze").exists(), reason="systemd-analyze is not installed")
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "watchword-server.service"
    unit.write_text(unit_text(("/bin/true",), tmp_path, radius=None, user="root"))

    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert str(unit) not in done.stderr
