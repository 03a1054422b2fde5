"""
Controls (RFC 4511 section 4.1.11) and the one that lists in pages (RFC 2696).

Rules of this file: a control's value is opaque here but for paged results, whose cookie is opaque in its turn and
belongs to the connection that it came from (rule L15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from watchword.wire.ldap import ber

PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
"""controlType of RFC 2696 section 2."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control of a request or a response."""

    oid: str
    critical: bool = False
    value: bytes | None = None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    A paged results control's value.

    Attributes:
        size: In a request the entries wanted, in a response the server's estimate of all of them (0: it does not know).
        cookie: Empty in the first request and in the last response.
    """

    size: int
    cookie: bytes = b""


def page_control(page: Page, *, critical: bool = True) -> Control:
    """
    Make the control that asks for, or answers with, a page.

    Raises:
        LdapError: The size is negative or above 2^31-1.
    """
    value = ber.integer(page.size, "realSearchControlValue.size") + ber.octets(page.cookie)
    return Control(oid=PAGED_RESULTS, critical=critical, value=ber.element(ber.SEQUENCE, value))


def read_page(controls: tuple[Control, ...]) -> Page | None:
    """
    Read the page out of a message's controls; None where there is none.

    Raises:
        LdapError: The control has no value, or a malformed one.
    """
    for control in controls:
        if control.oid == PAGED_RESULTS:
            reader = ber.Reader(control.value or b"").enter(ber.SEQUENCE, "realSearchControlValue")
            size = reader.integer("realSearchControlValue.size")
            cookie = reader.octets("realSearchControlValue.cookie")
            reader.ignore_trailing("realSearchControlValue")
            return Page(size=size, cookie=cookie)
    return None


def read_controls(reader: ber.Reader) -> tuple[Control, ...]:
    """
    Read the contents of a message's `controls`.

    Raises:
        LdapError: One is malformed.
    """
    controls: list[Control] = []
    while not reader.at_end:
        inner = reader.enter(ber.SEQUENCE, "Control")
        oid = inner.text("Control.controlType")
        critical = inner.peek() == ber.BOOLEAN and inner.boolean("Control.criticality")
        value = inner.octets("Control.controlValue") if inner.peek() == ber.OCTET_STRING else None
        inner.ignore_trailing("Control")
        controls.append(Control(oid=oid, critical=critical, value=value))
    return tuple(controls)


def write_controls(controls: tuple[Control, ...]) -> bytes:
    """
    Write the contents of a message's `controls`.

    Raises:
        LdapError: An OID has a surrogate.
    """
    return b"".join(
        ber.element(
            ber.SEQUENCE,
            ber.text(control.oid, "Control.controlType")
            + (ber.boolean(value=True) if control.critical else b"")
            + (b"" if control.value is None else ber.octets(control.value)),
        )
        for control in controls
    )
