"""
Settings as pages call them, marked for translation: what each is, what another value does, and what a risky one costs.

A test sees that every setting is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from watchword.app.manage.settings import SettingRow
from watchword.web.portal.languages import marked
from watchword.web.portal.reading import Reading


class Unit(Enum):
    """What a setting counts."""

    TIMES = "times"
    SECONDS = "seconds"
    PARTS = "parts of a second"
    DAYS = "days"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    A setting in words.

    Attributes:
        title: what it is called; `does` what it decides, and from when on.
        risk: what a value beyond the safe ones costs, empty where every value is safe.
    """

    title: str
    does: str
    risk: str = ""
    unit: Unit = Unit.TIMES


GROUPS: Final[Mapping[str, str]] = {
    "lock": marked("Wrong second steps"),
    "throttle": marked("Wrong passwords"),
    "prompt": marked("Prompts on phones"),
    "bypass": marked("One-time bypasses"),
    "caching": marked("Caching rules"),
    "radius": marked("RADIUS"),
    "retention": marked("How long is kept what happened"),
    "session": marked("Sessions at this portal"),
}
"""What each paragraph of the settings is called, in their order."""

SETTINGS: Final[Mapping[str, Words]] = {
    "lock.failures": Words(
        title=marked("Wrong second steps until a lock"),
        does=marked("After so many wrong codes or numbers a user's second step is locked. It holds from the next one."),
        risk=marked("Whoever has a password may guess that many codes before anything stops them."),
    ),
    "lock.within_seconds": Words(
        title=marked("Wrong second steps count for"),
        does=marked("A wrong second step is forgotten after this time. It holds for those of now, too."),
        risk=marked("Whoever guesses slowly is never locked."),
        unit=Unit.SECONDS,
    ),
    "lock.lock_seconds": Words(
        title=marked("A lock lasts"),
        does=marked("So long nobody gets in with a second step of that user. Locks that stand already last as before."),
        risk=marked("Whoever guesses waits only a moment, and goes on."),
        unit=Unit.SECONDS,
    ),
    "throttle.free": Words(
        title=marked("Wrong passwords without waiting"),
        does=marked("After so many wrong passwords of one user from one source, the next one has to wait."),
        risk=marked("That many passwords can be tried at full speed from every address."),
    ),
    "throttle.longest_seconds": Words(
        title=marked("The longest wait"),
        does=marked("Each wrong password doubles the wait for the next one, up to this."),
        risk=marked("Passwords can be tried quickly for as long as somebody likes."),
        unit=Unit.SECONDS,
    ),
    "prompt.refused": Words(
        title=marked("Prompts not approved until they are off"),
        does=marked("After so many prompts that were denied or not answered, the phone does not ring for a while."),
        risk=marked("A phone that rings that often is approved at last, so that it stops."),
    ),
    "prompt.within_seconds": Words(
        title=marked("Prompts not approved count for"),
        does=marked("A prompt that was not approved is forgotten after this time."),
        risk=marked("Whoever has a password can let the phone ring again and again, if slowly."),
        unit=Unit.SECONDS,
    ),
    "prompt.off_seconds": Words(
        title=marked("Prompts stay off for"),
        does=marked("So long the phone does not ring; codes work meanwhile."),
        risk=marked("Whoever has a password can soon let the phone ring again."),
        unit=Unit.SECONDS,
    ),
    "prompt.block_on_fraud": Words(
        title=marked("Block who reports fraud"),
        does=marked(
            "Whether a user is blocked who says of a prompt that it was somebody else, until you unblock them."
        ),
        unit=Unit.SWITCH,
    ),
    "bypass.longest_seconds": Words(
        title=marked("A bypass lasts at most"),
        does=marked("Nobody makes a longer one from now on; the help desk has a limit of its own. Those of now stay."),
        risk=marked("For that long, whoever has the password gets in once without the second step."),
        unit=Unit.SECONDS,
    ),
    "bypass.default_seconds": Words(
        title=marked("A bypass lasts unless said otherwise"),
        does=marked("This is proposed to whoever makes one."),
        risk=marked("Most bypasses are made as they are proposed, and so are open for longer than they need be."),
        unit=Unit.SECONDS,
    ),
    "bypass.most_by_creator": Words(
        title=marked("Bypasses by one administrator within an hour"),
        does=marked("Whoever has made so many waits, or asks another administrator."),
        risk=marked("Somebody with the session of one administrator could let in that many people."),
    ),
    "bypass.most_for_user": Words(
        title=marked("Bypasses for one user within a day"),
        does=marked("Whoever has had so many needs a second step of their own."),
        risk=marked("Bypasses then take the place of the second step."),
    ),
    "caching.longest_user_seconds": Words(
        title=marked("A rule of type user keeps a login at most"),
        does=marked("No rule of that type may be longer from now on. Rules that stand already stay as they are."),
        risk=marked("For so long the password alone is enough, from anywhere and at every application."),
        unit=Unit.SECONDS,
    ),
    "caching.longest_application_seconds": Words(
        title=marked("A rule of type application keeps a login at most"),
        does=marked("No rule of that type may be longer from now on. Rules that stand already stay as they are."),
        risk=marked("For so long the password alone is enough at that application, from anywhere."),
        unit=Unit.SECONDS,
    ),
    "caching.longest_ip_seconds": Words(
        title=marked("A rule of type IP address keeps a login at most"),
        does=marked("No rule of that type may be longer from now on. Rules that stand already stay as they are."),
        risk=marked("For so long the password alone is enough at that application, for everybody behind that address."),
        unit=Unit.SECONDS,
    ),
    "radius.reject_delay": Words(
        title=marked("A refusal leaves after"),
        does=marked("So long after the request, so that guessing is slow. It holds from the next request on."),
        risk=marked("Guessing is as fast as the network."),
        unit=Unit.PARTS,
    ),
    "retention.days": Words(
        title=marked("Activity and audit are kept for"),
        does=marked("Older rows are removed for good. A checkpoint stays, so that the rest can be verified."),
        risk=marked("Standards such as PCI DSS want a year. What is removed can never be looked up again."),
        unit=Unit.DAYS,
    ),
    "session.idle_seconds": Words(
        title=marked("Signed out after no request for"),
        does=marked("It holds for sessions of now, too."),
        risk=marked("Whoever comes to a machine that was left open is an administrator for so long."),
        unit=Unit.SECONDS,
    ),
    "session.longest_seconds": Words(
        title=marked("Signed out in any case after"),
        does=marked("However busy somebody is. It holds for sessions that begin from now on."),
        risk=marked("Somebody who has stolen a session has it for so long."),
        unit=Unit.SECONDS,
    ),
}
"""Every setting, by its name."""

_UNNAMED: Final = Words(title="", does="")
_YES: Final = marked("yes")
_NO: Final = marked("no")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingLine:
    """A setting as a page shows it; `risk` is empty while its value is a safe one."""

    row: SettingRow
    title: str
    does: str
    risk: str
    unit: Unit
    value: str
    default: str
    least: str
    most: str

    @property
    def changed(self) -> bool:
        """Whether it has another value than at first."""
        return self.row.value != self.row.default


def setting_line(row: SettingRow, reading: Reading, value: float | None = None) -> SettingLine:
    """Return a setting as somebody reads it, with another value where one is thought of."""
    words = SETTINGS.get(row.name, _UNNAMED)
    stands = row.value if value is None else value
    risky = not row.safe_least <= stands <= row.safe_most

    def said(number: float) -> str:
        return value_said(number, words.unit, reading)

    return SettingLine(
        row=row,
        title=reading.gettext(words.title) if words.title else row.name,
        does=reading.gettext(words.does) if words.does else row.words,
        risk=reading.gettext(words.risk) if risky and words.risk else "",
        unit=words.unit,
        value=said(stands),
        default=said(row.default),
        least=said(row.least),
        most=said(row.most),
    )


def value_said(number: float, unit: Unit, reading: Reading) -> str:
    """Return a value in words."""
    if unit is Unit.SWITCH:
        return reading.gettext(_YES if number else _NO)
    if unit is Unit.SECONDS:
        return reading.seconds(int(number))
    if unit is Unit.DAYS:
        return reading.unit(number, "day")
    if unit is Unit.PARTS:
        return reading.unit(number, "second")
    return reading.number(number)
