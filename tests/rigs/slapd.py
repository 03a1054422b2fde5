"""
OpenLDAP's slapd with a handful of people, without TLS, with LDAPS and with StartTLS.

Nobody but the service account may read anything but `ou=public`, so that a search under anybody else's name finds
nothing.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.rigs.certificates import make_server_certificate
from tests.rigs.processes import free_ports, running

BASE: Final = "dc=example,dc=test"
SERVICE_DN: Final = f"cn=service,{BASE}"
SERVICE_PASSWORD: Final = "service-password"
#: Password of every person below.
PASSWORD: Final = "correct horse"
#: A name with everything in it that means something in a filter, in a DN or to a shell.
AWKWARD: Final = r"o'brien*(x)\,+%s"
#: In the certificate; libldap puts the machine's own name in the place of "localhost".
HOST: Final = "127.0.0.1"

SCHEMAS: Final = ("core", "cosine", "inetorgperson")

CONFIGURATION: Final = """\
{includes}
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
sizelimit 100
database mdb
suffix "{base}"
directory {folder}/data
maxsize 16777216
index objectClass,uid,mail eq
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=public,{base}" by * read
access to * by dn.exact="{service}" read by * none
"""

TREE: Final = """\
dn: {base}
objectClass: domain
dc: example

dn: {service}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: service
userPassword: {service_password}

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=public,{base}
objectClass: organizationalUnit
ou: public

dn: cn=guest,ou=public,{base}
objectClass: inetOrgPerson
cn: guest
sn: guest
uid: guest
userPassword: {password}

dn: ou=away,{base}
objectClass: referral
objectClass: extensibleObject
ou: away
ref: ldap://directory.invalid/ou=away,{base}
"""

PERSON: Final = """
dn: cn={number},ou=people,{base}
objectClass: inetOrgPerson
cn: {number}
sn: {number}
uid: {uid}
mail: {mail}
userPassword: {password}
"""

PEOPLE: Final = (
    ("alice", "alice@example.test"),
    ("bob", "shared@example.test"),
    ("carol", "shared@example.test"),
    ("zoë", "zoe@example.test"),
    (AWKWARD, "awkward@example.test"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slapd:
    """A running slapd."""

    port: int
    tls_port: int
    authority: Path
    log: Path
    pid: int

    @property
    def url(self) -> str:
        """Where it listens without TLS, or with StartTLS."""
        return f"ldap://{HOST}:{self.port}"

    def binds(self, dn: str) -> int:
        """Count the binds under a name so far."""
        return self.log.read_text().count(f'BIND dn="{dn}" method=128')

    @property
    def tls_url(self) -> str:
        """Where it listens with TLS."""
        return f"ldaps://{HOST}:{self.tls_port}"


@contextmanager
def run_slapd(folder: Path) -> Iterator[Slapd]:
    """Run slapd with its configuration and data in *folder*."""
    certificate = make_server_certificate(folder, host="directory.test", address=HOST)
    configuration = folder / "slapd.conf"
    configuration.write_text(
        CONFIGURATION.format(
            includes="\n".join(f"include /etc/ldap/schema/{name}.schema" for name in SCHEMAS),
            folder=folder,
            base=BASE,
            service=SERVICE_DN,
            authority=certificate.authority,
            certificate=certificate.certificate,
            key=certificate.key,
        )
    )
    (folder / "data").mkdir()
    tree = TREE.format(base=BASE, service=SERVICE_DN, service_password=SERVICE_PASSWORD, password=PASSWORD)
    tree += "".join(
        PERSON.format(number=number, base=BASE, uid=uid, mail=mail, password=PASSWORD)
        for number, (uid, mail) in enumerate(PEOPLE)
    )
    subprocess.run(
        ["slapadd", "-q", "-f", str(configuration)], input=tree.encode(), capture_output=True, check=True, timeout=60
    )
    port, tls_port = free_ports(2)
    log = folder / "slapd.log"
    # "-d stats" keeps it in the foreground and logs each operation.
    urls = f"ldap://{HOST}:{port} ldaps://{HOST}:{tls_port}"
    command = ["slapd", "-f", str(configuration), "-h", urls, "-d", "stats"]
    with running(command, ports=(port, tls_port), log=log, address=HOST) as process:
        yield Slapd(port=port, tls_port=tls_port, authority=certificate.authority, log=log, pid=process.pid)
