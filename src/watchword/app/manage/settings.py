"""
Settings: what the organisation chose, within the bounds that `domain.settings` has.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage.texts import shown
from watchword.domain.events import AuditEvent
from watchword.domain.settings import Setting, SettingRefusal, changed
from watchword.domain.settings import listed as all_settings
from watchword.ports.records import Changer


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingList:
    """All settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """
    A setting with its default and its bounds.

    Attributes:
        safe_least: the least value, and `safe_most` the most, with which an organisation is protected as it should be.
    """

    name: str
    value: float
    default: float
    least: float
    most: float
    words: str
    safe_least: float
    safe_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSet:
    """A setting's new value."""

    name: str
    value: float


def _row(setting: Setting) -> SettingRow:
    return SettingRow(
        name=setting.name,
        value=setting.value,
        default=setting.default,
        least=setting.bound.least,
        most=setting.bound.most,
        words=setting.bound.words,
        safe_least=setting.bound.safe[0],
        safe_most=setting.bound.safe[1],
    )


async def listed(context: Administration, _actor: Actor, _arguments: SettingList) -> list[SettingRow] | Refusal:
    """List the settings."""
    settings = await context.records.read(lambda records: records.configuration().settings)
    return [_row(setting) for setting in all_settings(settings)]


async def change(context: Administration, actor: Actor, arguments: SettingSet) -> SettingRow | Refusal:
    """Change a setting; it holds from the next request on."""
    scribe = context.scribe(actor)

    def write(records: Changer) -> SettingRow | Refusal:
        before = records.configuration().settings
        name = shown(arguments.name.strip())
        after = changed(before, name, arguments.value)
        if isinstance(after, SettingRefusal):
            return invalid(after.sentence, field="/value" if after.known else "/name")
        was = {setting.name: setting.value for setting in all_settings(before)}
        (now,) = (one for one in all_settings(after) if name in (one.name, one.name.partition(".")[2]))
        records.set_setting(now.name, now.value)
        records.audit(
            scribe.row(AuditEvent.SETTING_CHANGED, name=now.name, before=f"{was[now.name]:g}", after=f"{now.value:g}")
        )
        return _row(now)

    return await context.records.change(write)
