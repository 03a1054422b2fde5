"""
The MFA server as one file: what is told of it, and signed.
"""

import base64
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.office import Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.servers.downloading import Offered, ServerDownload
from watchword.app.servers.identity import portal_identity
from watchword.domain.statements import DownloadStatement
from watchword.kit.identities import stated_by
from watchword.ports.downloads import DownloadFile, DownloadProgress, DownloadState

FILE = DownloadFile(
    name="watchword-server.pyz",
    version="0.1.0",
    size=43_913_873,
    sha256="5f" * 32,
    platform="linux-x86_64",
    python="3.11",
    glibc="2.34",
)


async def offered(office: Office) -> Offered:
    """Return what is told of a file that is ready."""
    office.offered.stands = DownloadProgress(state=DownloadState.READY, percent=100, file=FILE)
    done = await office.do("server.download", ServerDownload())
    assert isinstance(done.download, Offered)
    return done.download


async def test_whoever_asks_is_told_how_far_it_is(office: Office) -> None:
    done = await office.do("server.download", ServerDownload(wait=7))

    assert (done.state, done.percent, done.why, done.download) == (DownloadState.BUILDING, 40, None, None)
    assert office.offered.waited == [7]


async def test_why_it_could_not_be_made_is_told(office: Office) -> None:
    office.offered.stands = DownloadProgress(state=DownloadState.FAILED, why="there is no room")

    assert (await office.do("server.download", ServerDownload())).why == "there is no room"


@pytest.mark.parametrize("wait", [-1, 31])
async def test_nobody_waits_for_longer_than_half_a_minute(office: Office, wait: int) -> None:
    refused = await office.refused("server.download", ServerDownload(wait=wait))
    assert kinds(refused) == (RefusalKind.INVALID, "wait must be between 0 and 30 seconds")
    assert office.offered.waited == []


async def test_the_portal_signs_name_and_digest(office: Office) -> None:
    told, identity = await offered(office), await portal_identity(office.context)

    signature = base64.b64decode(told.signature)
    assert told.signed == f"watchword download 1\n{FILE.name}\n{FILE.sha256}\n"
    assert stated_by(identity.public, told.signed.encode(), signature)
    for other in (replace_of(name="other.pyz"), replace_of(sha256="00" * 32)):
        assert not stated_by(identity.public, other, signature)


def replace_of(**fields: str) -> bytes:
    return replace(DownloadStatement(name=FILE.name, sha256=FILE.sha256), **fields).canonical()


async def test_no_secret_is_in_the_way_to_it(office: Office) -> None:
    office.context = replace(office.context, portal_url="https://portal.example.org")
    told = await offered(office)

    assert told.url == f"https://portal.example.org/download/{FILE.sha256}/{FILE.name}"
    assert told.commands == (
        f"curl --fail --output {FILE.name} {told.url}",
        f"echo '{FILE.sha256}  {FILE.name}' | sha256sum --check",
        f"python3.11 {FILE.name} --version",
    )
    assert [event for event, _ in office.audited()][1:] == []


@pytest.mark.needs("openssl")
async def test_openssl_verifies_the_signature(office: Office, tmp_path: Path) -> None:
    told = await offered(office)
    (tmp_path / "key").write_text(told.key)
    (tmp_path / "signed").write_text(told.signed)
    (tmp_path / "signature").write_bytes(base64.b64decode(told.signature))
    words = ["pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "signed", "-sigfile", "signature"]

    def verified() -> int:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, check=False).returncode

    assert verified() == 0
    (tmp_path / "signed").write_text(told.signed.replace("5f", "6f"))
    assert verified() != 0
