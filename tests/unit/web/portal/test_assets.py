"""
What pages load: kept for ever under a name that changes with it, and nothing outside of the folder.
"""

import gzip
from pathlib import Path

import pytest

from tests.unit.web.portal.rooms import Room
from watchword.web.portal.assets import FOLDER, TYPES, Assets
from watchword.web.portal.portal import stock


@pytest.mark.parametrize("name", sorted(file.name for file in FOLDER.iterdir()))
async def test_every_file_is_served_as_what_it_is(room: Room, name: str) -> None:
    answer = await room.get(stock().assets.url(name))

    assert (answer.status, answer.body) == (200, (FOLDER / name).read_bytes())
    assert answer.headers["content-type"] == TYPES[Path(name).suffix]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_whoever_can_unpack_gets_it_packed(room: Room) -> None:
    answer = await room.get(stock().assets.url("app.js"), {"accept-encoding": "gzip, br"})

    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "accept-encoding")
    assert gzip.decompress(answer.body) == (FOLDER / "app.js").read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/static/VERSION/../public.py", "/static/VERSION/%2e%2e/public.py", "/static/VERSION/", "/static/0/app.js"],
)
async def test_there_is_nothing_else(room: Room, path: str) -> None:
    answer = await room.get(path.replace("VERSION", stock().assets.version))

    assert answer.status == 404
    assert "immutable" not in answer.headers["cache-control"]


def test_a_change_of_any_file_changes_every_name(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("1")
    (tmp_path / "two.css").write_text("2")
    (tmp_path / "three.txt").write_text("is not served")
    before = Assets.read(tmp_path)
    (tmp_path / "two.css").write_text("3")

    after = Assets.read(tmp_path)

    assert after.url("one.js") != before.url("one.js")
    with pytest.raises(KeyError):
        after.url("three.txt")


def test_modules_find_each_other_and_nothing_from_elsewhere() -> None:
    for file in FOLDER.glob("*.js"):
        text = file.read_text()
        assert "http:" not in text.replace("location.protocol", "")
        assert "innerHTML" not in text
        for line in text.splitlines():
            if line.startswith("import"):
                assert (FOLDER / line.split('"')[1].removeprefix("./")).is_file(), line


def test_sheets_name_colours_in_one_place_only() -> None:
    for file in FOLDER.glob("*.css"):
        if file.name != "tokens.css":
            assert "url(" not in file.read_text()
