"""
A real Active Directory: Samba's domain controller, provisioned for this session.

It listens at a loopback address of its own, because the ports of Active Directory cannot be changed. A simple bind
without TLS is refused (8), as Windows does where signing is required.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.rigs.certificates import make_server_certificate
from tests.rigs.processes import running

#: Nobody else's tests on this machine have the same one.
ADDRESS: Final = f"127.77.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250 + 1}"
LDAP_PORT: Final = 389
LDAPS_PORT: Final = 636
BASE: Final = "DC=example,DC=test"
#: Password of everybody in it.
PASSWORD: Final = "C0rrect-horse"

#: What the test needs of a domain controller, and a place of its own for everything.
OPTIONS: Final = {
    "server services": "ldap",
    "bind interfaces only": "yes",
    "interfaces": f"{ADDRESS}/8",
    "vfs objects": "dfs_samba4 acl_xattr xattr_tdb",
    "tls enabled": "yes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Samba:
    """A running domain controller."""

    authority: Path
    configuration: Path

    @property
    def url(self) -> str:
        """Where it listens without TLS, or with StartTLS."""
        return f"ldap://{ADDRESS}:{LDAP_PORT}"

    @property
    def tls_url(self) -> str:
        """Where it listens with TLS."""
        return f"ldaps://{ADDRESS}:{LDAPS_PORT}"

    def dn(self, name: str) -> str:
        """Give the DN of a person."""
        return f"CN={name},CN=Users,{BASE}"


def _provision(folder: Path, options: dict[str, str]) -> Path:
    command = ["samba-tool", "domain", "provision", f"--targetdir={folder}", "--realm=EXAMPLE.TEST"]
    command += ["--domain=EXAMPLE", "--server-role=dc", "--dns-backend=NONE", "--host-name=dc1", f"--host-ip={ADDRESS}"]
    command += [f"--adminpass={PASSWORD}", *(f"--option={name} = {value}" for name, value in options.items())]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    return folder / "etc" / "smb.conf"


@contextmanager
def run_samba(folder: Path) -> Iterator[Samba]:
    """Provision a domain in *folder* and run its controller."""
    certificate = make_server_certificate(folder, host="dc1.example.test", address=ADDRESS)
    options = OPTIONS | {
        "tls cafile": str(certificate.authority),
        "tls certfile": str(certificate.certificate),
        "tls keyfile": str(certificate.key),
        "log file": str(folder / "log.%m"),
        "pid directory": str(folder),
        "ncalrpc dir": str(folder / "ncalrpc"),
        "ntp signd socket directory": str(folder / "ntp"),
        "winbindd socket directory": str(folder / "winbindd"),
    }
    configuration = _provision(folder, options)
    people = ["/usr/bin/python3", "-I", str(Path(__file__).with_name("samba_people.py")), str(configuration), PASSWORD]
    subprocess.run(people, capture_output=True, check=True, timeout=60)
    command = ["samba", "-i", "-M", "single", "-s", str(configuration), "--debug-stdout"]
    ports = (LDAP_PORT, LDAPS_PORT)
    with running(command, ports=ports, log=folder / "samba.log", address=ADDRESS):
        yield Samba(authority=certificate.authority, configuration=configuration)
