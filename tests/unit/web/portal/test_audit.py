"""
The pages of the audit trail: every event and every word has a name, filters, and whether the chain is whole.
"""

import ast
import html
import re
from collections.abc import Iterator

import pytest

from tests.fakes.changes import replace
from tests.fakes.office import ALICE, OWNER, Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from tests.unit.web.portal.test_sentences import GERMAN, PACKAGE
from watchword.app.manage.audit import AuditRow
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.standing import UserReasoned
from watchword.domain.events import AuditEvent
from watchword.domain.roles import Role
from watchword.ports.upkeep import ChainVerdict, ChainWalk
from watchword.web.portal.audit_words import ACTORS, EVENTS, VALUES, WORDS, line_of

CANARY = '"><img src=x onerror=alert(1)>'
WRITERS = {"row", "_row", "_event", "note", "audit"}
NO_WORDS = {"user", "subject", "event", "at", "detail", "joined", "bypass", "origin", "rule", "server", "words"}
ELSEWHERE = {"username", "activity"}


async def page(at: Room, path: str, status: int = 200) -> str:
    answer = await at.get(path)
    assert answer.status == status, answer.body
    return html.unescape(answer.body.decode())


def row(event: str, **words: str) -> AuditRow:
    return AuditRow(
        id="1", at="2026-11-24T09:30:00.000000Z", event=event, sentence="", actor="host", user=None, subject=None,
        words=words,
    )  # fmt: skip


def words_of_rows() -> Iterator[str]:
    """Yield the name of every word that an audit row is written with anywhere."""
    for room in ("app", "stores"):
        for file in (PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and any("AuditEvent" in ast.dump(one) for one in node.args):
                    yield from (one.arg for one in node.keywords if one.arg is not None)
                    texts = [one.value for one in node.keywords if one.arg == "words"]
                    yield from (name for one in texts for name in map(name_in, ast.walk(one)) if name)


def name_in(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_event_has_a_name_and_every_name_is_german_too() -> None:
    assert set(EVENTS) == set(AuditEvent)
    # A word that is the same in both languages is no sentence left behind.
    same = {"Administrator", "Details"}
    names = {*EVENTS.values(), *WORDS.values(), *ACTORS.values()} - same
    assert {name for name in names if GERMAN.gettext(name) == name and name != "Name"} == set()


def test_every_word_that_a_row_is_written_with_has_a_name() -> None:
    written = {name.replace("_", "-") for name in words_of_rows()} - NO_WORDS
    known = {name.replace("_", "-") for name in WORDS}

    assert {"reason", "seconds", "administrator", "alias"} <= written
    assert written - known == set()


def test_closed_values_are_said_and_open_ones_stay_as_they_are() -> None:
    line = line_of(row("method.added", kind="totp", username=ALICE), GERMAN)
    other = line_of(row("moon.landed", crew="3"), GERMAN)

    assert (line.title, line.who, line.user) == ("Zweiter Schritt hinzugefügt", "diese Maschine", ALICE)
    assert line.details == (("Art", "Authenticator-App"),)
    assert (other.title, other.details) == ("moon.landed", (("crew", "3"),))
    assert set(VALUES) <= {name.replace("-", "_") for name in WORDS}


async def test_what_was_done_stands_there_with_who_did_it_and_to_whom(office: Office) -> None:
    await office.user(ALICE)
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="phone lost", seconds=300), OWNER)

    shown = await page(room_of(office), "/audit")

    assert re.search(r"<th scope=\"row\">Bypass made</th>\s*<td class=\"break\">olga@example.org", shown)
    assert "Reason: phone lost" in shown
    assert "Seconds: 300" in shown


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("user=alice", {"User blocked", "User added"}),
        ("actor=olga@example.org", {"User blocked"}),
        ("event=user.blocked", {"User blocked"}),
        ("since=2001-01-01", set()),
        ("until=1969-01-01", set()),
    ],
)
async def test_filters_narrow_it_down(office: Office, query: str, there: set[str]) -> None:
    await office.user(ALICE)
    await office.user("bob@example.org")
    await office.do("user.block", UserReasoned(user=ALICE, reason="left"), OWNER)

    shown = await page(room_of(office), f"/audit?{query}")

    rows = set(re.findall(r'<th scope="row">([^<]*)</th>', shown))
    assert there <= rows
    assert "bob@example.org" not in shown or not there
    assert ("Nothing like that was done" in shown) is (not rows)


async def test_a_page_goes_on_where_the_one_before_ended(office: Office) -> None:
    for number in range(30):
        await office.user(f"user{number}@example.org")
    at = room_of(office)

    first = await page(at, "/audit")
    following = re.search(r'href="(/audit\?before=[^"]+)"', first)
    assert following
    second = await page(at, following[1])

    both = re.findall(r"user\d+@example.org", first), re.findall(r"user\d+@example.org", second)
    assert both[0]
    assert both[1]
    assert len({*both[0], *both[1]}) == 30


async def test_whoever_is_not_there_is_said_beside_the_filter(office: Office) -> None:
    assert "Nobody goes by nobody@example.org" in await page(room_of(office), "/audit?user=nobody@example.org", 422)


async def test_what_people_wrote_is_only_text_and_secrets_are_not_there(office: Office) -> None:
    await office.user(ALICE, password="a password that nobody sees")
    token = await office.token()
    await office.application()
    await office.do("user.block", UserReasoned(user=ALICE, reason=CANARY), OWNER)

    shown = (await room_of(office).get("/audit")).body.decode()

    assert "<img" not in shown
    assert "img src=x" in shown
    for secret in ("a password that nobody sees", "argon2id", token.secret, "shared secret of the VPN"):
        assert secret not in shown


async def test_the_trail_is_verified_and_the_answer_is_in_words(office: Office) -> None:
    await office.user(ALICE)
    at = room_of(office)

    assert "Not looked at yet" in await page(at, "/audit/verification")
    assert (await at.post("/audit/verification")).headers["location"] == "/audit/verification"
    shown = await page(at, "/audit/verification")
    while "It is being looked at" in shown:
        shown = await page(at, "/audit/verification")

    assert "The trail is whole" in shown
    assert "carol@example.org" in shown


class Walked:
    """An upkeep whose walk stands where a test wants it."""

    def __init__(self, walk: ChainWalk) -> None:
        self._walk = walk
        self.begun: list[str] = []

    def begin_walk(self, *, at: int, by: str) -> None:
        assert at
        self.begun.append(by)

    def walk(self) -> ChainWalk:
        return self._walk


def stands(office: Office, verdict: ChainVerdict | None) -> Walked:
    walked = Walked(
        ChainWalk(begun_at=office.clock.now(), by="olga@example.org", rows=1_200, of=4_800, verdict=verdict)
    )
    office.context = replace(office.context, upkeep=walked)
    return walked


async def test_a_walk_that_goes_on_tells_how_far_it_is_and_is_asked_for_again(office: Office) -> None:
    stands(office, None)
    at = room_of(office)

    shown = await page(at, "/audit/verification")

    assert "1,200 of about 4,800 rows so far" in shown
    assert 'data-source="/audit/verification/now" data-every="1"' in shown
    assert "1,200 of about 4,800" in await page(at, "/audit/verification/now")


async def test_where_the_chain_breaks_it_is_said_in_german_too_and_what_to_do(office: Office) -> None:
    fault = "row 1201 was changed, or stands in another's place"
    stands(office, ChainVerdict(whole=False, rows=1_200, fault=fault))
    at = room_of(office)

    assert "Row 1201 was changed" in await page(at, "/audit/verification")
    at.cookies["watchword-language"] = "de"
    shown = await page(at, "/audit/verification")
    assert "Zeile 1201 wurde geändert" in shown
    assert "Bewahren Sie eine Kopie des ganzen Datenordners auf" in shown


async def test_an_auditor_may_verify_and_the_help_desk_may_not(office: Office) -> None:
    walked = stands(office, None)
    at = room_of(office, visitor(Role.AUDITOR))

    assert (await at.post("/audit/verification")).status == 303
    at.who[0] = visitor(Role.HELP_DESK)
    for path in ("/audit", "/audit/verification", "/audit/verification/now"):
        assert (await at.get(path)).status == 403
    assert (await at.post("/audit/verification")).status == 403
    assert walked.begun == ["carol@example.org"]
