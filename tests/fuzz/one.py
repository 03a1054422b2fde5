"""
Fuzzes one target until libFuzzer ends the process.

usage: python -m tests.fuzz.one TARGET [options and folders of libFuzzer]
"""

import sys

import atheris

if __name__ == "__main__":
    # Only what is imported in here counts as code to be reached.
    with atheris.instrument_imports(include=["watchword.wire"]):
        from tests.fuzz.targets import TARGETS

    name = sys.argv.pop(1)
    # libFuzzer starts itself again by this name, through a shell, when it merges corpora.
    sys.argv[0] = f"{sys.executable} -m tests.fuzz.one {name}"
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()
