"""
Clients that others wrote: FreeRADIUS's radclient, and pyrad, which checks what it is answered by itself.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyrad.client
import pyrad.dictionary
import pyrad.packet
import pytest

from tests.rigs.nas import PATIENCE, Nas
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = pytest.mark.needs("oathtool", "radclient")

DICTIONARY: Final = """\
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string
ATTRIBUTE CHAP-Password 3 octets
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE State 24 octets
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE Proxy-State 33 octets
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE CHAP-Challenge 60 octets
ATTRIBUTE Message-Authenticator 80 octets
VALUE Acct-Status-Type Start 1
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What radclient said: its exit code, the answer's name, and the attributes of the answer."""

    code: int
    answer: str
    attributes: tuple[str, ...]


@pytest.fixture
def nas(server: Watchword) -> Nas:
    """Have an application."""
    return server.nas()


@pytest.fixture
def user(server: Watchword) -> str:
    """Make a user."""
    return server.user()


@pytest.fixture
def token(server: Watchword, user: str) -> Token:
    """Give him a token."""
    return server.hotp(user)


# --- radclient


def radclient(nas: Nas, *attributes: str, kind: str = "auth", port: int | None = None) -> Said:
    """Send a request as the application's client."""
    host, served = nas.server
    lines = [*attributes, f"Packet-Src-IP-Address = {nas.address}", "Message-Authenticator = 0x00"]
    where = f"{host}:{port or served}"
    command = ["radclient", "-x", "-r", "1", "-t", str(int(PATIENCE)), where, kind, nas.secret.decode()]
    done = subprocess.run(
        command, input=",".join(lines), capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    found = re.search(r"Received ([\w-]+) Id", done.stdout)
    told = done.stdout.partition("Received")[2].splitlines()[1:]
    return Said(done.returncode, found[1] if found else done.stderr, tuple(line.strip() for line in told))


def asked(user: str, password: str, *more: str) -> tuple[str, ...]:
    """Return the attributes of a login as radclient reads them."""
    return (f'User-Name = "{user}"', f'User-Password = "{password}"', f'Calling-Station-Id = "{STATION}"', *more)


def test_radclient_is_accepted_and_rejected(nas: Nas, user: str, token: Token) -> None:
    accepted = radclient(nas, *asked(user, f"{PASSWORD},{token.code(0)}", "Proxy-State = 0x0102"))
    assert (accepted.code, accepted.answer) == (0, "Access-Accept")
    assert accepted.attributes[0].startswith("Message-Authenticator = 0x")
    assert "Proxy-State = 0x0102" in accepted.attributes

    rejected = radclient(nas, *asked(user, "wrong"))
    assert (rejected.code, rejected.answer) == (1, "Access-Reject")
    assert rejected.attributes[0].startswith("Message-Authenticator = 0x")
    assert 'Reply-Message = "Sign-in was refused."' in rejected.attributes


def test_radclient_is_challenged(server: Watchword, user: str, token: Token) -> None:
    nas = server.nas("--challenge")

    challenged = radclient(nas, *asked(user, PASSWORD))
    assert challenged.answer == "Access-Challenge"
    assert 'Reply-Message = "Enter your code"' in challenged.attributes
    (state,) = (line for line in challenged.attributes if line.startswith("State = 0x"))
    assert radclient(nas, *asked(user, token.code(0), state)).answer == "Access-Accept"


def test_radclient_knows_its_codes_in_every_form(server: Watchword, user: str) -> None:
    nas, asserted = server.nas(), server.nas("--primary", "asserted")
    eight = server.totp(user, "--digits", "8")
    printed = server.backup_codes(user)

    assert radclient(nas, *asked(user, f"{PASSWORD},{printed[0]}")).answer == "Access-Accept"
    assert radclient(asserted, *asked(user, eight.code())).answer == "Access-Accept"


@pytest.mark.parametrize("attributes", [('CHAP-Password = "secret"',), ('MS-CHAP-Password = "secret"',)], ids=str)
def test_radclients_other_protocols_are_rejected(
    nas: Nas, user: str, token: Token, attributes: tuple[str, ...]
) -> None:
    del token
    assert radclient(nas, f'User-Name = "{user}"', *attributes).answer == "Access-Reject"


def test_radclients_status_and_accounting_are_answered(server: Watchword, nas: Nas, user: str) -> None:
    assert radclient(nas, kind="status").answer == "Access-Accept"
    accounting = int(server.ready["accounting"].rpartition(":")[2])
    start = (f'User-Name = "{user}"', "Acct-Status-Type = Start", 'Acct-Session-Id = "1"')
    assert radclient(nas, *start, kind="acct", port=accounting).answer == "Accounting-Response"


# --- pyrad


def client_of(nas: Nas, folder: Path) -> Any:
    """Return pyrad's client for an application; it takes no answer without a right Message-Authenticator."""
    written = folder / "dictionary"
    written.write_text(DICTIONARY)
    host, port = nas.server
    client = pyrad.client.Client(
        server=host,
        authport=port,
        secret=nas.secret,
        dict=pyrad.dictionary.Dictionary(str(written)),
        retries=1,
        timeout=PATIENCE,
        enforce_ma=True,
    )
    client.bind((nas.address, 0))
    return client


def ask(client: Any, user: str, password: str, **attributes: object) -> Any:
    """Send a login and return the reply that pyrad has found good."""
    request = client.CreateAuthPacket(code=pyrad.packet.AccessRequest, User_Name=user)
    request["User-Password"] = request.PwCrypt(password)
    request["Calling-Station-Id"] = STATION
    for name, value in attributes.items():
        request[name.replace("_", "-")] = value
    return client.SendPacket(request)


def test_pyrad_is_accepted_rejected_and_challenged(
    server: Watchword, nas: Nas, user: str, token: Token, tmp_path: Path
) -> None:
    client = client_of(nas, tmp_path)
    accepted = ask(client, user, f"{PASSWORD},{token.code(0)}", Proxy_State=b"\x00\x01")
    assert accepted.code == pyrad.packet.AccessAccept
    assert accepted["Proxy-State"] == [b"\x00\x01"]
    assert ask(client, user, "wrong").code == pyrad.packet.AccessReject
    client._CloseSocket()  # noqa: SLF001 - it has no other way

    asking = client_of(server.nas("--challenge"), tmp_path)
    challenge = ask(asking, user, PASSWORD)
    assert challenge.code == pyrad.packet.AccessChallenge
    assert challenge["Reply-Message"] == ["Enter your code"]
    assert ask(asking, user, token.code(1), State=challenge["State"][0]).code == pyrad.packet.AccessAccept
    asking._CloseSocket()  # noqa: SLF001 - as above


def test_pyrad_finds_us_alive(nas: Nas, tmp_path: Path) -> None:
    client = client_of(nas, tmp_path)
    answer = client.SendPacket(client.CreateAuthPacket(code=pyrad.packet.StatusServer))
    assert answer.code == pyrad.packet.AccessAccept
    client._CloseSocket()  # noqa: SLF001 - as above


def test_pyrad_with_another_secret_hears_nothing(server: Watchword, nas: Nas, user: str, tmp_path: Path) -> None:
    before = server.dropped("wrong-message-authenticator")
    nas.secret = b"another secret of the same length"
    client = client_of(nas, tmp_path)
    client.timeout = 0.2
    with pytest.raises(pyrad.client.Timeout):
        ask(client, user, PASSWORD)
    client._CloseSocket()  # noqa: SLF001 - as above
    assert server.dropped("wrong-message-authenticator") == before + 1
