from collections.abc import Sequence

import pytest

from tests.unit.wire.radius.forging import (
    NULS,
    OTHER,
    SHARED,
    UNSIGNED,
    USER_NAME,
    accounting,
    digest,
    packet,
    reason_of,
    reply,
    request,
    sign,
)
from watchword.wire.radius import authenticators
from watchword.wire.radius.authenticators import SIGNATURE_SIZE, signed, verify_reply, verify_request
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code, decode
from watchword.wire.radius.shared_secret import SharedSecret

PROXY_STATE = (33, b"proxy")
EAP_MESSAGE = (79, b"\x02\xd2\x00\x0a\x01alice")
ASKED = request(USER_NAME)


def verified(
    octets: bytes, secrets: Sequence[SharedSecret] = (SHARED,), *, require: bool = True, limit: bool = True
) -> SharedSecret:
    return verify_request(decode(octets), secrets, require_message_authenticator=require, limit_proxy_state=limit)


def refusal(
    octets: bytes, secrets: Sequence[SharedSecret] = (SHARED,), *, require: bool = True, limit: bool = True
) -> Reason:
    with pytest.raises(RadiusError) as raised:
        verified(octets, secrets, require=require, limit=limit)
    assert raised.value.reason.is_silent
    return reason_of(raised.value)


def reply_refusal(octets: bytes, asked: bytes = ASKED, *, require: bool = True) -> Reason:
    with pytest.raises(RadiusError) as raised:
        verify_reply(decode(octets), decode(asked), SHARED, require_message_authenticator=require)
    assert raised.value.reason.is_silent
    return reason_of(raised.value)


def flipped(octets: bytes, position: int) -> bytes:
    return octets[:position] + bytes([octets[position] ^ 1]) + octets[position + 1 :]


class TestAccessRequest:
    @pytest.mark.parametrize("position", range(4))
    def test_a_signed_one_is_let_through_wherever_the_signature_is(self, position: int) -> None:
        attributes = [USER_NAME, PROXY_STATE, EAP_MESSAGE]
        attributes.insert(position, UNSIGNED)

        assert verified(request(*attributes)) is SHARED

    @pytest.mark.parametrize("require", [True, False])
    def test_one_signed_with_another_secret_is_dropped(self, *, require: bool) -> None:
        octets = sign(packet(1, UNSIGNED, USER_NAME), secret=b"another")

        assert refusal(octets, require=require) is Reason.WRONG_MESSAGE_AUTHENTICATOR

    def test_one_that_was_changed_anywhere_is_dropped(self) -> None:
        octets = request(USER_NAME, (250, b"xy"))
        # Code, Length and the attributes' own lengths are left alone: those break the framing before.
        changeable = [1, *range(4, 20), *range(22, 38), 38, *range(40, 45), 45, 47, 48]

        assert {refusal(flipped(octets, position)) for position in changeable} == {Reason.WRONG_MESSAGE_AUTHENTICATOR}

    def test_an_unsigned_one_is_dropped_by_default(self) -> None:
        with pytest.raises(RadiusError) as raised:
            verify_request(decode(packet(1, USER_NAME)), [SHARED])
        assert reason_of(raised.value) is Reason.NO_MESSAGE_AUTHENTICATOR

    def test_the_missing_signature_is_what_is_said_of_an_unsigned_one_whatever_it_holds(self) -> None:
        assert refusal(packet(1, USER_NAME, PROXY_STATE, EAP_MESSAGE)) is Reason.NO_MESSAGE_AUTHENTICATOR

    def test_an_unsigned_one_is_let_through_where_none_is_required(self) -> None:
        assert verified(packet(1, USER_NAME), require=False) is SHARED

    def test_an_unsigned_one_with_proxy_state_is_dropped_by_default(self) -> None:
        octets = packet(1, USER_NAME, PROXY_STATE)

        with pytest.raises(RadiusError) as raised:
            verify_request(decode(octets), [SHARED], require_message_authenticator=False)
        assert reason_of(raised.value) is Reason.UNSIGNED_PROXY_STATE

    @pytest.mark.parametrize("times", [1, 2])
    def test_an_unsigned_one_with_proxy_state_is_let_through_of_a_proxy_only(self, times: int) -> None:
        octets = packet(1, USER_NAME, *[PROXY_STATE] * times)

        assert refusal(octets, require=False) is Reason.UNSIGNED_PROXY_STATE
        assert verified(octets, require=False, limit=False) is SHARED

    def test_a_signed_one_with_proxy_state_is_let_through(self) -> None:
        assert verified(request(USER_NAME, PROXY_STATE)) is SHARED
        assert verified(request(USER_NAME, PROXY_STATE), require=False) is SHARED

    @pytest.mark.parametrize("limit", [True, False])
    @pytest.mark.parametrize("times", [1, 2])
    def test_unsigned_eap_is_always_dropped(self, times: int, *, limit: bool) -> None:
        octets = packet(1, USER_NAME, *[EAP_MESSAGE] * times)

        assert refusal(octets, require=False, limit=limit) is Reason.UNSIGNED_EAP


class TestStatusServer:
    def test_a_signed_one_is_let_through(self) -> None:
        assert verified(request(code=12)) is SHARED

    @pytest.mark.parametrize("require", [True, False])
    def test_an_unsigned_one_is_always_dropped(self, *, require: bool) -> None:
        assert refusal(packet(12), require=require, limit=False) is Reason.NO_MESSAGE_AUTHENTICATOR

    def test_one_signed_with_another_secret_is_dropped(self) -> None:
        assert refusal(sign(packet(12, UNSIGNED), secret=b"another")) is Reason.WRONG_MESSAGE_AUTHENTICATOR


class TestAccountingRequest:
    @pytest.mark.parametrize("require", [True, False])
    def test_its_authenticator_is_enough(self, *, require: bool) -> None:
        assert verified(accounting(USER_NAME, PROXY_STATE), require=require) is SHARED

    def test_one_made_with_another_secret_is_dropped(self) -> None:
        assert refusal(accounting(USER_NAME, secret=b"another"), require=False) is Reason.WRONG_AUTHENTICATOR

    def test_one_with_an_authenticator_that_was_not_computed_is_dropped(self) -> None:
        assert refusal(packet(4, USER_NAME)) is Reason.WRONG_AUTHENTICATOR

    def test_one_that_was_changed_anywhere_is_dropped(self) -> None:
        octets = accounting(USER_NAME)
        changeable = [1, *range(4, 20), 20, *range(22, 27)]

        assert {refusal(flipped(octets, position)) for position in changeable} == {Reason.WRONG_AUTHENTICATOR}

    def test_a_message_authenticator_in_it_must_fit_too(self) -> None:
        wrong = digest(packet(4, USER_NAME, UNSIGNED, authenticator=NULS), NULS)

        assert verified(accounting(USER_NAME, UNSIGNED)) is SHARED
        assert refusal(wrong) is Reason.WRONG_AUTHENTICATOR


class TestTwoSecrets:
    @pytest.mark.parametrize("secrets", [(SHARED, OTHER), (OTHER, SHARED)])
    @pytest.mark.parametrize("octets", [request(USER_NAME), request(code=12), accounting(USER_NAME)])
    def test_the_one_that_fits_is_found(self, octets: bytes, secrets: Sequence[SharedSecret]) -> None:
        assert verified(octets, secrets) is SHARED

    def test_none_that_fits_drops_the_request(self) -> None:
        assert refusal(request(USER_NAME), (OTHER, OTHER)) is Reason.WRONG_MESSAGE_AUTHENTICATOR
        assert refusal(accounting(USER_NAME), (OTHER, OTHER)) is Reason.WRONG_AUTHENTICATOR

    def test_an_unsigned_request_is_taken_for_the_first(self) -> None:
        assert verified(packet(1, USER_NAME), (OTHER, SHARED), require=False) is OTHER


@pytest.mark.parametrize(
    "code", [Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE, Code.ACCOUNTING_RESPONSE]
)
def test_a_reply_is_no_request(code: Code) -> None:
    for octets in (packet(code), sign(packet(code, UNSIGNED)), digest(packet(code), NULS)):
        assert refusal(octets, require=False) is Reason.UNSUPPORTED_CODE


class TestReply:
    @pytest.mark.parametrize("code", [2, 3, 11])
    @pytest.mark.parametrize("attributes", [(UNSIGNED, (18, b"hello")), ((18, b"hello"), UNSIGNED)])
    def test_a_signed_one_is_let_through_wherever_the_signature_is(
        self, code: int, attributes: tuple[tuple[int, bytes], ...]
    ) -> None:
        verify_reply(decode(reply(code, ASKED, *attributes)), decode(ASKED), SHARED)

    def test_an_unsigned_one_is_dropped_unless_none_is_required(self) -> None:
        octets = reply(2, ASKED)

        with pytest.raises(RadiusError) as raised:
            verify_reply(decode(octets), decode(ASKED), SHARED)
        assert reason_of(raised.value) is Reason.NO_MESSAGE_AUTHENTICATOR
        verify_reply(decode(octets), decode(ASKED), SHARED, require_message_authenticator=False)

    @pytest.mark.parametrize("require", [True, False])
    def test_one_made_with_another_secret_is_dropped(self, *, require: bool) -> None:
        octets = reply(2, ASKED, UNSIGNED, secret=b"another")

        assert reply_refusal(octets, require=require) is Reason.WRONG_MESSAGE_AUTHENTICATOR
        assert reply_refusal(reply(2, ASKED, secret=b"another"), require=False) is Reason.WRONG_AUTHENTICATOR

    def test_a_right_response_authenticator_does_not_make_up_for_a_wrong_signature(self) -> None:
        """A chosen-prefix collision forges the one (CVE-2024-3596) and never the other."""
        forged = digest(packet(2, UNSIGNED, identifier=ASKED[1]), ASKED[4:20])

        assert reply_refusal(forged, require=False) is Reason.WRONG_MESSAGE_AUTHENTICATOR

    def test_a_right_signature_does_not_make_up_for_a_wrong_response_authenticator(self) -> None:
        octets = sign(packet(2, UNSIGNED, identifier=ASKED[1]), authenticator=ASKED[4:20])

        assert reply_refusal(octets) is Reason.WRONG_AUTHENTICATOR

    def test_the_answer_to_another_request_is_dropped(self) -> None:
        other = sign(packet(1, UNSIGNED, authenticator=NULS))

        assert reply_refusal(reply(2, other, UNSIGNED)) is Reason.WRONG_MESSAGE_AUTHENTICATOR
        assert reply_refusal(reply(2, request(identifier=8), UNSIGNED)) is Reason.UNEXPECTED_REPLY

    @pytest.mark.parametrize(
        ("asked", "fitting"),
        [(ASKED, {2, 3, 11}), (accounting(USER_NAME), {5}), (request(code=12), {2, 5})],
        ids=["access", "accounting", "status"],
    )
    def test_only_the_codes_that_answer_the_request_are_let_through(self, asked: bytes, fitting: set[int]) -> None:
        for code in Code:
            octets = reply(code, asked, UNSIGNED)
            if code in fitting:
                verify_reply(decode(octets), decode(asked), SHARED)
            else:
                assert reply_refusal(octets, asked) is Reason.UNEXPECTED_REPLY

    def test_the_answer_to_accounting_needs_its_authenticator_alone(self) -> None:
        asked = accounting(USER_NAME)

        verify_reply(decode(reply(5, asked)), decode(asked), SHARED)
        assert reply_refusal(reply(5, asked, secret=b"another"), asked) is Reason.WRONG_AUTHENTICATOR

    def test_one_that_was_changed_anywhere_is_dropped(self) -> None:
        octets = reply(3, ASKED, UNSIGNED, (18, b"no"))
        changeable = [*range(4, 20), *range(22, 38), 38, 40, 41]

        for position in changeable:
            assert reply_refusal(flipped(octets, position)) in {
                Reason.WRONG_MESSAGE_AUTHENTICATOR,
                Reason.WRONG_AUTHENTICATOR,
            }

    def test_a_reject_never_turns_into_an_accept(self) -> None:
        octets = reply(3, ASKED, UNSIGNED)

        assert reply_refusal(b"\x02" + octets[1:]) is Reason.WRONG_MESSAGE_AUTHENTICATOR


def test_attributes_are_signed_in_front() -> None:
    unsigned = packet(1, UNSIGNED, USER_NAME)

    assert unsigned[:20] + signed(unsigned[:20], unsigned[38:], SHARED) == sign(unsigned)
    assert SIGNATURE_SIZE == 18


def test_every_comparison_takes_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the comparisons to one function, so that taking it away takes every one away."""
    compared = []

    def never(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return False

    monkeypatch.setattr(authenticators, "compare_digest", never)
    assert refusal(request(USER_NAME)) is Reason.WRONG_MESSAGE_AUTHENTICATOR
    assert refusal(accounting(USER_NAME)) is Reason.WRONG_AUTHENTICATOR
    assert reply_refusal(reply(2, ASKED, UNSIGNED)) is Reason.WRONG_MESSAGE_AUTHENTICATOR
    assert reply_refusal(reply(2, ASKED), require=False) is Reason.WRONG_AUTHENTICATOR
    assert [left == right for left, right in compared] == [True] * 4
