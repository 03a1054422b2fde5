"""
VPNs: they ask a server, and another one of its group where that does not answer in time.
"""

from functools import partial
from typing import Final

from tests.simulation.foundation import BEGIN
from tests.simulation.history import Login, Request
from tests.simulation.scheduler import SECOND
from tests.simulation.town import DEADLINE, LOCAL, PASSWORD
from tests.simulation.world import World
from watchword.app.attempt import LoginAttempt
from watchword.domain.applications import ApplicationId
from watchword.domain.otp import code_at
from watchword.domain.secrets import Secret
from watchword.domain.verification import Allowed, Challenged, Credential, Denied, Outcome
from watchword.kit.clock import NANOSECONDS

MOST_TRIES: Final = 3

HASTY: Final = 0.3
"""How many VPNs ask the next server within a second."""

STEP: Final = 30
"""Seconds of a token's step."""

OUTCOMES: Final = {Allowed: "let in", Denied: "turned away", Challenged: "challenged"}


class Vpns:
    """All of them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, login: Login) -> None:
        """Let somebody sign in."""
        self._world.history.logins.append(login)
        typed = b"" if login.application != LOCAL else PASSWORD if login.right else b"wrong"
        if login.code is not None:
            typed = typed + b"," + login.code.encode() if typed else login.code.encode()
        self._ask(login, typed, None, 0)

    def _ask(self, login: Login, typed: bytes, state: bytes | None, tries: int) -> None:
        world = self._world
        if login.over or tries >= MOST_TRIES or login.state != state:
            return
        server = login.servers[tries % len(login.servers)]
        request = Request(login=login, server=server, state=state, typed=typed, sent=world.scheduler.now)
        login.requests.append(request)
        asks = "answers the challenge" if state is not None else "signs in"
        coded = "" if login.code is None else f" with {login.code}"
        world.history.note("vpn", f"login {login.number}: {login.user} {asks}{coded} at {server}, try {tries + 1}")
        world.tell(server, partial(self._arrived, request))
        hasty = world.random.random() < HASTY
        patience = world.scheduler.seconds(0.1, 0.8) if hasty else world.scheduler.seconds(1.0, 5.0)
        world.after(patience, partial(self._again, request, typed, state, tries + 1))

    def _again(self, request: Request, typed: bytes, state: bytes | None, tries: int) -> None:
        if not any(one.answers for one in request.login.requests if one.state == state):
            self._ask(request.login, typed, state, tries)

    # --- at the server ------------------------------------------------------------------------------------------------

    def _arrived(self, request: Request) -> None:
        """Hand a request over, as a listener does."""
        world, login = self._world, request.login
        server = world.server(request.server)
        if server is None:
            return
        made, clock = server.server, server.base.clock
        application = made.current.value.applications.get(ApplicationId(world.town.applications[login.application]))
        if application is None:
            world.history.note(request.server, f"login {login.number}: nobody's client")
            return
        request.arrived, request.life = world.scheduler.now, world.lives[request.server]
        request.frozen = world.stood(request.server)
        attempt = LoginAttempt(
            application=application,
            client="192.0.2.13",
            user_name=f"{login.user}@example.com",
            typed=Secret(request.typed),
            credential=Credential.PAP,
            source=login.source,
            address=login.source,
            state=request.state,
            received_at=clock.now(),
            deadline=clock.monotonic() + DEADLINE * NANOSECONDS,
        )
        if login.code is not None:
            world.aim(login.user, rings=False)
        made.login.submit(attempt, partial(self._answered, request))

    def _answered(self, request: Request, outcome: Outcome) -> None:
        world, login = self._world, request.login
        stood = world.stood(request.server) - request.frozen
        request.answers.append((world.scheduler.now, stood, outcome))
        reason = outcome.reason.value if isinstance(outcome, Allowed | Denied) else outcome.prompt.number or "a code"
        world.history.note(request.server, f"login {login.number}: {OUTCOMES[type(outcome)]}, {reason}")
        world.back(request.server, partial(self._heard, request, outcome))

    # --- at the VPN ---------------------------------------------------------------------------------------------------

    def _heard(self, request: Request, outcome: Outcome) -> None:
        login = request.login
        if login.over or request.state != login.state:
            return
        if isinstance(outcome, Challenged):
            if login.state is None:
                login.state, login.shown = outcome.state, outcome.prompt.number
                self._world.after(self._world.scheduler.seconds(0.3, 4.0), partial(self._respond, login))
            return
        login.over = True
        login.accepted = isinstance(outcome, Allowed)

    def _respond(self, login: Login) -> None:
        """Answer a challenge: with a code where there is one to type, otherwise by waiting for the phone."""
        seed = self._world.town.citizens[login.user].seed
        if login.shown is None and seed is not None:
            login.code = code_of(self._world, login.user)
        typed = b"ok" if login.code is None else login.code.encode()
        self._ask(login, typed, login.state, 0)


def code_of(world: World, user: str) -> str:
    """Return the code that a user's token shows now: it knows what time it is."""
    seed = world.town.citizens[user].seed
    if seed is None:
        raise TypeError(f"{user} has no token")
    return code_at(seed, (BEGIN + world.scheduler.now) // (STEP * SECOND), 6)
