"""
What the checker must find: histories with one thing wrong each, and some with nothing wrong.
"""

from collections.abc import Callable

import pytest

from tests.faults.checker import check
from tests.faults.history import Ended, Healed, History, Kind, Login, Packet, Prompt, Row
from tests.rigs.nas import Code

SECOND = 1_000_000
HOME, AWAY = "198.18.0.1", "198.18.0.2"
ONE, OTHER = "server-1", "server-2"
START = 1_800_000_000 * SECOND


class Forge:
    """A history, written by hand; its clock goes on by a tenth of a second at whatever happens."""

    def __init__(self) -> None:
        self.history = History()
        self.now = START

    def passed(self, seconds: float = 0.1) -> int:
        """Let time pass, and return what it is then."""
        self.now += int(seconds * SECOND)
        return self.now

    def login(self, kind: Kind = Kind.CODE, *, user: str = "alice", denied: bool = False) -> Login:
        """Begin a login."""
        self.history.logins.append(Login(kind, user, denied=denied))
        return self.history.logins[-1]

    def asked(self, login: Login, *, source: str = HOME, server: str = ONE) -> Packet:
        """Send a packet from an address of its own."""
        client = f"10.101.0.{sum(len(one.packets) for one in self.history.logins) + 1}"
        login.packets.append(Packet(login, client, source, server, self.passed()))
        return login.packets[-1]

    def heard(self, packet: Packet, code: Code = Code.ACCESS_ACCEPT) -> None:
        """Get an answer."""
        packet.heard_at, packet.code = self.passed(), code

    def written(self, packet: Packet, reason: str, *, origin: Row | None = None, outcome: str = "allowed") -> Row:
        """Find a row."""
        row = Row(
            id=f"row{len(self.history.rows)}",
            at=self.passed(0.01),
            user=packet.login.user,
            client=packet.client,
            source=packet.source,
            server=packet.server,
            outcome=outcome,
            reason=reason,
            origin=None if origin is None else origin.id,
        )
        self.history.rows.append(row)
        return row

    def let_in(self, login: Login, *, source: str = HOME, server: str = ONE, origin: Row | None = None) -> Row:
        """Ask, find the row, and hear of it."""
        packet = self.asked(login, source=source, server=server)
        leads = {Kind.CODE: "code", Kind.BYPASS: "bypass", Kind.PUSH: "push"}[login.kind]
        row = self.written(packet, leads if origin is None else "joined", origin=origin)
        self.heard(packet)
        return row

    def ended(
        self, *, user: str | None = None, server: str | None = None, bypass: Login | None = None, **until: int
    ) -> None:
        """Tell an administrator that something counts no more."""
        reached = {name.replace("_", "-"): instant for name, instant in until.items()}
        self.history.ended.append(Ended(at=self.passed(), user=user, server=server, bypass=bypass, not_reached=reached))


# --- nothing wrong


def joined_over_two_servers(forge: Forge) -> None:
    login = forge.login()
    leader = forge.let_in(login)
    forge.let_in(login, server=OTHER, origin=leader)
    forge.heard(forge.asked(login, source=AWAY), Code.ACCESS_REJECT)


def unheard_and_joined_later(forge: Forge) -> None:
    login = forge.login(Kind.BYPASS)
    leader = forge.written(forge.asked(login), "bypass")
    forge.passed(9)
    forge.let_in(login, server=OTHER, origin=leader)


def rung_again_by_a_portal_that_began_anew(forge: Forge) -> None:
    login = forge.login(Kind.PUSH)
    forge.asked(login)
    login.prompts.append(Prompt("one", forge.passed()))
    forge.history.lives.append(forge.passed())
    login.prompts.append(Prompt("two", forge.passed()))


def rung_again_after_what_was_shared_is_over(forge: Forge) -> None:
    login = forge.login(Kind.PUSH)
    for verification in ("one", "two"):
        packet = forge.asked(login)
        login.prompts.append(Prompt(verification, forge.passed()))
        forge.written(packet, "push")
        forge.heard(packet)
        forge.passed(11)


def asked_before_the_block_was_answered(forge: Forge) -> None:
    login = forge.login()
    packet = forge.asked(login)
    forge.written(packet, "code")
    forge.ended(user="alice")
    forge.heard(packet)


def by_a_server_that_was_named_until_its_time(forge: Forge) -> None:
    forge.ended(user="alice", server_1=forge.now + 60 * SECOND)
    forge.let_in(forge.login())


def healed_in_time(forge: Forge) -> None:
    forge.history.healed += [Healed(ONE, 0.1), Healed(OTHER, 9.9)]


@pytest.mark.parametrize(
    "story",
    [
        joined_over_two_servers,
        unheard_and_joined_later,
        rung_again_by_a_portal_that_began_anew,
        rung_again_after_what_was_shared_is_over,
        asked_before_the_block_was_answered,
        by_a_server_that_was_named_until_its_time,
        healed_in_time,
    ],
    ids=lambda story: story.__name__,
)
def test_nothing_is_found_where_nothing_is_wrong(story: Callable[[Forge], None]) -> None:
    forge = Forge()
    story(forge)

    assert check(forge.history) == []


# --- one thing wrong


def accepted_from_two_places(forge: Forge) -> None:
    login = forge.login()
    leader = forge.let_in(login)
    forge.let_in(login, source=AWAY, origin=leader)


def written_for_a_place_that_never_heard(forge: Forge) -> None:
    login = forge.login(Kind.BYPASS)
    leader = forge.let_in(login)
    forge.written(forge.asked(login, source=AWAY), "joined", origin=leader)


def led_twice(forge: Forge) -> None:
    login = forge.login()
    forge.let_in(login)
    forge.let_in(login, server=OTHER)


def approved_once_and_led_twice(forge: Forge) -> None:
    login = forge.login(Kind.PUSH)
    login.prompts.append(Prompt("one", forge.passed()))
    forge.let_in(login)
    forge.let_in(login, server=OTHER)


def accepted_without_a_row(forge: Forge) -> None:
    forge.heard(forge.asked(forge.login()))


def accepted_with_another_servers_row(forge: Forge) -> None:
    packet = forge.asked(forge.login())
    forge.written(packet, "code")
    packet.server = OTHER
    forge.heard(packet)


def accepted_with_somebody_elses_row(forge: Forge) -> None:
    packet = forge.asked(forge.login())
    forge.written(packet, "code")
    packet.login.user = "bob"
    forge.heard(packet)


def accepted_by_what_it_did_not_offer(forge: Forge) -> None:
    packet = forge.asked(forge.login())
    forge.written(packet, "cache")
    forge.heard(packet)


def accepted_before_it_was_written(forge: Forge) -> None:
    packet = forge.asked(forge.login())
    forge.heard(packet)
    forge.passed(1)
    forge.written(packet, "code")


def joined_nobody(forge: Forge) -> None:
    login = forge.login()
    packet = forge.asked(login)
    forge.written(packet, "joined")
    forge.heard(packet)


def joined_too_late(forge: Forge) -> None:
    login = forge.login()
    leader = forge.let_in(login)
    forge.passed(11)
    forge.let_in(login, server=OTHER, origin=leader)


def accepted_although_denied(forge: Forge) -> None:
    login = forge.login(Kind.PUSH, denied=True)
    login.prompts.append(Prompt("one", forge.passed()))
    forge.let_in(login)


def rung_twice(forge: Forge) -> None:
    login = forge.login(Kind.PUSH)
    forge.asked(login)
    login.prompts += [Prompt("one", forge.passed()), Prompt("two", forge.passed(5))]


def accepted_after_a_block(forge: Forge) -> None:
    forge.ended(user="alice")
    forge.let_in(forge.login())


def written_after_a_block(forge: Forge) -> None:
    forge.ended(user="alice")
    forge.passed(1)
    forge.written(forge.asked(forge.login()), "code")


def accepted_by_a_named_server_after_its_time(forge: Forge) -> None:
    forge.ended(user="alice", server_1=forge.now + 5 * SECOND)
    forge.passed(6)
    forge.let_in(forge.login())


def accepted_by_a_server_that_was_not_named(forge: Forge) -> None:
    forge.ended(user="alice", server_1=forge.now + 60 * SECOND)
    forge.let_in(forge.login(), server=OTHER)


def accepted_by_a_revoked_server(forge: Forge) -> None:
    forge.ended(server=ONE)
    forge.let_in(forge.login())


def accepted_by_a_cancelled_bypass(forge: Forge) -> None:
    login = forge.login(Kind.BYPASS)
    forge.ended(bypass=login)
    forge.let_in(login)


def healed_too_late(forge: Forge) -> None:
    forge.history.healed.append(Healed(ONE, 10.1))


def never_healed(forge: Forge) -> None:
    forge.history.healed.append(Healed(ONE, None))


WRONG = {
    accepted_from_two_places: "let in from 2 places",
    written_for_a_place_that_never_heard: "let in from 2 places",
    led_twice: "spent 2 times",
    approved_once_and_led_twice: "spent 2 times",
    accepted_without_a_row: "an Accept without its row",
    accepted_with_another_servers_row: "an Accept without its row",
    accepted_with_somebody_elses_row: "an Accept without its row",
    accepted_by_what_it_did_not_offer: "an Accept without its row",
    accepted_before_it_was_written: "an Accept without its row",
    joined_nobody: "joined what let nobody in",
    joined_too_late: "after its leader",
    accepted_although_denied: "although the phone said no",
    rung_twice: "rung twice",
    accepted_after_a_block: "after the answer that ended it",
    written_after_a_block: "written as let in",
    accepted_by_a_named_server_after_its_time: "after the answer that ended it",
    accepted_by_a_server_that_was_not_named: "after the answer that ended it",
    accepted_by_a_revoked_server: "after the answer that ended it",
    accepted_by_a_cancelled_bypass: "after the answer that ended it",
    healed_too_late: "only 10.1 s after the last fault's end",
    never_healed: "never after the last fault's end",
}


@pytest.mark.parametrize(("story", "words"), WRONG.items(), ids=lambda given: getattr(given, "__name__", ""))
def test_what_is_wrong_is_found(story: Callable[[Forge], None], words: str) -> None:
    forge = Forge()
    story(forge)

    found = check(forge.history)
    assert found
    assert words in found[0]
