"""
How the web waits for a device's prompts without knowing what rings devices.
"""

from contextlib import AbstractContextManager
from typing import Protocol, Self

from watchword.domain.methods import MethodId


class Poll(AbstractContextManager["Poll"], Protocol):
    """One request of a device, which listens until the block ends that this was entered with."""

    def __enter__(self) -> Self:
        """Listen since `listen` returned this."""

    async def wait(self, seconds: float) -> bool:
        """Wait until something has changed for the device; False where nothing has in `seconds`."""


class Polls(Protocol):
    """Devices that listen."""

    def listen(self, device: MethodId) -> Poll | None:
        """Let a device listen from now on, also while it looks what waits; None where too many do."""
