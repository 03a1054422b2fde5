"""
What a server keeps: sealed, whole or not at all, and written down before it is told to anybody.
"""

import json
import shutil
from pathlib import Path

import pytest

from watchword.domain.applications import GroupId
from watchword.domain.servers import ServerId
from watchword.domain.statements import ActivatedStatement
from watchword.kit.randomness import SeededRandomness
from watchword.kit.signatures import digest
from watchword.upstream.portal.folder import ServerFolder
from watchword.upstream.portal.server_file import FolderFault, Membership

PIN = b"p" * 32
EMAIL = "server-a@activation.invalid"
GROUP = GroupId(b"G" * 16)


def fresh(path: Path, seed: int = 1) -> ServerFolder:
    return ServerFolder(path, randomness=SeededRandomness(seed))


def activated(path: Path, *, proxy: str | None = None) -> ServerFolder:
    folder = fresh(path)
    folder.begin(pin=PIN, email=EMAIL, now=1)
    told = ActivatedStatement(
        server=ServerId(b"S" * 16), key=folder.identity.public, name="berlin-1", group=GROUP, group_name="berlin"
    )
    folder.finish(told, url="https://portal.example.org", portal=b"k" * 32, ca="PEM", proxy=proxy)
    return folder


def opened(path: Path, seed: int = 2) -> ServerFolder:
    return ServerFolder.open(path, randomness=SeededRandomness(seed))


def secrets_in(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.iterdir() if file.name != "keys")


def test_what_was_activated_is_read_again(tmp_path: Path) -> None:
    made = activated(tmp_path / "data", proxy="http://user:secret@proxy:8080")

    found = opened(tmp_path / "data")

    assert found.identity.public == made.identity.public
    assert found.membership == Membership(
        portals=("https://portal.example.org",),
        ca="PEM",
        portal=b"k" * 32,
        server=ServerId(b"S" * 16),
        name="berlin-1",
        group=GROUP,
        group_name="berlin",
    )
    assert (found.server, found.portal, found.proxy) == (b"S" * 16, b"k" * 32, "http://user:secret@proxy:8080")
    assert found.draw()[0] == made.draw()[0]


def test_secrets_are_sealed_and_nobody_else_may_look(tmp_path: Path) -> None:
    made = activated(tmp_path / "data", proxy="http://user:secret@proxy:8080")
    shown, _ = made.draw()

    octets = secrets_in(tmp_path / "data")
    assert all(secret not in octets for secret in (made.identity.seed, shown, b"secret"))
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "data").iterdir()} == {0o600}


def test_the_same_command_again_has_the_same_key(tmp_path: Path) -> None:
    first = fresh(tmp_path / "data")
    link = first.begin(pin=PIN, email=EMAIL, now=1)

    again = fresh(tmp_path / "data", 5)

    assert again.begin(pin=PIN, email=EMAIL, now=2) == link
    assert again.identity.public == first.identity.public
    for number, (pin, email) in enumerate([(b"q" * 32, EMAIL), (PIN, "server-b@activation.invalid")]):
        other = fresh(tmp_path / "data", 6 + number)
        assert other.begin(pin=pin, email=email, now=3) != link


def test_what_was_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "new" / "data")
    folder.begin(pin=PIN, email=EMAIL, now=1)
    folder.give_up()

    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "empty").mkdir()
    folder = fresh(tmp_path / "empty")
    folder.begin(pin=PIN, email=EMAIL, now=1)
    folder.give_up()
    assert list((tmp_path / "empty").iterdir()) == []


def test_what_was_there_before_stays(tmp_path: Path) -> None:
    first = fresh(tmp_path / "data")
    first.begin(pin=PIN, email=EMAIL, now=1)
    again = fresh(tmp_path / "data", 5)
    again.begin(pin=PIN, email=EMAIL, now=1)
    again.give_up()

    assert {file.name for file in (tmp_path / "data").iterdir()} == {"keys", "server"}


def test_an_activated_server_is_not_activated_over(tmp_path: Path) -> None:
    activated(tmp_path / "data")

    with pytest.raises(FolderFault, match="holds an activated server already"):
        fresh(tmp_path / "data").begin(pin=PIN, email=EMAIL, now=1)


@pytest.mark.parametrize("what", ["other things", "a file", "nothing writable"])
def test_a_folder_that_cannot_be_used_is_told_and_left_alone(tmp_path: Path, what: str) -> None:
    data = tmp_path / "data"
    if what == "other things":
        data.mkdir()
        (data / "watchword.db").write_text("x")
    elif what == "a file":
        data.write_text("x")
    else:
        data = Path("/proc/data")

    with pytest.raises(FolderFault):
        fresh(data).begin(pin=PIN, email=EMAIL, now=1)

    assert [path.name for path in tmp_path.rglob("*")] in (["data", "watchword.db"], ["data"], [])


def test_a_folder_in_which_nothing_was_activated_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderFault, match="watchword server activate"):
        opened(tmp_path)
    fresh(tmp_path / "data").begin(pin=PIN, email=EMAIL, now=1)
    with pytest.raises(FolderFault, match="watchword server activate"):
        opened(tmp_path / "data")
    empty = fresh(tmp_path / "none")
    with pytest.raises(FolderFault):
        _ = empty.identity
    begun = fresh(tmp_path / "data")
    begun.begin(pin=PIN, email=EMAIL, now=1)
    with pytest.raises(FolderFault):
        _ = begun.membership


@pytest.mark.parametrize("what", ["no keys", "other keys", "damaged keys", "damaged", "of a later version", "odd ids"])
def test_a_folder_that_does_not_fit_together_is_told(tmp_path: Path, what: str) -> None:
    activated(tmp_path / "data")
    keys, file = tmp_path / "data/keys", tmp_path / "data/server"
    document = json.loads(file.read_text())
    if what == "no keys":
        keys.unlink()
    elif what == "other keys":
        fresh(tmp_path / "other", 9).begin(pin=PIN, email=EMAIL, now=1)
        shutil.copy(tmp_path / "other/keys", keys)
    elif what == "damaged keys":
        keys.write_text("{}")
    elif what == "damaged":
        file.write_text("{")
    elif what == "of a later version":
        file.write_text(json.dumps({**document, "version": 2}))
    else:
        document["server"]["id"] = "x"
        file.write_text(json.dumps(document))

    with pytest.raises(FolderFault):
        opened(tmp_path / "data")


def test_a_seed_of_another_server_does_not_open(tmp_path: Path) -> None:
    activated(tmp_path / "data")
    file = tmp_path / "data/server"
    document = json.loads(file.read_text())
    document["server"]["id"] = "01a20cca-928e-7b0e-9284-b23a9818c7a7"
    file.write_text(json.dumps(document))

    with pytest.raises(FolderFault, match="sealed"):
        opened(tmp_path / "data")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    activated(tmp_path / "data")
    file = tmp_path / "data/server"
    file.unlink()
    file.mkdir()

    with pytest.raises(FolderFault, match="cannot be read"):
        opened(tmp_path / "data")


def test_what_cannot_be_written_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    folder = activated(tmp_path / "data")
    before = (tmp_path / "data/server").read_bytes()
    shutil.move(tmp_path / "data", tmp_path / "moved")

    with pytest.raises(FolderFault, match="cannot be written"):
        folder.draw()

    assert (tmp_path / "moved/server").read_bytes() == before


# --- sessions


def test_a_session_shows_what_was_drawn_for_it_whatever_is_killed_on_the_way(tmp_path: Path) -> None:
    folder = activated(tmp_path / "data")
    shown, drawn = folder.links.open()
    assert folder.links.open() == (shown, drawn)

    again = opened(tmp_path / "data", 7)
    assert again.links.open() == (shown, drawn)
    again.links.opened()
    again.links.opened()
    next_shown, next_drawn = again.links.open()

    assert digest(next_shown) == drawn
    assert next_drawn not in {shown, drawn}


# --- renewal


def test_a_new_key_is_kept_before_it_is_told_and_used_only_once_it_is_known(tmp_path: Path) -> None:
    folder = activated(tmp_path / "data")
    old = folder.identity.public
    assert not folder.is_renewing
    new = folder.begin_renewal().public

    again = opened(tmp_path / "data", 7)
    assert again.is_renewing
    assert (again.identity.public, again.begin_renewal().public) == (old, new)
    again.finish_renewal()
    again.finish_renewal()
    assert (again.identity.public, again.is_renewing) == (new, False)
    assert opened(tmp_path / "data", 8).identity.public == new


def test_where_the_portal_puts_a_server_is_kept(tmp_path: Path) -> None:
    folder = activated(tmp_path / "data")
    folder.belongs(name="gate", group=GroupId(b"P" * 16), group_name="potsdam")
    written = (tmp_path / "data/server").stat().st_mtime_ns
    folder.belongs(name="gate", group=GroupId(b"P" * 16), group_name="potsdam")

    assert (tmp_path / "data/server").stat().st_mtime_ns == written
    found = opened(tmp_path / "data").membership
    assert (found.name, found.group, found.group_name) == ("gate", b"P" * 16, "potsdam")
