"""
What is to happen in a schedule, drawn from its seed: who signs in where, what administrators do, what breaks.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from tests.simulation.faults import Faults
from tests.simulation.helpdesk import HelpDesk
from tests.simulation.history import Login
from tests.simulation.phones import Phones
from tests.simulation.town import BOTH, CACHING, LOCAL, PHONES, PORTAL, SERVERS, SHOWING, TOKENS
from tests.simulation.vpns import Vpns, code_of
from tests.simulation.world import World

FIRST: Final = 1.0
LAST: Final = 9.0
"""Seconds between which people sign in."""

MOST_LOGINS: Final = 6
MOST_ERRANDS: Final = 3
MOST_FAULTS: Final = 3
MOST_AIMED: Final = 2


class Plan:
    """One schedule's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        self._numbers = 0
        self.vpns = Vpns(world)
        self.phones = Phones(world)
        self.desk = HelpDesk(world)
        self.faults = Faults(world)

    def draw(self) -> None:
        """Put everything off to its instant."""
        world, random = self._world, self._random
        for host in (PORTAL, *world.names):
            world.after(world.scheduler.seconds(0, 0.5), partial(world.start, host))
        everybody = (*TOKENS, *PHONES, *BOTH)
        users = random.sample(everybody, random.randint(1, 3))
        for _ in range(random.randint(2, MOST_LOGINS)):
            self._later(partial(self._sign_in, random.choice(users)))
        for _ in range(random.randint(0, MOST_ERRANDS)):
            self._later(partial(self._errand, random.choice(users)))
        for _ in range(random.randint(0, MOST_FAULTS)):
            self._later(self.faults.draw)
        for _ in range(random.randint(0, MOST_AIMED)):
            world.aims.append(self._disturb)

    def _later(self, call: Callable[[], None]) -> None:
        self._world.after(self._world.scheduler.seconds(FIRST, LAST), call)

    # --- people -------------------------------------------------------------------------------------------------------

    def login(self, user: str, application: str, servers: tuple[str, ...], code: str | None) -> Login:
        """Make a login from a place of its own."""
        self._numbers += 1
        return Login(
            number=self._numbers,
            user=user,
            application=application,
            source=f"198.51.100.{self._numbers}",
            servers=servers,
            code=code,
        )

    def _sign_in(self, user: str) -> None:
        random = self._random
        application = random.choice((LOCAL, LOCAL, SHOWING, CACHING))
        first = random.choice(self._world.names)
        group = [name for name in self._world.names if SERVERS[name] == SERVERS[first]]
        servers = (first, *(name for name in group if name != first))
        coded = user in TOKENS or (user in BOTH and random.random() < 0.5)
        if coded and application is SHOWING and random.random() < 0.5:
            coded = False
        login = self.login(user, application, servers, code_of(self._world, user) if coded else None)
        login.right = random.random() > 0.05
        self.vpns.begin(login)
        lot = random.random()
        if lot < 0.15:
            # The same once more from elsewhere: two places at once, or somebody who has watched.
            again = replace(self.login(user, application, servers, login.code), right=login.right)
            self._world.after(self._world.scheduler.seconds(0, 6), partial(self.vpns.begin, again))

    def _errand(self, user: str) -> None:
        desk, random = self.desk, self._random
        lot = random.random()
        if lot < 0.3:
            desk.block(user)
            if random.random() < 0.5:
                self._world.after(self._world.scheduler.seconds(0.2, 5), partial(desk.unblock, user))
        elif lot < 0.5:
            desk.give_bypass(user)
        elif lot < 0.65:
            desk.let_through(user)
            if random.random() < 0.3:
                self._world.after(self._world.scheduler.seconds(0, 1), partial(desk.cancel_bypass, user))
        elif lot < 0.75:
            desk.purge(user)
        elif lot < 0.85:
            desk.unlock(user)
        elif lot < 0.9:
            desk.revoke(random.choice(self._world.names))
        else:
            desk.block(user)

    def _disturb(self, user: str, rings: bool) -> None:  # noqa: FBT001 - a callback
        """Do something in the very moment in which a user is being decided about."""
        lot = self._random.random()
        if rings and lot < 0.6:
            self.faults.kill(PORTAL)
        elif lot < 0.5:
            self.desk.block(user)
        elif lot < 0.6:
            self.desk.let_through(user)
        elif lot < 0.65:
            self.desk.revoke(self._random.choice(self._world.names))
        else:
            self.faults.draw()
