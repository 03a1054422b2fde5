"""
Every language says everything that pages say, and nothing else. `make messages` adds what is missing.
"""

import re
from pathlib import Path

import pytest

from tests.rigs.messages import catalogue, said, translated
from watchword.web.portal.languages import FOLDER, read_languages

CATALOGUES = sorted(FOLDER.glob("*.po"))
_PLACES = re.compile(r"%\((\w+)\)s")


def ids(message: object) -> object:
    return tuple(message) if isinstance(message, list | tuple) else message


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_nothing_is_untranslated_and_nothing_is_unused(file: Path) -> None:
    known = {ids(message.id): message for message in catalogue(file) if message.id}

    assert {f"{text}: {places[0]}" for text, places in said().items() if text not in known} == set()
    assert {text for text, message in known.items() if not translated(message)} == set()
    assert set(known) - set(said()) == set()


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_translation_names_the_same_values(file: Path) -> None:
    for message in catalogue(file):
        if isinstance(message.id, str) and message.id:
            assert set(_PLACES.findall(message.id)) == set(_PLACES.findall(str(message.string))), message.id


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("fr, en;q=0.8, de;q=0.9", "de"),
        ("en, de;q=0.9", "en"),
        ("de;q=0", "en"),
        ("de;q=much", "en"),
        ("*", "en"),
        (",".join(["x"] * 1_000) + ",de", "en"),
    ],
)
def test_the_language_is_what_the_browser_likes_best(header: str, tag: str) -> None:
    assert read_languages().wished(header).tag == tag


def test_what_counts_is_said_as_the_language_counts() -> None:
    german = read_languages().named("de")
    one, many = "A login of this user waits right now", "%(num)d logins of this user wait right now"

    assert german.ngettext(one, many, 1).startswith("Eine Anmeldung")
    assert german.ngettext(one, many, 2).startswith("%(num)d Anmeldungen")
    assert german.ngettext("one", "many", 2) == "many"
    assert read_languages().named("xx").tag == "en"
