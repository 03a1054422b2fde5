"""
Administrators: what they ask of the portal, and what it answers.
"""

from functools import partial

from tests.simulation.history import Errand
from tests.simulation.processes import PortalProcess
from tests.simulation.town import PORTAL
from tests.simulation.world import World
from watchword.app import operations
from watchword.app.administration import HOST, Refusal
from watchword.app.manage.bypasses import BypassAdd, BypassAdded, BypassCancel
from watchword.app.manage.rules import RulePurge
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserNamed
from watchword.app.servers.managing import ServerRevoke
from watchword.kit.identifiers import text


class HelpDesk:
    """Whoever administers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bypasses: dict[str, str] = {}

    def block(self, user: str) -> None:
        """Block a user."""
        self._do("user.block", user, UserReasoned(user=_name(user), reason="seen at two places"))

    def unblock(self, user: str) -> None:
        """End the block of a user."""
        self._do("user.unblock", user, UserReasoned(user=_name(user), reason="it was he"))

    def unlock(self, user: str) -> None:
        """Unlock a user."""
        self._do("user.unlock", user, UserNamed(user=_name(user)))

    def let_through(self, user: str) -> None:
        """Give a user a bypass for what waits, where something does, or else for his next login."""
        portal = self._world.portal
        waiting = [] if portal is None else [one for one in portal.portal.live.pending() if one.user == self._id(user)]
        self._bypass(user, text(waiting[0].id) if waiting else None)

    def give_bypass(self, user: str) -> None:
        """Give a user a bypass for his next login."""
        self._bypass(user, None)

    def _bypass(self, user: str, waiting: str | None) -> None:
        arguments = BypassAdd(user=_name(user), reason="lost phone", seconds=120, group="all", let_through=waiting)
        self._do("bypass.add", user, arguments)

    def cancel_bypass(self, user: str) -> None:
        """Cancel the newest bypass of a user."""
        if user in self._bypasses:
            self._do("bypass.cancel", user, BypassCancel(id=self._bypasses[user], reason="found it"))

    def purge(self, user: str) -> None:
        """Forget what is remembered for a user."""
        self._do("rule.purge", user, RulePurge(user=_name(user)))

    def revoke(self, server: str) -> None:
        """Revoke a server."""
        self._world.revoked.add(server)
        self._do("server.revoke", server, ServerRevoke(server=server, reason="stolen"))

    def _id(self, user: str) -> bytes:
        return self._world.town.citizens[user].id

    def _do(self, name: str, subject: str, arguments: object) -> None:
        errand = Errand(name=name, subject=subject, begun=self._world.scheduler.now)
        self._world.history.errands.append(errand)
        self._world.history.note("help desk", f"{name} {subject}")
        self._world.tell(PORTAL, partial(self._begin, errand, arguments))

    def _begin(self, errand: Errand, arguments: object) -> None:
        portal = self._world.portal
        if portal is not None:
            portal.base.tasks.start(self._perform(portal, errand, arguments), name="errand")

    async def _perform(self, portal: PortalProcess, errand: Errand, arguments: object) -> None:
        result = await operations.perform(portal.context, HOST, errand.name, arguments)
        errand.ended, errand.result = self._world.scheduler.now, result
        if isinstance(result, BypassAdded):
            self._bypasses[errand.subject] = result.id
        said = f"refused, {result.sentence}" if isinstance(result, Refusal) else "done"
        unreached = ", ".join(one.server for one in getattr(result, "not_reached", ()))
        behind = f", without {unreached}" if unreached else ""
        self._world.history.note(PORTAL, f"{errand.name} {errand.subject}: {said}{behind}")


def _name(user: str) -> str:
    return f"{user}@example.com"
