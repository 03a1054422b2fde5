"""
The MFA server as one file, on a host that has Python and no Watchword: fetched as the portal says, activated, asked.

Such a host is a process with an empty home and an empty environment, in a mount namespace where the folder that all of
Watchword lies in, its packages too, is empty.
"""

import json
import os
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.rigs.certificates import make_server_certificate
from tests.rigs.watchword import PASSWORD, Watchword, serving, until

pytestmark = [pytest.mark.soak, pytest.mark.needs("curl", "oathtool", "radclient", "unshare")]

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 120
KILLS: Final = 12
HIDDEN: Final = f'mount -t tmpfs none "{ROOT}" && cd / && exec "$@"'


def python() -> Path:
    """Return a Python of the same minor version with nothing of ours, the system's where it is one."""
    name = "python{}.{}".format(*sys.version_info[:2])
    system = Path("/usr/bin") / name
    return system if system.exists() else Path(sys.base_prefix) / "bin" / name


class Host:
    """A host of its own, but for the network."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.data = self.home / "server"
        self.file = Path()

    def command(self, *words: object, **environment: str) -> list[str]:
        """Return what runs a command there."""
        given = {"HOME": str(self.home), "PATH": f"{python().parent}:/usr/bin:/bin", **environment}
        variables = [f"{name}={value}" for name, value in given.items()]
        return ["env", "-i", *variables, "unshare", "--mount", "sh", "-c", HIDDEN, "sh", *map(str, words)]

    def run(self, *words: object, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command there."""
        return subprocess.run(
            self.command(*words, **environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def watchword(self, *words: object, **how: Any) -> subprocess.CompletedProcess[str]:
        """Run the file there."""
        return self.run(python(), "-I", self.file, *words, **how)


@pytest.fixture(scope="module", autouse=True)
def root() -> None:
    if os.geteuid() != 0:
        pytest.skip("a mount namespace of one's own takes root")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    with serving(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture(scope="module")
def offered(portal: Watchword) -> dict[str, Any]:
    """Have the portal make the file, which is made once, while logins go on."""
    nas, user = portal.nas(), portal.user()
    token = portal.hotp(user)
    seen, slowest, counter = set(), 0.0, 0
    while True:
        stands = portal.perform("server.download")
        seen.add(stands["percent"])
        if stands["download"] is not None:
            break
        assert stands["why"] is None
        began = time.monotonic()
        assert nas.login(user, f"{PASSWORD},{token.code(counter)}").accepted
        counter, slowest = counter + 1, max(slowest, time.monotonic() - began)
    print(f"{len(seen)} steps were told; {counter} logins meanwhile, the slowest in {slowest:.3f} s")
    assert len(seen) > 10
    found: dict[str, Any] = stands["download"]
    return found


@pytest.fixture(scope="module")
def host(offered: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Host:
    """Have a host that has fetched the file by the commands that the portal shows."""
    made = Host(tmp_path_factory.mktemp("host"))
    ran = made.run("sh", "-ec", f"cd {made.home}\n" + "\n".join(offered["commands"]))
    assert ran.returncode == 0, ran
    assert f"{offered['file']}: OK" in ran.stdout
    assert ran.stdout.splitlines()[-1] == offered["version"]
    made.file = made.home / offered["file"]
    return made


def test_a_host_without_watchword_becomes_a_server(portal: Watchword, host: Host) -> None:
    assert host.run(python(), "-I", "-c", "import watchword").returncode == 1
    made = portal.ask("server", "credentials")
    portal.canaries.add(made["password"])
    given = ("--email", made["email"], "--password-stdin", "--data", host.data)
    activated = host.watchword("server", "activate", made["url"], *given, stdin=made["password"])
    assert activated.returncode == 0, activated.stderr

    user, nas = portal.user(), portal.nas()
    token = portal.totp(user)
    served = host.command(
        python(), "-I", host.file, "server", "run", "--data", host.data, "--radius", "127.0.0.1:0", "--json"
    )
    with subprocess.Popen(served, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            ready = json.loads(running.stdout.readline())
            assert ready["portal"] == portal.ready["http"]
            (row,) = (row for row in portal.perform("server.list") if row["name"] == ready["server"])
            assert (row["status"], row["version"]) == ("online", host.watchword("--version").stdout.strip())
            answered = subprocess.run(
                ["radclient", "-x", "-r", "1", "-t", "20", ready["radius"], "auth", nas.secret.decode()],
                input=f'User-Name="{user}"\nUser-Password="{PASSWORD},{token.code()}"\n'
                f"Packet-Src-IP-Address={nas.address}\nMessage-Authenticator=0x00\n",
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
            assert "Received Access-Accept" in answered.stdout, answered
        finally:
            running.terminate()
            logged = running.stderr.read().decode()
        assert running.wait(SECONDS) == 0, logged
    assert "Traceback" not in logged
    assert portal.activity(user)[-1]["server"] == ready["server"]


def test_the_unit_that_it_writes_starts_the_file(host: Host) -> None:
    refused = host.watchword("server", "install", "--data", host.data, "--print")
    assert "lies where the service cannot see it" in refused.stderr

    # A place that the test has to itself: the namespace ends with the command.
    words = (
        'mount -t tmpfs -o mode=755 none /usr/local/lib && install -D -m 755 -t /usr/local/lib/watchword "$1" && shift'
    )
    file = f"/usr/local/lib/watchword/{host.file.name}"
    command = (python(), "-I", file, "server", "install", "--data", host.data, "--print")
    written = host.run("sh", "-c", f'{words} && exec "$@"', "sh", host.file, *command)
    assert written.returncode == 0, written.stderr
    assert f'ExecStart="{python()}" "-I" "{file}" "server" "run" "--data" "{host.data}"' in written.stdout


def test_the_same_installation_makes_the_same_file_once(
    portal: Watchword, offered: dict[str, Any], tmp_path: Path
) -> None:
    began = time.monotonic()
    again = portal.ask("server", "download", "--output", str(tmp_path))
    print(f"fetched in {time.monotonic() - began:.2f} s")
    assert again["sha256"] == offered["sha256"]

    other = Watchword(tmp_path / "other")
    other.folder.mkdir()
    other.start()
    try:
        assert other.ask("server", "download", "--output", str(tmp_path / "x"))["sha256"] == offered["sha256"]
    finally:
        assert other.stop() == 0


def test_a_server_offers_the_same_file_where_it_is_a_portal(host: Host, offered: dict[str, Any]) -> None:
    # What was unpacked lists what it consists of, so that it can be packed again.
    (host.home / "portal").mkdir()
    words = ("server", "download", "--data", host.home / "portal", "--output", host.home / "again", "--json")
    made = host.watchword(*words)
    assert made.returncode == 0, made.stderr
    packed = [contents(path) for path in (host.file, host.home / "again")]
    assert packed[0] == packed[1]
    assert json.loads(made.stdout)["file"] == offered["file"]


def contents(file: Path) -> dict[str, Any]:
    """Return what is in a file but for bytecode, which each patch version of Python makes as it likes."""
    with zipfile.ZipFile(file) as archive:
        files = json.loads(archive.read("contents.json"))["files"]
    return {name: digest for name, digest in files.items() if not name.endswith(".pyc")}


def test_a_start_that_is_killed_while_it_unpacks_hurts_no_later_one(host: Host, tmp_path: Path) -> None:
    seed = int(os.environ.get("WATCHWORD_SOAK_SEED", "1"))
    chance, cache = random.Random(seed), tmp_path / "cache"  # noqa: S311 - a schedule that can be repeated
    print(f"seed {seed}")
    for _ in range(KILLS):
        with subprocess.Popen(host.command(python(), "-I", host.file, "--version", WATCHWORD_CACHE=str(cache))) as run:
            time.sleep(chance.uniform(0.05, 1.5))
            run.kill()
        ran = host.watchword("--version", WATCHWORD_CACHE=str(cache))
        assert (ran.returncode, ran.stderr) == (0, ""), ran
        kept = {path.name for path in cache.iterdir()} - {"lock"}
        assert len(kept) == 1
        subprocess.run(["rm", "-r", cache / kept.pop()], check=True)


def test_a_folder_without_room_or_without_programs_is_told(host: Host) -> None:
    def mounted(options: str) -> subprocess.CompletedProcess[str]:
        words = f'mount -t tmpfs -o "{options}" none /mnt && exec "$@"'
        return host.run("sh", "-c", words, "sh", python(), "-I", host.file, "--version", WATCHWORD_CACHE="/mnt/cache")

    full = mounted("size=20m")
    assert (full.returncode, full.stdout) == (1, "")
    assert "there is no room in /mnt/cache: " in full.stderr
    barred = mounted("size=400m,noexec")
    assert (barred.returncode, barred.stdout) == (1, "")
    assert "nothing may be run from /mnt/cache (noexec)" in barred.stderr
    assert [len(ran.stderr.splitlines()) for ran in (full, barred)] == [1, 1]


def test_a_portal_with_tls_is_fetched_from_by_its_authority(tmp_path: Path) -> None:
    files = make_server_certificate(tmp_path, host="localhost", address="127.0.0.1")
    with serving(tmp_path, "--tls-cert", str(files.certificate), "--tls-key", str(files.key)) as portal:
        key = portal.ask("key", "add", "--role", "auditor")["key"]
        portal.canaries.add(key)
        words = ("server", "download", "--portal", portal.ready["http"], "--ca", str(files.authority), "--json")
        done: list[subprocess.CompletedProcess[str]] = []

        def fetched() -> bool:
            done[:] = [
                subprocess.run(
                    [Path(sys.executable).with_name("watchword"), *words, "--output", tmp_path / "fetched"],
                    env={**os.environ, "WATCHWORD_API_KEY": key},
                    capture_output=True,
                    text=True,
                    timeout=SECONDS,
                    check=False,
                )
            ]
            return done[0].returncode == 0

        until(fetched, "the file fetched over TLS", SECONDS)
        assert json.loads(done[0].stdout)["output"] == str(tmp_path / "fetched")
