"""
The MFA server as one file: offered with all that tells whether a copy of it is the right one.

The file holds no secret, so whoever knows its SHA-256 may have it without signing in: a machine without a browser gets
it by a plain command, and compares. Who may ask for the SHA-256, and have the file made, is decided here.
"""

import base64
import shlex
from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.servers.identity import portal_identity
from watchword.domain.statements import DownloadStatement
from watchword.kit.identities import fingerprint, pem
from watchword.ports.downloads import DownloadFile, DownloadState

LONGEST_WAIT = 30
"""Seconds that whoever asks may wait for the file."""

PATH = "/download"
"""Where files are, on the portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDownload:
    """
    The file is wanted; it is made unless it is there.

    Attributes:
        wait: seconds to wait for it, 0 to 30; it comes sooner where the file is ready or cannot be made.
    """

    wait: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """
    The file, and how to be sure of it.

    Attributes:
        file: its name.
        version: of Watchword in it.
        size: octets.
        sha256: in hexadecimal.
        platform: the system and machine that it runs on, such as `linux-x86_64`, and no other.
        python: the minor version of Python that it needs, and no other.
        glibc: the oldest C library that it runs with, None where it needs none.
        path: where it is on this portal.
        url: the same as a whole URL.
        signed: what the portal's identity has signed: three lines of text.
        signature: Ed25519, in base64.
        key: the public key of the portal's identity, in PEM.
        key_sha256: its fingerprint, the one that stands behind `#sha256=` where servers are activated.
        commands: what gets the file and compares it on a machine without a browser.
    """

    file: str
    version: str
    size: int
    sha256: str
    platform: str
    python: str
    glibc: str | None
    path: str
    url: str
    signed: str
    signature: str
    key: str
    key_sha256: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDownloaded:
    """
    How things stand.

    Attributes:
        percent: how much of it is made.
        why: why it could not be made, None where it could; asking again tries again.
        download: the file, None until it is ready.
    """

    state: DownloadState
    percent: int
    why: str | None = None
    download: Offered | None = None


async def download(context: Administration, _actor: Actor, arguments: ServerDownload) -> ServerDownloaded | Refusal:
    """Have the file made, and tell what it is."""
    if not 0 <= arguments.wait <= LONGEST_WAIT:
        return invalid(f"wait must be between 0 and {LONGEST_WAIT} seconds", field="/wait")
    stands = await context.downloads.wanted(seconds=arguments.wait)
    return ServerDownloaded(
        state=stands.state,
        percent=stands.percent,
        why=stands.why or None,
        download=None if stands.file is None else await _offered(context, stands.file),
    )


async def _offered(context: Administration, file: DownloadFile) -> Offered:
    identity = await portal_identity(context)
    statement = DownloadStatement(name=file.name, sha256=file.sha256).canonical()
    path = f"{PATH}/{file.sha256}/{file.name}"
    url = context.portal_url + path
    return Offered(
        file=file.name,
        version=file.version,
        size=file.size,
        sha256=file.sha256,
        platform=file.platform,
        python=file.python,
        glibc=file.glibc,
        path=path,
        url=url,
        signed=statement.decode(),
        signature=base64.b64encode(identity.sign(statement)).decode(),
        key=pem(identity.public),
        key_sha256=fingerprint(identity.public).hex(),
        commands=(
            f"curl --fail --output {file.name} {shlex.quote(url)}",
            f"echo '{file.sha256}  {file.name}' | sha256sum --check",
            f"python{file.python} {file.name} --version",
        ),
    )
