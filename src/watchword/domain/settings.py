"""
What an organisation may choose, with the numbers it starts from and the bounds it cannot leave.

A setting is one field here; `PARAGRAPHS` is what stores, command line and portal read to list, check and describe them.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Final, TypeVar

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Bound:
    """
    A setting's range, both ends included, and what it is for.

    Attributes:
        safe: the part of the range outside of which an organisation protects itself noticeably less; both ends are in.
    """

    least: float
    most: float
    words: str
    safe: tuple[float, float]


def _bounded(
    default: Number, least: float, most: float, words: str, *, from_: float | None = None, to: float | None = None
) -> Number:
    """Return a field of a paragraph: a whole number where its default is one, safe `from_` one value `to` another."""
    safe = (least if from_ is None else from_, most if to is None else to)
    return field(default=default, metadata={"bound": Bound(least, most, words, safe)})


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSettings:
    """Wrong second steps: so many within so long lock for so long."""

    failures: int = _bounded(5, 2, 20, "wrong second steps that lock a user", to=10)
    within_seconds: int = _bounded(900, 60, 86_400, "seconds within which they count", from_=300)
    lock_seconds: int = _bounded(900, 60, 86_400, "seconds for which the second step is locked", from_=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleSettings:
    """Wrong passwords: so many are free, then each waits longer."""

    free: int = _bounded(5, 1, 20, "wrong passwords of a user and source before the next one waits", to=10)
    longest_seconds: int = _bounded(60, 1, 3_600, "longest wait in seconds", from_=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSettings:
    """Prompts that were not approved: so many within so long turn push off for so long (P24)."""

    refused: int = _bounded(3, 1, 20, "prompts denied or unanswered that turn push off", to=5)
    within_seconds: int = _bounded(600, 60, 86_400, "seconds within which they count", from_=300)
    off_seconds: int = _bounded(1_800, 60, 86_400, "seconds for which push is off", from_=600)
    block_on_fraud: int = _bounded(0, 0, 1, "1 blocks a user who says 'this was not me', 0 does not")


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassSettings:
    """How long a one-time bypass may last."""

    longest_seconds: int = _bounded(3_600, 1, 86_400, "most seconds that a bypass may last", to=3_600)
    default_seconds: int = _bounded(300, 1, 3_600, "seconds proposed for a bypass", to=900)
    most_by_creator: int = _bounded(10, 1, 1_000, "most bypasses that one administrator may make within an hour", to=50)
    most_for_user: int = _bounded(5, 1, 100, "most bypasses that may be made for one user within a day", to=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachingSettings:
    """How long a caching rule of each type may keep an entry (design.md section 7)."""

    longest_user_seconds: int = _bounded(300, 1, 86_400, "most cache seconds of a rule of type user", to=300)
    longest_application_seconds: int = _bounded(
        3_600, 1, 86_400, "most cache seconds of a rule of type application", to=3_600
    )
    longest_ip_seconds: int = _bounded(86_400, 1, 604_800, "most cache seconds of a rule of type ip", to=86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusSettings:
    """What every RADIUS client sees."""

    reject_delay: float = _bounded(1.0, 0, 10, "seconds after a request before its Access-Reject leaves", from_=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long is kept what happened."""

    days: int = _bounded(400, 1, 3_660, "days for which activity and audit are kept", from_=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How long an administrator stays signed in (SP 800-63B section 2.2.3)."""

    idle_seconds: int = _bounded(1_800, 60, 86_400, "seconds without a request after which a session ends", to=3_600)
    longest_seconds: int = _bounded(43_200, 300, 604_800, "seconds after which a session ends in any case", to=86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    lock: LockSettings = LockSettings()
    throttle: ThrottleSettings = ThrottleSettings()
    prompt: PromptSettings = PromptSettings()
    bypass: BypassSettings = BypassSettings()
    caching: CachingSettings = CachingSettings()
    radius: RadiusSettings = RadiusSettings()
    retention: RetentionSettings = RetentionSettings()
    session: SessionSettings = SessionSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as people see it: its dotted name, value, default and bound."""

    name: str
    value: float
    default: float
    bound: Bound


@dataclass(frozen=True, slots=True)
class SettingRefusal:
    """Why a setting was not taken, in a sentence. `known` tells whether it is the value that it was refused for."""

    sentence: str
    known: bool = True


DEFAULTS: Final = Settings()
"""What an organisation starts from."""


def listed(settings: Settings) -> tuple[Setting, ...]:
    """Return every setting, in the order of this file."""
    found = []
    for paragraph in fields(Settings):
        group = getattr(settings, paragraph.name)
        for one in fields(group):
            default = getattr(getattr(DEFAULTS, paragraph.name), one.name)
            name = f"{paragraph.name}.{one.name}"
            found.append(
                Setting(name=name, value=getattr(group, one.name), default=default, bound=one.metadata["bound"])
            )
    return tuple(found)


def changed(settings: Settings, name: str, value: float) -> Settings | SettingRefusal:
    """Return `settings` with one of them changed, or why it cannot be."""
    meant = [known for known in listed(settings) if name in (known.name, known.name.partition(".")[2])]
    if len(meant) != 1:
        return SettingRefusal(f"there is no one setting {name}; `watchword setting list` shows them all", known=False)
    known = meant[0]
    least, most = known.bound.least, known.bound.most
    if not least <= value <= most:
        return SettingRefusal(f"{known.name} must be from {least:g} to {most:g}")
    paragraph, _, one = known.name.partition(".")
    kept = int(value) if isinstance(known.default, int) else value
    if kept != value:
        return SettingRefusal(f"{known.name} must be a whole number")
    group = replace(getattr(settings, paragraph), **{one: kept})
    return replace(settings, **{paragraph: group})
