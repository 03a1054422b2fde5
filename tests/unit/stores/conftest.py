"""
One store for each test.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "data")
    yield folder
    folder.store.close()
