"""
Judges what happened: what VPNs heard, what the database says, and what is left in the memory of processes.

It knows nothing of how the product decides. What must hold:

- What is good once let one login in: a code, a bypass, a State, an approval. Whoever joined came from the same place.
- Each Accept and each Challenge that left a server has a committed row of its own user, place and server.
- Nobody passes in the chain between the row that blocks him and the one that ends it; and nobody is let in by a server
  after the answer that said that he is blocked, or the server revoked, unless that answer named the server as not
  reached and until when.
- A request rings at most once, whatever is restarted; a login not twice at once, nor within ten seconds of its answer.
- A request is answered once, and within the deadline.
- Once all is mended everybody can sign in again, and nothing is left that waits.
- No bug was caught, no exception was left to the loop, and the chain is whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from tests.simulation.foundation import BEGIN
from tests.simulation.history import Begun, Errand, Request
from tests.simulation.processes import PortalProcess, ServerProcess
from tests.simulation.scheduler import SECOND
from tests.simulation.town import CACHE_SECONDS, DEADLINE, PORTAL
from tests.simulation.world import World
from tests.torture.rows import AuditRow, Chain, Row
from watchword.app.administration import Refusal
from watchword.domain.events import Activity, AuditEvent
from watchword.domain.joining import SHARED_SECONDS
from watchword.domain.verification import Allowed, Challenged, Denied, OutcomeKind, Reason

LATE: Final = 1.3
"""Seconds after its deadline within which a request is answered: a second for the portal's own word, and timers."""

SLACK: Final = 2
"""Seconds by which the ages of rows may be off: they carry the portal's clock, which is read here and there."""

_LEADS: Final = frozenset({Reason.CODE, Reason.PUSH, Reason.BYPASS})
_SAYS_NOTHING: Final = frozenset({Reason.ERROR, Reason.SUPERSEDED})
"""Ends of a verification after which the same login may be asked about again at once."""

_TASKS: Final = frozenset({"phone", "portal", "contact"})
"""Tasks that run as long as their process does, besides upkeep's; a word of a server may be under way at any time."""


class Checker:
    """Looks once, at the end."""

    def __init__(self, world: World, *, healed: int) -> None:
        self._world = world
        self._history = world.history
        self._healed = healed
        self._places = {login.source: login for login in self._history.logins}
        chain = Chain(world.path(PORTAL) / "watchword.db")
        with chain.snapshot() as snapshot:
            self._rows: list[Row] = snapshot.rows
            self._audit: list[AuditRow] = snapshot.audit
        self._chain = chain
        self._by_id = {row.activity.id: row.activity for row in self._rows}

    def look(self) -> list[str]:
        """Return what is wrong."""
        return list(
            dict.fromkeys(
                [
                    *self._history.faults,
                    *(f"{name}: {context}" for name, context in self._world.scheduler.raised),
                    *self._chain.faults,
                    *self._single_use(),
                    *self._joined(),
                    *self._evidence(),
                    *self._chain_order(),
                    *self._after_answers(),
                    *self._prompts(),
                    *self._answers(),
                    *self._away(),
                    *self._left(),
                ]
            )
        )

    # --- what is good once ------------------------------------------------------------------------------------------

    def _allowed(self) -> Iterator[Activity]:
        for row in self._rows:
            if row.activity.kind is OutcomeKind.ALLOWED:
                yield row.activity

    def _single_use(self) -> Iterator[str]:
        spent = Counter(name for row in self._allowed() if (name := self._spent(row)) is not None)
        yield from (f"{name} let {times} logins in" for name, times in spent.items() if times > 1)
        pushes = Counter(row.source for row in self._allowed() if row.reason is Reason.PUSH)
        approved = Counter(
            begun.source for begun in self._history.begun if begun.verification in self._history.approvals
        )
        for source, times in pushes.items():
            if times > approved[source]:
                yield f"{times} logins from {source} passed by {approved[source]} approvals"
        states = Counter(
            request.state
            for request in self._history.requests
            if request.state is not None and any(isinstance(answer[2], Allowed) for answer in request.answers)
        )
        yield from (f"a State let {times} requests in: {state!r}" for state, times in states.items() if times > 1)

    def _spent(self, row: Activity) -> str | None:
        """Name what a login was let in by that is good once, None where it is nothing that has a name."""
        login = self._places.get(row.source or "")
        if row.reason is Reason.CODE and login is not None:
            return f"the code {login.code} of {login.user}"
        if row.reason is Reason.BYPASS and row.bypass is not None:
            return f"the bypass {row.bypass.hex()}"
        return None

    def _joined(self) -> Iterator[str]:
        within = {Reason.JOINED: SHARED_SECONDS + DEADLINE, Reason.CACHE: CACHE_SECONDS}
        for row in self._allowed():
            if row.reason not in within:
                if row.reason not in _LEADS:
                    yield f"somebody passed by {row.reason}"
                continue
            origin = None if row.origin is None else self._by_id.get(row.origin)
            if origin is None or origin.kind is not OutcomeKind.ALLOWED:
                yield f"{row.user_name} passed by {row.reason} from {row.source}, and no login led"
            elif (origin.user, origin.source, origin.application) != (row.user, row.source, row.application):
                yield f"{row.user_name} from {row.source} shared a login from {origin.source}"
            elif row.at - origin.at > (within[row.reason] + SLACK) * 1_000_000 and not self._clocks_moved():
                yield f"{row.user_name} from {row.source} shared a login that was {row.at - origin.at} µs old"

    def _clocks_moved(self) -> bool:
        return "clock" in self._history.text()

    def _evidence(self) -> Iterator[str]:
        kinds = {Allowed: OutcomeKind.ALLOWED, Challenged: OutcomeKind.CHALLENGED}
        told: Counter[bytes] = Counter()
        for request in self._history.requests:
            for _, _, outcome in request.answers:
                if isinstance(outcome, Denied):
                    continue
                row, login = self._by_id.get(outcome.activity), request.login
                told[outcome.activity] += 1
                if row is None:
                    yield f"login {login.number} got an answer at {request.server} that no row tells of"
                elif (row.kind, row.source, row.user_name, row.server) != (
                    kinds[type(outcome)],
                    login.source,
                    f"{login.user}@example.com",
                    request.server,
                ):
                    yield f"login {login.number} got another's answer at {request.server}: {row}"
        for activity, times in told.items():
            if times > 1:
                yield f"{times} requests got the answer of one row: {activity.hex()}"

    # --- blocks -----------------------------------------------------------------------------------------------------

    def _chain_order(self) -> Iterator[str]:
        chain: list[AuditRow | Row] = [*self._audit, *self._rows]
        blocked: set[str] = set()
        for one in sorted(chain, key=lambda one: one.position):
            if isinstance(one, AuditRow):
                if one.event == AuditEvent.USER_BLOCKED:
                    blocked.add(one.words["username"])
                elif one.event == AuditEvent.USER_UNBLOCKED:
                    blocked.discard(one.words["username"])
            elif one.activity.kind is OutcomeKind.ALLOWED and one.activity.user_name in blocked:
                yield f"{one.activity.user_name} passed from {one.activity.source} while he was blocked"

    def _after_answers(self) -> Iterator[str]:
        for errand in self._history.errands:
            if errand.ended is None or isinstance(errand.result, Refusal):
                continue
            if errand.name == "user.block":
                until = self._unblocked(errand)
                for request in self._history.requests:
                    if request.login.user == errand.subject:
                        yield from self._honoured(request, errand, until)
            elif errand.name == "server.revoke":
                for request in self._history.requests:
                    if request.server == errand.subject:
                        yield from self._honoured(request, errand, None)

    def _unblocked(self, errand: Errand) -> int | None:
        later = (
            one.begun
            for one in self._history.errands
            if (one.name, one.subject) == ("user.unblock", errand.subject)
            and (one.ended is None or one.ended > errand.begun)
        )
        return min(later, default=None)

    def _honoured(self, request: Request, errand: Errand, until: int | None) -> Iterator[str]:
        """Tell of an Accept that left after the answer to an errand that should have kept it from leaving."""
        named = {one.server: one.until for one in getattr(errand.result, "not_reached", ())}
        for at, _, outcome in request.answers:
            if errand.ended is None or not isinstance(outcome, Allowed) or at <= errand.ended:
                continue
            if until is not None and at >= until:
                continue
            exempt = named.get(request.server)
            if exempt is not None and (at // 1_000 + BEGIN // 1_000) <= _microseconds(exempt):
                continue
            yield (
                f"login {request.login.number} was let in at {request.server} at {at / SECOND:.6f},"
                f" after {errand.name} {errand.subject} was answered at {errand.ended / SECOND:.6f}"
            )

    # --- prompts ----------------------------------------------------------------------------------------------------

    def _prompts(self) -> Iterator[str]:
        by_source: defaultdict[str, list[Begun]] = defaultdict(list)
        for begun in self._history.begun:
            by_source[begun.source or ""].append(begun)
        for source, prompts in by_source.items():
            login = self._places[source]
            # A State is asked for with one request; what answers it asks for nothing.
            requests = Counter(request.server for request in login.requests if request.state is None)
            for server, times in Counter(begun.server for begun in prompts).items():
                if times > requests[server]:
                    yield f"login {login.number} made {requests[server]} requests at {server}, and {times} prompts"
            for one, other in pairwise(prompts):
                yield from self._repeated(login.number, one, other)

    def _repeated(self, login: int, one: Begun, other: Begun) -> Iterator[str]:
        if one.life != other.life:
            return
        if one.ended is None or other.begun < one.ended:
            yield f"login {login} had two prompts at once"
        elif (
            one.epoch == other.epoch
            and one.reason not in _SAYS_NOTHING
            and other.begun - one.ended < SHARED_SECONDS * SECOND
            and not self._history.hung
        ):
            yield f"login {login} was asked for again {(other.begun - one.ended) / SECOND:.3f} s after its answer"

    # --- answers ----------------------------------------------------------------------------------------------------

    def _answers(self) -> Iterator[str]:
        for request in self._history.requests:
            name = f"login {request.login.number} at {request.server}"
            if len(request.answers) > 1:
                yield f"{name} was answered {len(request.answers)} times"
            if request.arrived is None:
                continue
            bound = (DEADLINE + LATE) * SECOND
            for at, stood, _ in request.answers:
                if at - request.arrived > bound + stood:
                    yield f"{name} was answered after {(at - request.arrived) / SECOND:.3f} s"
            alive = self._world.lives[request.server] == request.life
            if not request.answers and alive and self._world.scheduler.now - request.arrived > bound + SECOND:
                yield f"{name} was not answered"

    def _away(self) -> Iterator[str]:
        """What was denied while no portal answered is in activity at most as often as it happened."""
        denied: Counter[str] = Counter()
        for request in self._history.requests:
            for _, _, outcome in request.answers:
                if isinstance(outcome, Denied) and outcome.reason is Reason.PORTAL_AWAY:
                    denied[request.login.source] += 1
        told: Counter[str] = Counter()
        for row in self._rows:
            if row.activity.reason is Reason.PORTAL_AWAY:
                told[row.activity.source or ""] += row.activity.count
        for source, times in told.items():
            if times > denied[source]:
                yield f"activity tells of {times} logins from {source} without a portal, of {denied[source]}"

    # --- what is left -----------------------------------------------------------------------------------------------

    def _left(self) -> Iterator[str]:
        portal = self._world.portal
        if portal is None:
            yield "the portal does not serve"
        else:
            yield from self._left_at_the_portal(portal)
        for name in self._world.names:
            server = self._world.server(name)
            if server is None:
                yield f"{name} does not serve"
            else:
                yield from self._left_at_a_server(name, server)

    def _left_at_the_portal(self, portal: PortalProcess) -> Iterator[str]:
        parts = portal.portal.parts
        waiting = {
            "verifications in progress": sum(1 for login in parts.pending.all() if not login.challenged),
            "waiters": sum(len(login.waiters) for login in parts.pending.all()),
            "requests of servers": portal.hub.waiting,
            "turns": len(parts.turns._queues),  # noqa: SLF001 - nothing of the product needs to know
            "States that are spoken for": len(portal.portal.live._releases._spoken_for),  # noqa: SLF001 - as above
            "passwords being checked": len(portal.portal.login._checking),  # noqa: SLF001 - as above
        }
        for what, count in waiting.items():
            if count:
                yield f"the portal still has {what}: {count}"
        left = [name for name in portal.loop.tasks if name not in _TASKS and name not in _CHORES]
        if left:
            yield f"the portal still has tasks: {left}"

    def _left_at_a_server(self, name: str, server: ServerProcess) -> Iterator[str]:
        made = server.server
        waiting = {
            "requests": len(made.requests),
            "passwords being checked": len(made.login._checking),  # noqa: SLF001 - as above
            "rows for the portal": 0 if name in self._world.revoked else len(made.apart),
        }
        for what, count in waiting.items():
            if count:
                yield f"{name} still has {what}: {count}"
        left = [task for task in server.loop.tasks if task not in _TASKS]
        if left:
            yield f"{name} still has tasks: {left}"


_CHORES: Final = frozenset({"sweep", "retire", "count", "index", "index-audit", "forget-counts", "reseal"})


def _microseconds(instant: str) -> int:
    moment = datetime.fromisoformat(instant)
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
