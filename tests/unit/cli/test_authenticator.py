"""
`watchword authenticator`: pairing, and answering, as they are typed.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.unit.cli.terminal import Told, typed
from tests.unit.upstream.authenticator.portals import serving
from watchword.domain.prompts import PairingStatement
from watchword.kit.identifiers import text
from watchword.kit.signatures import signed_by
from watchword.upstream.authenticator.device import load
from watchword.wire import authenticator as wire

DEVICE: Final = b"d" * 16
USER: Final = b"u" * 16
PAIRED: Final = wire.encode(wire.PairReply(device=DEVICE, user=USER, username="ann@example.org", issuer="Watchword"))
PROMPT: Final = wire.Prompt(
    verification=b"v" * 16,
    application=b"a" * 16,
    application_name="vpn",
    source="198.51.100.7",
    asked_at=1_700_000_000_000_000,
    number_needed=False,
    contended=False,
    nonce=b"n" * 16,
    issued_at=1_700_000_000_000_000,
    expires_at=1_700_000_060_000_000,
)


def answered(path: str, _body: bytes) -> tuple[int, bytes]:
    name = path.rpartition("/")[2]
    replies: dict[str, wire.Message] = {
        "prompts": wire.FetchReply(prompt=PROMPT),
        "answer": wire.AnswerReply(result="taken"),
    }
    return 200, PAIRED if name == "pair" else wire.encode(replies[name])


def test_a_device_is_paired_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "phone"
    with serving(answered) as portal:
        ran = typed("authenticator", "pair", f"{portal.url}/pair#T0KEN", "--state", str(state), "--json", data=None)

    device = load(state)
    (asked,) = portal.asked
    request = wire.decode_pair_request(asked[2])
    statement = PairingStatement(token=b"T0KEN", public_key=request.public_key)
    assert (ran.code, ran.err) == (0, "")
    assert ran.document == {
        "device": text(DEVICE),
        "user": text(USER),
        "username": "ann@example.org",
        "portal": portal.url,
    }
    assert (device.method, device.user, device.portal) == (DEVICE, USER, portal.url)
    assert (request.token, request.public_key) == ("T0KEN", device.key.public())
    assert signed_by(request.public_key, statement.canonical(), request.proof)
    assert "T0KEN" not in state.read_text()


def test_a_pairing_url_can_come_from_standard_input(tmp_path: Path) -> None:
    state = tmp_path / "phone"
    with serving(answered) as portal:
        url = f"{portal.url}/pair#T0KEN\n".encode()
        ran = typed("authenticator", "pair", "--url-stdin", "--state", str(state), stdin=url)

    assert ran.code == 0
    assert "paired with ann@example.org" in ran.out


def test_a_portal_that_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    state = tmp_path / "phone"
    with serving(lambda _path, _body: (404, b'{"detail": "this pairing link was used"}')) as portal:
        ran = typed("authenticator", "pair", f"{portal.url}/pair#T0KEN", "--state", str(state))

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "watchword: this pairing link was used\n"
    assert not state.exists()


def test_a_file_that_is_there_already_keeps_its_device_and_the_token_its_use(tmp_path: Path) -> None:
    state = tmp_path / "phone"
    state.write_text("mine")
    with serving(answered) as portal:
        ran = typed("authenticator", "pair", f"{portal.url}/pair#T0KEN", "--state", str(state))

    assert ran.code == 1
    assert state.read_text() == "mine"
    assert portal.asked == []


@pytest.mark.parametrize("url", ["T0KEN", "http://192.0.2.7/pair#T0KEN"])
def test_a_url_that_cannot_be_used_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    ran = typed("authenticator", "pair", url, "--state", str(tmp_path / "phone"))

    assert ran.code == 1
    assert "T0KEN" not in ran.out + ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_laboratory_may_speak_in_clear(tmp_path: Path) -> None:
    ran = typed(
        "authenticator",
        "pair",
        "http://no.such.host.invalid/pair#T0KEN",
        "--state",
        str(tmp_path / "phone"),
        "--insecure-http",
    )

    assert ran.code == 1
    assert "the portal at no.such.host.invalid cannot be reached" in ran.err


@pytest.mark.parametrize("answer", ["approve", "deny", "fraud"])
def test_an_answer_is_told_with_what_was_answered(tmp_path: Path, answer: str) -> None:
    state, told = tmp_path / "phone", Told()
    with serving(answered) as portal:
        typed("authenticator", "pair", f"{portal.url}/pair#T0KEN", "--state", str(state))
        ran = typed("authenticator", "answer", "--state", str(state), f"--{answer}", "--json", told=told)

    assert ran.code == 0
    assert ran.document == {"verification": text(PROMPT.verification), "answer": answer}
    assert ran.err.startswith("vpn asks for ann@example.org, who signs in from 198.51.100.7, at ")
    assert told.reached == [], "a device has nothing to do with a data folder"
    assert wire.decode_answer_request(portal.asked[-1][2]).decision == answer


def numbered(path: str, body: bytes) -> tuple[int, bytes]:
    if not path.endswith("prompts"):
        return answered(path, body)
    return 200, wire.encode(wire.FetchReply(prompt=replace(PROMPT, number_needed=True)))


def test_on_a_terminal_the_number_is_asked_for(tmp_path: Path) -> None:
    state = tmp_path / "phone"
    tokens = ("authenticator", "answer", "--state", str(state), "--approve")
    with serving(numbered) as portal:
        typed("authenticator", "pair", f"{portal.url}/pair#T0KEN", "--state", str(state))
        ran = typed(*tokens, stdin=b"47\n", unseen=[])
        alone = typed(*tokens, stdin=b"47\n")

    assert ran.code == 0
    assert ran.err.endswith("Number that the application shows: ")
    assert wire.decode_answer_request(portal.asked[-2][2]).number == "47"
    assert (alone.code, portal.asked[-1][0]) == (1, "/authenticator/v1/prompts"), "and without one nothing is sent"


def test_where_nothing_came_in_time_it_ends_with_1(tmp_path: Path) -> None:
    state = tmp_path / "phone"

    def nothing(path: str, body: bytes) -> tuple[int, bytes]:
        return (200, wire.encode(wire.FetchReply(prompt=None))) if path.endswith("prompts") else answered(path, body)

    with serving(nothing) as portal:
        typed("authenticator", "pair", f"{portal.url}/pair#T0KEN", "--state", str(state))
        ran = typed("authenticator", "answer", "--state", str(state), "--approve", "--wait", "0")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "watchword: nothing came within 0 seconds\n"


def test_a_device_that_is_not_paired_is_told(tmp_path: Path) -> None:
    ran = typed("authenticator", "answer", "--state", str(tmp_path / "phone"), "--approve")

    assert ran.code == 1
    assert "`watchword authenticator pair URL --state" in ran.err
