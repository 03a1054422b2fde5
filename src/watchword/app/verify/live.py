"""
Verifications in progress as administrators see them: what waits, what is let through by a bypass, what ends.
"""

from asyncio import Future, get_running_loop
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from watchword.app.verify.parts import Parts
from watchword.app.verify.releases import Releases
from watchword.domain.bypass import BypassId, applicable
from watchword.domain.users import Person, UserId
from watchword.domain.verification import VerificationEvent, VerificationId, VerificationState
from watchword.ports.live import PendingVerification
from watchword.ports.login import StoreAway

Value = TypeVar("Value")


class LiveVerifications:
    """Implements `ports.live.Live`, on the loop's thread."""

    def __init__(self, parts: Parts, releases: Releases) -> None:
        self._parts = parts
        self._releases = releases

    def pending(self) -> Sequence[PendingVerification]:
        """Return what is in progress, the oldest first."""
        return [
            PendingVerification(
                id=login.id,
                user=login.user,
                application=login.leader.application,
                source=login.leader.source,
                since=login.since,
                contended=login.contended,
                group=login.leader.served_by.group,
            )
            for login in self._parts.pending.all()
        ]

    def let_through(self, verification: VerificationId, bypass: BypassId) -> Awaitable[bool]:
        """Use a bypass for a verification in progress; False, and nothing used, where that is over or does not fit."""
        told: Future[bool] = get_running_loop().create_future()
        login = self._parts.pending.get(verification)
        if login is None:
            told.set_result(False)
            return told

        def loaded(person: Person | None) -> None:
            if login.state is not VerificationState.PENDING:
                _tell(told, value=False)
                return
            known = () if person is None else person.bypasses
            usable = applicable(
                tuple(one for one in known if one.id == bypass),
                group=login.leader.served_by.group,
                application=login.leader.application,
                now=self._parts.clock.now(),
            )
            if usable is None:
                _tell(told, value=False)
                return
            login.bypass = usable.id
            _tell(told, value=self._releases.end(login, VerificationEvent.LET_THROUGH))

        try:
            self._parts.people.load(login.user, loaded)
        except StoreAway:
            told.set_result(False)
        return told

    def settle(self) -> Awaitable[None]:
        """Write down what is only counted in memory so far."""
        told: Future[None] = get_running_loop().create_future()
        self._parts.recorder.settle(lambda: _tell(told, value=None))
        return told

    def ended(self, user: UserId) -> None:
        """End what is in progress for a user who was just blocked, removed or changed."""
        self._releases.invalidate(user)


def _tell(told: "Future[Value]", *, value: Value) -> None:
    """Tell whoever waits for it; he may have given up meanwhile."""
    if not told.done():
        told.set_result(value)
