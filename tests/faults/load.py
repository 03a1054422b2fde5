"""
Runs one schedule on a lane: logins, phones and the help desk beside what goes wrong, and writes the history down.
"""

import itertools
import json
import select
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any, Final, assert_never

from tests.faults.desk import asked, insisted
from tests.faults.history import Ended, Healed, History, Kind, Login, Packet, Prompt, Row
from tests.faults.lane import DEADLINE, Lane
from tests.faults.schedule import ASSERTED, LOCAL, Doing, Errand, Schedule, Shot
from tests.rigs.nas import Exchange
from tests.rigs.servers import HEALED_SECONDS
from tests.rigs.watchword import PASSWORD, Phone, Token

FAILS_OVER_SECONDS: Final = 3.0
"""Seconds after which a VPN that heard nothing asks the other server."""

BYPASS_SECONDS: Final = 600
PROBE_SECONDS: Final = 1.0
UNHEALED_SECONDS: Final = 3 * HEALED_SECONDS
"""Seconds after which a server is given up that lets nobody in."""

LISTENS_SECONDS: Final = 2

_RUNS: Final = itertools.count(1)


def now() -> int:
    """Return the machine's wall clock, in UTC microseconds."""
    return time.time_ns() // 1_000


class Run:
    """One schedule."""

    def __init__(self, lane: Lane, plan: Schedule) -> None:
        """Make the users that it needs; nothing has begun."""
        self.lane = lane
        self.plan = plan
        self.history = History()
        self.began_at = now()
        self.over = Event()
        self._network = f"198.18.{next(_RUNS) % 250}"
        self._data = lane.portal.data
        self._revoked: int | None = None
        phones = iter(lane.phones)
        self._people = [self._person(place, doing, phones) for place, doing in enumerate(plan.doings)]
        self._probers = [self._coded(f"probe{number}") for number in range(len(lane.servers))]

    def _user(self, name: str) -> str:
        return self.lane.portal.user(name=f"{name}.{self.plan.seed}@example.test")

    def _coded(self, name: str) -> tuple[str, Token]:
        user = self._user(name)
        return user, self.lane.portal.hotp(user)

    def _person(self, place: int, doing: Doing, phones: Any) -> tuple[str, Token | Phone | None]:
        match doing.errand:
            case Errand.APPROVED | Errand.DENIED:
                user, phone = next(phones)
                return user, phone
            case Errand.CODE | Errand.RACE | Errand.BLOCK:
                return self._coded(f"user{place}")
            case Errand.BYPASS | Errand.BYPASS_RACE | Errand.BYPASS_CANCELLED:
                return self._user(f"user{place}"), None
            case _:
                assert_never(doing.errand)

    def run(self) -> History:
        """Run it, and return what there is to be judged."""
        self.lane.lives.clear()
        began = time.monotonic()
        with ThreadPoolExecutor(64) as pool:
            faults = [
                pool.submit(self._later, began + fault.at, partial(self.lane.inflict, fault))
                for fault in self.plan.faults
            ]
            doings: list[Future[Any]] = [
                pool.submit(self._later, began + doing.at, partial(self._do, pool, doing, *person))
                for doing, person in zip(self.plan.doings, self._people, strict=True)
            ]
            if self.plan.revoked is not None:
                server, at = self.plan.revoked
                doings.append(pool.submit(self._later, began + at, partial(self._revoke, server)))
            for fault in faults:
                fault.result()
            healing = list(pool.map(self._heals, range(len(self.lane.servers))))
            for doing in doings:
                doing.result()
            self.over.set()
        self.history.healed = [healed for healed in healing if healed is not None]
        self.history.lives = list(self.lane.lives)
        self.history.rows = self._rows()
        return self.history

    def _later(self, at: float, call: Callable[[], None]) -> None:
        time.sleep(max(0.0, at - time.monotonic()))
        call()

    # --- errands

    def _do(self, pool: ThreadPoolExecutor, doing: Doing, user: str, means: Token | Phone | None) -> None:
        match doing.errand:
            case Errand.CODE | Errand.RACE:
                assert isinstance(means, Token)
                login = self._login(Kind.CODE, user, means.code(0), application=doing.application)
                self._ask([(login, shot) for shot in doing.shots], fails_over=doing.errand is Errand.CODE)
            case Errand.APPROVED | Errand.DENIED:
                assert isinstance(means, Phone)
                login = self._login(Kind.PUSH, user, denied=doing.errand is Errand.DENIED)
                ended = Event()
                phone = pool.submit(self._answer, login, means, doing.acts_after, ended)
                self._ask([(login, shot) for shot in doing.shots], fails_over=True)
                ended.set()
                phone.result()
            case Errand.BYPASS | Errand.BYPASS_RACE | Errand.BYPASS_CANCELLED:
                self._by_bypass(pool, doing, user)
            case Errand.BLOCK:
                assert isinstance(means, Token)
                desk = pool.submit(self._later, time.monotonic() + doing.acts_after, partial(self._block, user))
                logins = [self._login(Kind.CODE, user, means.code(number)) for number in range(len(doing.shots))]
                self._ask(list(zip(logins, doing.shots, strict=True)), fails_over=False)
                desk.result()
            case _:
                assert_never(doing.errand)

    def _login(
        self, kind: Kind, user: str, code: str = "", *, denied: bool = False, application: str = ASSERTED
    ) -> Login:
        words = [PASSWORD] * (application == LOCAL) + [code] * bool(code)
        login = Login(kind, user, ",".join(words), application, denied)
        self.history.logins.append(login)
        return login

    def _by_bypass(self, pool: ThreadPoolExecutor, doing: Doing, user: str) -> None:
        arguments = {"user": user, "seconds": BYPASS_SECONDS, "reason": "faults"}
        made = asked(self._data, "bypass.add", **arguments)
        if made is None:
            return
        login = self._login(Kind.BYPASS, user, application=doing.application)
        desk = None
        if doing.errand is Errand.BYPASS_CANCELLED:
            cancel = partial(self._cancel, login, made["id"])
            desk = pool.submit(self._later, time.monotonic() + doing.acts_after, cancel)
        self._ask([(login, shot) for shot in doing.shots], fails_over=doing.errand is Errand.BYPASS)
        if desk is not None:
            desk.result()

    def _cancel(self, login: Login, bypass: str) -> None:
        if asked(self._data, "bypass.cancel", id=bypass, reason="faults") is not None:
            self.history.ended.append(Ended(at=now(), bypass=login))

    def _block(self, user: str) -> None:
        done = insisted(self._data, "user.block", seconds=DEADLINE, user=user, reason="faults")
        if done is not None:
            self.history.ended.append(Ended(at=now(), user=user, not_reached=_until(done)))

    def _revoke(self, place: int) -> None:
        server = self.lane.servers[place]
        done = asked(self._data, "server.revoke", server=server.name, reason="faults")
        if done is not None:
            self._revoked = place
            self.history.ended.append(Ended(at=now(), server=server.name, not_reached=_until(done)))

    def _answer(self, login: Login, phone: Phone, after: float, ended: Event) -> None:
        """Answer whatever comes while the login is under way."""
        ended.wait(after)
        while not ended.is_set():
            answer = phone.deny if login.denied else phone.approve
            ran = answer(wait=LISTENS_SECONDS)
            if ran.code == 0:
                login.prompts.append(Prompt(json.loads(ran.out)["verification"], now()))
            else:
                ended.wait(0.2)

    # --- packets

    def _ask(self, shots: Sequence[tuple[Login, Shot]], *, fails_over: bool) -> None:
        """Send packets, and wait until each has its answer or none comes any more."""
        began = time.monotonic()
        due = sorted(((began + shot.after, login, shot) for login, shot in shots), key=lambda one: one[0])
        waiting: dict[Exchange, Packet] = {}
        tried: set[tuple[int, int]] = set()
        last = due[-1][0] + DEADLINE + 2
        while (due or waiting) and (now_ := time.monotonic()) < last:
            while due and due[0][0] <= now_:
                _, login, shot = due.pop(0)
                exchange, packet = self._send(login, shot)
                waiting[exchange] = packet
                if fails_over and (place := (shot.server, shot.place)) not in tried:
                    tried.add(place)
                    again = Shot(0, 1 - shot.server, shot.place)
                    due.append((now_ + FAILS_OVER_SECONDS, login, again))
                    tried.add((again.server, again.place))
            until = min(due[0][0] if due else last, last)
            self._hear(waiting, until - now_)
            answered = {
                (id(packet.login), packet.source) for login, _ in shots for packet in login.packets if packet.code
            }
            due = [one for one in due if one[2].after or (id(one[1]), self._source(one[2])) not in answered]
        for exchange in waiting:
            exchange.close()

    def _send(self, login: Login, shot: Shot) -> tuple[Exchange, Packet]:
        nas, server = self.lane.nas[login.application], self.lane.servers[shot.server]
        client, source = nas.host.another_address(), self._source(shot)
        packet = Packet(login, client, source, server.name, now())
        login.packets.append(packet)
        request = nas.request(login.user, login.typed, station=source)
        return nas.at((server.host.address, nas.server[1])).send(request, address=client), packet

    def _source(self, shot: Shot) -> str:
        """Return the place of a shot, where nobody was in an earlier schedule."""
        return f"{self._network}.{shot.place + 1}"

    def _hear(self, waiting: dict[Exchange, Packet], seconds: float) -> None:
        ready, _, _ = select.select(list(waiting), [], [], max(0.0, seconds))
        for exchange in ready:
            packet = waiting[exchange]
            try:
                answer = exchange.answer(0)
            except ConnectionRefusedError:
                # Nobody listens there just now. A VPN goes on waiting.
                continue
            packet.heard_at, packet.code = now(), answer.code
            del waiting[exchange]
            exchange.close()

    # --- afterwards

    def _heals(self, place: int) -> Healed | None:
        """Log in through a server until it lets somebody in."""
        server, (user, token) = self.lane.servers[place], self._probers[place]
        began, counter = time.monotonic(), 0
        for number in range(1_000):
            if self._revoked == place:
                return None
            login = self._login(Kind.CODE, user, token.code(counter))
            exchange, packet = self._send(login, Shot(0, place, 100 + number % 100))
            self._hear({exchange: packet}, PROBE_SECONDS)
            took = time.monotonic() - began
            if packet.accepted:
                return Healed(server.name, took)
            if took > UNHEALED_SECONDS:
                return Healed(server.name, None)
            if packet.code is None:
                exchange.close()
                counter += 1
            else:
                time.sleep(0.1)
        return Healed(server.name, None)

    def _rows(self) -> list[Row]:
        rows: list[Row] = []
        before: dict[str, str] = {}
        while True:
            page = self.lane.portal.perform("activity.list", limit=1_000, **before)
            rows += map(_row, page)
            if len(page) < 1_000 or rows[-1].at < self.began_at:
                return [row for row in rows if row.at >= self.began_at]
            before = {"before": page[-1]["id"]}

    def tidy(self) -> None:
        """Activate anew what was revoked."""
        if self._revoked is not None:
            server = self.lane.servers[self._revoked]
            server.kill()
            self.lane.activate(server)
            self.lane.hosts.serving(self.lane.nas[ASSERTED], server)


def _until(done: Mapping[str, Any]) -> dict[str, int]:
    return {one["server"]: _instant(one["until"]) for one in done["not_reached"]}


def _instant(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp() * 1_000_000)


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        id=row["id"],
        at=_instant(row["at"]),
        user=row["user"],
        client=row["client"],
        source=row["source"],
        server=row["server"],
        outcome=row["outcome"] or "",
        reason=row["reason"],
        origin=row["origin"],
    )
