"""
Paged results (RFC 2696).
"""

import pytest

from tests.unit.wire.ldap.notation import ber
from watchword.wire.ldap.controls import PAGED_RESULTS, Control, Page, page_control, read_page
from watchword.wire.ldap.errors import LdapError, LdapReason


def test_a_page_is_a_size_and_a_cookie() -> None:
    control = page_control(Page(size=200, cookie=b"xy"))

    assert control == Control(oid=PAGED_RESULTS, critical=True, value=ber("30{ 02 02 00 c8 04{ 78 79 } }"))
    assert read_page((Control(oid="1.2.3"), control)) == Page(size=200, cookie=b"xy")


def test_a_server_answers_without_criticality() -> None:
    assert not page_control(Page(size=0), critical=False).critical


def test_no_control_is_no_page() -> None:
    assert read_page((Control(oid="1.2.3", value=b""),)) is None


def test_later_components_are_passed_over() -> None:
    control = Control(oid=PAGED_RESULTS, value=ber("30{ 02 01 01 04{ } 8f{ } }"))

    assert read_page((control,)) == Page(size=1)


@pytest.mark.parametrize(
    ("value", "reason", "where"),
    [
        (None, LdapReason.OVERRUN, "realSearchControlValue"),
        (b"", LdapReason.OVERRUN, "realSearchControlValue"),
        (ber("30{ }"), LdapReason.OVERRUN, "realSearchControlValue.size"),
        (ber("30{ 02 01 ff 04{ } }"), LdapReason.BAD_VALUE, "realSearchControlValue.size"),
        (ber("30{ 02 01 01 }"), LdapReason.OVERRUN, "realSearchControlValue.cookie"),
    ],
)
def test_a_malformed_page_is_refused(value: bytes | None, reason: LdapReason, where: str) -> None:
    with pytest.raises(LdapError) as refusal:
        read_page((Control(oid=PAGED_RESULTS, value=value),))

    assert (refusal.value.reason, refusal.value.where) == (reason, where)


def test_a_size_below_nothing_is_not_asked_for() -> None:
    with pytest.raises(LdapError) as refusal:
        page_control(Page(size=-1))

    assert refusal.value.reason is LdapReason.BAD_VALUE
