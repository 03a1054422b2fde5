"""
Phones: each asks the portal what there is to see, and its owner answers as the seed has it.
"""

from functools import partial
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.simulation.history import Login
from tests.simulation.processes import PortalProcess
from tests.simulation.town import PORTAL, Citizen
from tests.simulation.world import World
from watchword.app.verify.prompting import DeviceAnswer, ShownPrompt
from watchword.domain.applications import ApplicationId
from watchword.domain.prompts import AnswerDecision, AnswerStatement
from watchword.ports.records import DeviceOwner

POLL_SECONDS: Final = 25

APPROVED: Final = 0.75
DENIED: Final = 0.85
"""Below the first of these an owner approves, below the second he denies, above it he does nothing."""


class Phones:
    """All of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.serving.append(self._connect)

    def _connect(self, portal: PortalProcess) -> None:
        for citizen in self._world.town.citizens.values():
            if citizen.phone is not None:
                portal.base.tasks.start(self._serve(portal, citizen, citizen.phone), name="phone")

    async def _serve(self, portal: PortalProcess, citizen: Citizen, device: DeviceOwner) -> None:
        """Show a phone what there is, as `web.authenticator` does it."""
        seen: tuple[bytes, bytes] | None = None
        while True:
            poll = portal.portal.polls.listen(device.method)
            if poll is None:
                return
            with poll:
                shown = portal.portal.prompting.shown(device.user)
                now = None if shown is None else (bytes(shown.verification), shown.details.digest())
                if shown is None or now == seen:
                    await poll.wait(POLL_SECONDS)
                    continue
            seen = now
            self._world.back(PORTAL, partial(self._shown, citizen, shown))

    # --- outside ------------------------------------------------------------------------------------------------------

    def _shown(self, citizen: Citizen, shown: ShownPrompt) -> None:
        world = self._world
        world.history.note("phone", f"{citizen.name} is asked for {shown.details.source}")
        lot, think = world.random.random(), world.scheduler.seconds(0.2, 4.0)
        login = next((one for one in world.history.logins if one.source == shown.details.source), None)
        if lot < APPROVED:
            world.after(think, partial(self._answer, citizen, shown, AnswerDecision.APPROVE, login))
        elif lot < DENIED:
            world.after(think, partial(self._answer, citizen, shown, AnswerDecision.DENY, login))

    def _answer(self, citizen: Citizen, shown: ShownPrompt, decision: AnswerDecision, login: Login | None) -> None:
        world, device = self._world, citizen.phone
        number = None if login is None or not shown.details.number_needed else login.shown
        if device is None or citizen.key is None:
            return
        statement = AnswerStatement(
            verification=shown.verification,
            nonce=shown.nonce,
            decision=decision,
            number=number,
            application=ApplicationId(shown.application),
            user=device.user,
            device=device.method,
            issued_at=shown.issued_at,
            expires_at=shown.expires_at,
            displayed=shown.details.digest(),
        )
        answer = DeviceAnswer(
            verification=shown.verification,
            decision=decision,
            number=number,
            displayed=shown.details.digest(),
            signature=citizen.key.sign(statement.canonical(), ec.ECDSA(hashes.SHA256())),
        )
        typed = "" if number is None else f" with {number}"
        world.history.note("phone", f"{citizen.name} says {decision.value}{typed} to {shown.details.source}")
        if decision is AnswerDecision.APPROVE:
            world.history.approvals.append(bytes(shown.verification))
            world.aim(citizen.name, rings=False, often=1.0)
        world.tell(PORTAL, partial(self._taken, device, answer))

    def _taken(self, device: DeviceOwner, answer: DeviceAnswer) -> None:
        portal = self._world.portal
        if portal is not None:
            result = portal.portal.prompting.answer(device, answer)
            self._world.history.note(PORTAL, f"the phone's answer is {result.value}")
