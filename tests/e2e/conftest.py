"""
Real servers that several whole-product tests share; each is started once, by the first test that wants it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.samba import Samba, run_samba
from tests.rigs.slapd import Slapd, run_slapd
from tests.rigs.watchword import Watchword, serving


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Run OpenLDAP; a test that uses it is marked `needs("slapd")`."""
    with run_slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server


@pytest.fixture(scope="session")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    """Run an Active Directory; a test that uses it is marked `needs("samba", "samba-tool")`."""
    with run_samba(tmp_path_factory.mktemp("samba")) as controller:
        yield controller


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Watchword]:
    """Have a folder for Watchword that is this test's alone; what it has started is ended with it."""
    own = Watchword(tmp_path)
    yield own
    if own.process is not None:
        own.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    """Run Watchword for the tests of one file; each makes users and applications of its own."""
    with serving(tmp_path_factory.mktemp("watchword")) as server:
        yield server
