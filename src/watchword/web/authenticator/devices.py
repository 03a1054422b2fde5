"""
Who a device is: what it was paired with, looked up for each request, so that a removed one is nobody at once.
"""

from functools import partial

from watchword.domain.methods import MethodId
from watchword.domain.prompts import FetchStatement
from watchword.kit.signatures import signed_by
from watchword.ports.records import DeviceOwner, Reader, Records
from watchword.wire.authenticator import FetchRequest


async def owner_of(records: Records, device: bytes) -> DeviceOwner | None:
    """Find whose device it is, None where it is nobody's. Raises `ports.login.StoreAway`."""
    return await records.read(partial(_look_up, device=MethodId(device)))


def _look_up(records: Reader, *, device: MethodId) -> DeviceOwner | None:
    return records.device(device)


def has_signed(owner: DeviceOwner, request: FetchRequest) -> bool:
    """Tell whether a request to be shown what waits was signed by the device that it names."""
    statement = FetchStatement(device=owner.method, issued_at=request.issued_at)
    return signed_by(owner.public_key, statement.canonical(), request.signature)
