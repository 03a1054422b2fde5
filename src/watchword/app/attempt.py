"""
One login as a listener hands it over: everything that the packet said, the password still in it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from watchword.domain.applications import Application
from watchword.domain.secrets import Secret
from watchword.domain.verification import Credential


class LoginAttempt(NamedTuple):
    """
    What was asked.

    Attributes:
        client: address of the system that asks.
        user_name: as typed, already text.
        typed: the octets of the password field.
        source: where the user is, as the application says (Calling-Station-Id), None where it does not.
        address: `source` where it is an IP address, in canonical form.
        state: the State that came back, None for a new login.
        received_at: UTC microseconds.
        deadline: monotonic nanosecond by which the application must be answered.
    """

    application: Application
    client: str
    user_name: str
    typed: Secret
    credential: Credential
    source: str | None
    address: str | None
    state: bytes | None
    received_at: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingRecord:
    """What a client says of a session: `status` is start, interim or stop; `detail` what else is worth showing."""

    application: Application
    client: str
    user_name: str
    status: str
    session: str
    source: str | None
    detail: str
    received_at: int
