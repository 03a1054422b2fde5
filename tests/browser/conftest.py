"""
A browser for the tests of each file, and a portal for each test.
"""

from collections.abc import Iterator

import pytest

from tests.rigs.browser import Chromium, Tab, run_chromium
from tests.rigs.watchword import Watchword, serving


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Run Chromium; a test that uses it is marked `needs("chromium")`."""
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def tab(chromium: Chromium) -> Iterator[Tab]:
    """Open the browser of somebody who has never been here; what went wrong in it fails the test."""
    with chromium.tab() as tab:
        yield tab


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    """Run Watchword for the tests of one file."""
    with serving(tmp_path_factory.mktemp("portal")) as server:
        yield server
