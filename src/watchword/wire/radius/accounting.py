"""
What an Accounting-Request tells: a view of a verified packet for the listener (RFC 2866).
"""

from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.packet import Packet


class AcctStatusType(IntEnum):
    """What happened to a session or to the client (RFC 2866 section 5.1)."""

    START = 1
    STOP = 2
    INTERIM_UPDATE = 3
    ACCOUNTING_ON = 7
    ACCOUNTING_OFF = 8


_STATUS_TYPES: Final = {status.value: status for status in AcctStatusType}


class AccountingRequest(NamedTuple):
    """
    An Accounting-Request that has been verified. Nothing in it is required: it is acknowledged whatever it holds.

    Attributes:
        packet: Where it is read from, and what the answer is made for.
    """

    packet: Packet

    @property
    def status(self) -> AcctStatusType | None:
        """Acct-Status-Type; None for one that is unknown or missing."""
        number = self.packet.integer(AttributeType.ACCT_STATUS_TYPE)
        return None if number is None else _STATUS_TYPES.get(number)

    @property
    def user_name(self) -> str | None:
        """User-Name, by the rules of `AccessRequest.user_name`; None also where the whole client is spoken of."""
        return self.packet.name(AttributeType.USER_NAME)

    @property
    def session_id(self) -> str | None:
        """Acct-Session-Id: what the client calls the session."""
        return self.packet.name(AttributeType.ACCT_SESSION_ID)

    @property
    def session_seconds(self) -> int | None:
        """Acct-Session-Time: how long the session has lasted."""
        return self.packet.integer(AttributeType.ACCT_SESSION_TIME)

    @property
    def terminate_cause(self) -> int | None:
        """Acct-Terminate-Cause, by its number (RFC 2866 section 5.10)."""
        return self.packet.integer(AttributeType.ACCT_TERMINATE_CAUSE)

    @property
    def calling_station_id(self) -> str | None:
        """Calling-Station-Id: where the user calls from."""
        return self.packet.name(AttributeType.CALLING_STATION_ID)

    @property
    def framed_address(self) -> IPv4Address | IPv6Address | None:
        """Framed-IP-Address or Framed-IPv6-Address: which address the user has been given."""
        address = self.packet.address(AttributeType.FRAMED_IP_ADDRESS)
        return address or self.packet.address(AttributeType.FRAMED_IPV6_ADDRESS)
