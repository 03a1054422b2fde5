"""
Administrators of an office, made as they are made: by a link, a password and a second step.
"""

from base64 import b32decode
from dataclasses import dataclass, field, replace

from tests.fakes.authenticator import Authenticator
from tests.fakes.office import Office
from watchword.app.administering.administrators import AdminInvite, AdminLink
from watchword.app.administration import Actor, Refusal
from watchword.app.entrance.opening import Client, Opened, Sessions, actor_of
from watchword.app.entrance.setting_up import Choice, SettingUp
from watchword.domain.administrators import Administrator
from watchword.domain.otp import code_at
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.ports.administrators import SignedIn

PASSWORD = Secret(b"several words and a number 7")
HERE = Client(source="192.0.2.7", agent="a browser")
ELSEWHERE = Client(source="198.51.100.9", agent="another browser")


@dataclass
class Person:
    """An administrator who is signed in, and what he signs in with."""

    office: Office
    name: str
    seed: bytes = field(repr=False)
    token: Secret
    authenticator: Authenticator | None = None

    def code(self, steps: int = 0) -> str:
        """Return the code of his app, so many steps of 30 seconds from now on."""
        return code_at(self.seed, self.office.clock.wall() // 30_000_000 + steps, 6)

    async def who(self, token: Secret | None = None) -> SignedIn:
        """Return who is signed in with a token."""
        found = await Sessions(self.office.context).recognise(token or self.token)
        assert found is not None
        return found

    async def actor(self) -> Actor:
        """Return whom his operations are performed as."""
        who = await self.who()
        return actor_of(who.administrator, who.session.id)

    async def now(self) -> Administrator:
        """Return what he is."""
        found = await self.office.records.read(lambda records: records.administrator_named(self.name))
        assert found is not None
        return found


async def link_of(office: Office, name: str, role: Role, user: str | None = None) -> Secret:
    """Return the token of a link that makes somebody an administrator."""
    made = await office.do("admin.invite", AdminInvite(name=name, role=role, user=user))
    assert isinstance(made, AdminLink)
    return Secret(made.url.rpartition("/")[2].encode())


async def chosen(office: Office, token: Secret, name: str) -> bytes:
    """Choose a password behind a link, and return the seed of the token that is shown."""
    shown = await SettingUp(office.context).choose(token, Choice(name=name, display="", password=PASSWORD))
    assert not isinstance(shown, Refusal), shown
    assert shown.seed is not None
    return b32decode(shown.seed.replace(" ", ""))


async def person(
    office: Office,
    name: str = "ada",
    role: Role = Role.OWNER,
    *,
    passkey: Authenticator | None = None,
    user: str | None = None,
) -> Person:
    """Make an administrator with a token, or with a passkey."""
    link, setting_up = await link_of(office, name, role, user), SettingUp(office.context)
    seed = await chosen(office, link, name)
    made = Person(office=office, name=name, seed=seed, token=link)
    if passkey is None:
        opened = await setting_up.by_code(link, made.code(), HERE)
    else:
        options = await setting_up.ask(link)
        assert not isinstance(options, Refusal)
        opened = await setting_up.by_passkey(link, passkey.created(options), "laptop", HERE)
    assert isinstance(opened, Opened), opened
    # The code of this step is spent, so that the next thing happens a step later.
    office.clock.advance(30)
    return replace(made, token=opened.token, authenticator=passkey)
