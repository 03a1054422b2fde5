"""
The corpus once through, in every run: what the fuzzer has found stays found.
"""

from typing import Final

import pytest

from tests.fuzz.__main__ import CORPUS, NAMES
from tests.fuzz.targets import TARGETS

INPUTS: Final = sorted(CORPUS.glob("*/*"))


def test_the_fuzzer_runs_every_target() -> None:
    assert set(NAMES) == set(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_no_target_breaks_on_what_has_been_found(name: str) -> None:
    inputs = [file for file in INPUTS if file.parent.name == name]

    assert inputs, f"{name} has no corpus, so that the fuzzer starts from nothing"
    for file in inputs:
        TARGETS[name](file.read_bytes())
