"""
`watchword server activate`: on the machine of an MFA server, which becomes known to its portal.
"""

import base64
import socket
import ssl
from importlib.metadata import version
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from watchword import config
from watchword.cli.families import Here
from watchword.cli.session import Refused
from watchword.domain.enrolment import EnrolmentRefusal, typed
from watchword.domain.secrets import Secret
from watchword.kit.clock import SystemClock
from watchword.kit.identifiers import text
from watchword.kit.randomness import SystemRandomness
from watchword.upstream.portal.enrolment import NotEnrolled, PortalDoor, PortalUrl, UrlFault, Wish
from watchword.upstream.portal.folder import ServerFolder
from watchword.upstream.portal.server_file import FolderFault, Membership


def activate(
    url: str,
    /,
    *,
    email: str,
    password_stdin: bool = False,
    group: str | None = None,
    ca: Path | None = None,
    proxy: str | None = None,
    insecure_http: bool = False,
    session: Here,
) -> None:
    """
    Make this machine an MFA server of a portal: `--data DIR` is made, and holds its key from then on.

    Where the portal's answer is lost, the same command again ends well.

    Args:
        url: the portal's, as `watchword server credentials` has printed it, with #sha256= and what follows.
        email: the e-mail of the activation credentials.
        password_stdin: read their password from standard input.
        group: the replication group that this server is to be in, where the credentials leave that open.
        ca: PEM file of the authority that has signed the portal's certificate, where the system does not know it.
        proxy: http://HOST:PORT that connections go through; one with a password goes into WATCHWORD_PROXY. Where
            neither is there, HTTPS_PROXY and NO_PROXY hold. It is kept, sealed, for the server's connections too.
        insecure_http: speak in clear with a portal that is not on this machine. For laboratories only.
    """
    session.wants_secret(password_stdin, "--password-stdin")
    through = config.proxy(proxy, url=url)
    try:
        portal = PortalUrl.read(url, in_clear=insecure_http)
        authorities = None if ca is None else _pem(ca)
        clock, randomness = SystemClock(), SystemRandomness()
        door = PortalDoor(
            portal,
            clock=clock,
            randomness=randomness,
            tls=None if authorities is None else _trusting(authorities, ca),
            proxy=None if through is None else _proxy(through, typed_here=proxy is not None),
        )
        password = base64.b64decode(session.secret("Password of the activation credentials")["octets"])
        wish = Wish(
            email=typed(email),
            password=Secret(password),
            group=group,
            version=version("watchword"),
            host_name=socket.gethostname(),
        )
        folder = ServerFolder(session.data, randomness=randomness)
        link = folder.begin(pin=portal.pin, email=wish.email, now=clock.now())
        done = _activated(folder, door, link, wish, portal=portal, ca=authorities, proxy=through)
    except (NotEnrolled, UrlFault, FolderFault) as error:
        raise Refused(str(error)) from error
    document = {
        "id": text(done.server),
        "name": done.name,
        "group": done.group_name,
        "portal": portal.url,
        "data": str(session.data),
    }
    session.done(
        document,
        f"this is the MFA server {done.name} in the group {done.group_name} now;"
        f" `watchword server run --data {session.data}` serves",
    )


def _activated(
    folder: ServerFolder,
    door: PortalDoor,
    link: bytes,
    wish: Wish,
    *,
    portal: PortalUrl,
    ca: str | None,
    proxy: str | None,
) -> Membership:
    """Become known; where that fails for sure, nothing is left behind. Raises `NotEnrolled`, `FolderFault`."""
    try:
        shown = door.prove()
        told = door.activate(shown, folder.identity, link=link, wish=wish)
    except NotEnrolled as refused:
        if refused.refusal is not EnrolmentRefusal.ANSWER_LOST:
            folder.give_up()
        raise
    return folder.finish(told, url=portal.url, portal=shown.key, ca=ca, proxy=proxy)


def _pem(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error


def _trusting(authorities: str, path: Path | None) -> ssl.SSLContext:
    """Return what trusts these authorities and no others."""
    try:
        return ssl.create_default_context(cadata=authorities)
    except ssl.SSLError as error:
        raise Refused(f"{path} holds no certificates in PEM") from error


def _proxy(written: str, *, typed_here: bool) -> SplitResult:
    try:
        parts = urlsplit(written)
        sound = parts.scheme == "http" and parts.hostname and parts.port != 0
    except ValueError as error:
        raise Refused("a proxy is written http://HOST:PORT") from error
    if not sound:
        raise Refused("a proxy is written http://HOST:PORT")
    if typed_here and parts.password is not None:
        raise Refused("a proxy's password is never an argument: put the proxy into WATCHWORD_PROXY")
    return parts
