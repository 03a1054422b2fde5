"""
What is known of the systems that ask, for whoever adds one, with what to write into its configuration.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from watchword.app.administration import Actor, Administration, Refusal
from watchword.domain.clients import parse_address
from watchword.domain.presets import PRESETS


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPresets:
    """
    All of them.

    Attributes:
        server: our address as they reach it, `port` that of RADIUS; None for what this process listens on, where that
            says it.
    """

    server: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRow:
    """
    A kind of system that asks, as `domain.presets` knows it.

    Attributes:
        deadline: seconds proposed for the application.
        asserted: whether it has checked the password itself.
        waits: seconds that the system should wait for an answer to one packet; `tries`: how often it should send it.
        configuration: the lines to write there; <SECRET>, and what is not known here, stand for what belongs there.
    """

    id: str
    name: str
    deadline: int
    waits: int
    tries: int
    usual: str
    challenge: bool
    message_authenticator: bool
    asserted: bool
    source: str | None
    passwords: str
    advice: tuple[str, ...]
    configuration: tuple[str, ...]


async def listed(context: Administration, _actor: Actor, arguments: ApplicationPresets) -> list[PresetRow] | Refusal:
    """List what is known of the systems that ask."""
    known_server, known_port = _own(context)
    server = known_server if arguments.server is None else _plain(arguments.server)
    port = known_port if arguments.port is None else str(arguments.port)
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
            asserted=preset.asserted,
            source=preset.source,
            passwords=preset.passwords,
            advice=preset.advice,
            configuration=tuple(preset.configuration.replace("<SERVER>", server).replace("<PORT>", port).splitlines()),
        )
        for preset in PRESETS
    ]


def _own(context: Administration) -> tuple[str, str]:
    """Return address and port on which this process serves RADIUS, a place in angle brackets where it is not known."""
    listening = () if context.observations is None else context.observations.listening()
    socket = next((socket for socket in listening if socket.protocol == "radius"), None)
    if socket is None:
        return "<SERVER>", "<PORT>"
    address = parse_address(socket.host)
    if address is None or not address.is_unspecified:
        return _plain(socket.host), str(socket.port)
    host = urlsplit(context.portal_url).hostname or ""
    near = parse_address(host)
    inside = host == "localhost" or (near is not None and near.is_loopback)
    return "<SERVER>" if inside or not host else _plain(host), str(socket.port)


def _plain(server: str) -> str:
    """Return an address or host name, and nothing that could be more than that where it is pasted."""
    return "".join(one for one in server if one.isascii() and (one.isalnum() or one in ".:-"))
