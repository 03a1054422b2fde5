"""
What is known of the systems that ask, for whoever adds one, with what to write into its configuration.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal
from watchword.domain.presets import PRESETS


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPresets:
    """All of them, with the address and port of this server where they are known."""

    server: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRow:
    """
    A kind of system that asks, as `domain.presets` knows it.

    Attributes:
        deadline: seconds proposed for the application.
        waits: seconds that the system should wait for an answer to one packet; `tries`: how often it should send it.
        configuration: the lines to write there; <SECRET>, and what was not said here, stand for what belongs there.
    """

    id: str
    name: str
    deadline: int
    waits: int
    tries: int
    usual: str
    challenge: bool
    message_authenticator: bool
    source: str | None
    passwords: str
    advice: tuple[str, ...]
    configuration: tuple[str, ...]


async def listed(_context: Administration, _actor: Actor, arguments: ApplicationPresets) -> list[PresetRow] | Refusal:
    """List what is known of the systems that ask."""
    server = "<SERVER>" if arguments.server is None else _plain(arguments.server)
    port = "<PORT>" if arguments.port is None else str(arguments.port)
    return [
        PresetRow(
            id=preset.id,
            name=preset.name,
            deadline=preset.deadline,
            waits=preset.waits,
            tries=preset.tries,
            usual=preset.usual,
            challenge=preset.challenge,
            message_authenticator=preset.message_authenticator,
            source=preset.source,
            passwords=preset.passwords,
            advice=preset.advice,
            configuration=tuple(preset.configuration.replace("<SERVER>", server).replace("<PORT>", port).splitlines()),
        )
        for preset in PRESETS
    ]


def _plain(server: str) -> str:
    """Return an address or host name, and nothing that could be more than that where it is pasted."""
    return "".join(one for one in server if one.isascii() and (one.isalnum() or one in ".:-"))
