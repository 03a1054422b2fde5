"""
The client of a RADIUS server behind us, against a server played by the test with the codec's own answers.
"""

import pytest

from tests.unit.upstream.primary.doubles import ADDRESS, Answers, FakeDatagrams, FakeNetwork, World, attempt
from watchword.domain.applications import DirectoryId
from watchword.domain.directories import RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryVerdict
from watchword.kit.randomness import SeededRandomness
from watchword.upstream.primary.exchanges import IDENTIFIERS, MOST_SOCKETS
from watchword.upstream.primary.radius import LONGEST_DETAIL, NAS_IDENTIFIER, RadiusServer
from watchword.wire.radius.access import read_access_request
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.authenticators import verify_request
from watchword.wire.radius.packet import Code, Packet, decode
from watchword.wire.radius.replies import accept, challenge, reject
from watchword.wire.radius.shared_secret import SharedSecret

SECRET = b"long enough to be a secret"
SHARED = SharedSecret(SECRET)
CLASS = (AttributeType.CLASS.value, b"\x00\x01\xfe")
FILTER = (AttributeType.FILTER_ID.value, b"staff")


class Behind:
    """A client and the network that it lives in."""

    def __init__(self, *, timeout: float = 3.0, tries: int = 2, host: str = "192.0.2.1") -> None:
        self.world = World()
        self.network = FakeNetwork()
        self.client = RadiusServer(
            RadiusDirectory(
                id=DirectoryId(b"d" * 16),
                name="behind",
                host=host,
                port=1812,
                secret=Secret(SECRET),
                timeout=timeout,
                tries=tries,
            ),
            open_datagrams=self.network.open,
            resolve=self.network.resolve,
            clock=self.world.clock,
            timers=self.world.timers,
            randomness=SeededRandomness(1),
        )

    def check(self, *, name: str = "alice", password: str = "correct horse", seconds: float = 50) -> Answers:
        answers = Answers()
        self.client.check(attempt(self.world, name=name, password=password, seconds=seconds), answers)
        return answers

    @property
    def socket(self) -> FakeDatagrams:
        return self.network.opened[-1]

    def asked(self, number: int = -1) -> Packet:
        return decode(self.socket.sent[number])


@pytest.fixture
def behind() -> Behind:
    return Behind()


def test_a_request_says_who_asks_and_is_signed_first_of_all(behind: Behind) -> None:
    behind.check(name="Zoë", password="pässwörd")
    packet = behind.asked()

    assert packet.code is Code.ACCESS_REQUEST
    assert packet.attributes[0][0] == AttributeType.MESSAGE_AUTHENTICATOR
    assert verify_request(packet, [SHARED]) is SHARED
    request = read_access_request(packet, SHARED)
    assert request.user_name == "Zoë"
    assert request.password == "pässwörd".encode()
    assert request.nas_identifier == NAS_IDENTIFIER
    assert request.calling_station_id == "203.0.113.7"


def test_no_source_is_no_calling_station_id(behind: Behind) -> None:
    behind.client.check(attempt(behind.world, source=None), Answers())

    assert read_access_request(behind.asked(), SHARED).calling_station_id is None


def test_no_two_requests_share_an_authenticator(behind: Behind) -> None:
    for _ in range(50):
        behind.check()

    assert len({decode(sent).authenticator for sent in behind.socket.sent}) == 50


def test_an_accept_brings_what_may_be_carried(behind: Behind) -> None:
    answers = behind.check()
    behind.socket.received(accept(behind.asked(), SHARED, message="Welcome", attributes=[FILTER, CLASS]))

    result = answers.only
    assert result.verdict is PrimaryVerdict.ACCEPTED
    assert result.checked_by == "behind"
    assert result.by_directory
    assert result.attributes == (FILTER, CLASS)
    assert len(behind.world.timers) == 0


def test_a_reject_is_a_rejection_with_the_servers_words(behind: Behind) -> None:
    answers = behind.check()
    behind.socket.received(reject(behind.asked(), SHARED, message="Password\r\nexpired \x1b[31m\u202e " + "x" * 500))

    result = answers.only
    assert result.verdict is PrimaryVerdict.REJECTED
    assert result.by_directory
    assert result.attributes == ()
    assert result.detail.startswith("Password  expired  [31m  xxx")
    assert len(result.detail) == LONGEST_DETAIL


def test_words_that_are_no_text_are_left_out(behind: Behind) -> None:
    answers = behind.check()
    unreadable, readable = (
        (AttributeType.REPLY_MESSAGE.value, b"\xff\xfe"),
        (AttributeType.REPLY_MESSAGE.value, b"Hello"),
    )
    answer = bytearray(accept(behind.asked(), SHARED, attributes=[unreadable, readable]))
    answer[0] = Code.ACCESS_REJECT
    behind.socket.received(signed_again(bytes(answer), behind.asked()))

    assert answers.only.verdict is PrimaryVerdict.REJECTED
    assert answers.only.detail == "Hello"


def test_a_challenge_is_a_rejection(behind: Behind) -> None:
    answers = behind.check()
    behind.socket.received(challenge(behind.asked(), SHARED, state=b"s", message="Enter the code"))

    assert answers.only.verdict is PrimaryVerdict.REJECTED
    assert answers.only.detail == "asked for a step of its own. Enter the code"


def signed_again(answer: bytes, request: Packet) -> bytes:
    """Sign an answer that was changed, as who knows the secret can: both authenticators."""
    start = answer[:4] + request.authenticator + answer[20:22]
    signature = SHARED.hmac(start + bytes(16) + answer[38:])
    return answer[:4] + SHARED.digest(start + signature + answer[38:]) + answer[20:22] + signature + answer[38:]


def unsigned(answer: bytes, request: Packet) -> bytes:
    """Take Message-Authenticator, the first attribute, out of an answer and sign the rest as RFC 2865 has it."""
    rest = answer[38:]
    head = answer[:2] + (20 + len(rest)).to_bytes(2, "big")
    return head + SHARED.digest(head + request.authenticator + rest) + rest


def forgeries(request: Packet) -> dict[str, bytes]:
    """Return answers that do not count, by what is wrong with them."""
    good = accept(request, SHARED, attributes=[CLASS])
    other = SharedSecret(b"the secret of somebody else")
    elsewhere = decode(request.octets[:4] + bytes(16) + request.octets[20:])
    return {
        "without Message-Authenticator": unsigned(good, request),
        "of another secret": accept(request, other),
        "changed on the way": good[:-1] + bytes((good[-1] ^ 1,)),
        "an accept made of a reject": bytes((2,)) + reject(request, SHARED)[1:],
        "to an older request": accept(elsewhere, SHARED),
        "cut off": good[:-1],
        "empty": b"",
        "a request": request.octets,
    }


@pytest.mark.parametrize("wrong", forgeries(decode(bytes((1, 0, 0, 20)) + bytes(16))))
def test_an_answer_that_does_not_count_is_passed_over_and_the_real_one_is_taken(behind: Behind, wrong: str) -> None:
    answers = behind.check()

    behind.socket.received(forgeries(behind.asked())[wrong])
    assert answers.given == []

    behind.socket.received(reject(behind.asked(), SHARED))
    assert answers.only.verdict is PrimaryVerdict.REJECTED


def test_where_only_unsigned_answers_come_the_operator_is_told(behind: Behind) -> None:
    answers = behind.check()
    behind.socket.received(unsigned(accept(behind.asked(), SHARED), behind.asked()))
    behind.world.advance(7)

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "an answer came that does not count: no-message-authenticator"
    assert not answers.only.by_directory


def test_a_request_is_sent_again_octet_by_octet(behind: Behind) -> None:
    answers = behind.check()
    behind.world.advance(2.9)
    assert len(behind.socket.sent) == 1

    behind.world.advance(0.3)
    first, second = behind.socket.sent
    assert first == second

    behind.socket.received(accept(decode(second), SHARED))
    assert answers.only.verdict is PrimaryVerdict.ACCEPTED


def test_a_server_that_hangs_is_away_after_its_tries(behind: Behind) -> None:
    answers = behind.check()
    behind.world.advance(5.9)
    assert answers.given == []

    behind.world.advance(0.3)
    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "no answer came"
    assert len(behind.socket.sent) == 2
    assert len(behind.world.timers) == 0


def test_the_applications_deadline_ends_a_try_early(behind: Behind) -> None:
    answers = behind.check(seconds=1)
    behind.world.advance(1.2)

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert len(behind.socket.sent) == 1


def test_a_deadline_that_has_passed_asks_nothing(behind: Behind) -> None:
    answers = behind.check(seconds=0)

    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert behind.network.opened == []


def test_a_late_answer_and_a_second_one_are_nobodys(behind: Behind) -> None:
    answers = behind.check()
    request = behind.asked()
    second = behind.check()
    behind.socket.received(reject(request, SHARED))
    behind.socket.received(accept(request, SHARED))
    assert [result.verdict for result in answers.given] == [PrimaryVerdict.REJECTED]

    late = behind.asked()
    behind.world.advance(7)
    behind.socket.received(accept(late, SHARED))
    assert second.only.verdict is PrimaryVerdict.AWAY


def test_a_hung_login_costs_no_other_its_time(behind: Behind) -> None:
    hung = behind.check()
    behind.world.advance(1)
    other = behind.check(name="bob")
    behind.socket.received(accept(behind.asked(), SHARED))

    assert other.only.verdict is PrimaryVerdict.ACCEPTED
    assert hung.given == []


def test_answers_may_come_in_any_order(behind: Behind) -> None:
    answers = [behind.check(name=f"user{number}") for number in range(IDENTIFIERS)]
    requests = [decode(sent) for sent in behind.socket.sent]
    for number in reversed(range(IDENTIFIERS)):
        make = accept if number % 2 else reject
        behind.socket.received(make(requests[number], SHARED))

    expected = [PrimaryVerdict.ACCEPTED if number % 2 else PrimaryVerdict.REJECTED for number in range(IDENTIFIERS)]
    assert [each.only.verdict for each in answers] == expected


def test_more_than_256_at_once_take_another_socket_and_there_is_an_end(behind: Behind) -> None:
    answers = [behind.check() for _ in range(MOST_SOCKETS * IDENTIFIERS)]
    assert len(behind.network.opened) == MOST_SOCKETS
    for socket in behind.network.opened:
        assert {decode(sent).identifier for sent in socket.sent} == set(range(IDENTIFIERS))

    over = behind.check()
    assert over.only.verdict is PrimaryVerdict.AWAY
    assert over.only.detail == "too many requests wait for it"
    assert all(each.given == [] for each in answers)

    behind.network.opened[3].received(accept(decode(behind.network.opened[3].sent[200]), SHARED))
    after = behind.check()
    assert after.given == []
    assert decode(behind.network.opened[3].sent[-1]).identifier == 200


def test_an_identifier_rests_before_it_is_used_again(behind: Behind) -> None:
    used = []
    for _ in range(IDENTIFIERS + 1):
        behind.check()
        used.append(behind.asked().identifier)
        behind.socket.received(reject(behind.asked(), SHARED))

    assert used == [*range(IDENTIFIERS), 0]
    assert len(behind.network.opened) == 1


def test_a_socket_that_left_a_request_unanswered_is_not_used_again(behind: Behind) -> None:
    behind.check()
    behind.world.advance(5)
    waiting = behind.check()
    behind.world.advance(1.2)
    old = behind.socket
    assert not old.closed

    behind.check()
    assert behind.socket is not old

    old.received(accept(decode(old.sent[-1]), SHARED))
    assert waiting.only.verdict is PrimaryVerdict.ACCEPTED
    assert old.closed


def test_where_nobody_listens_the_tries_are_used_up_at_once(behind: Behind) -> None:
    answers = behind.check()
    behind.socket.unreachable("Connection refused")
    assert answers.given == []
    assert len(behind.socket.sent) == 2

    behind.socket.unreachable("Connection refused")
    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "Connection refused"
    assert behind.socket.closed
    assert len(behind.world.timers) == 0


def test_a_host_of_two_addresses_is_tried_at_the_other_one_after_it_was_of_no_use() -> None:
    behind = Behind(host="radius.example.test", tries=1)
    other = (ADDRESS[0], ("192.0.2.2", 1812))
    behind.network.addresses = (ADDRESS, other)
    for _ in range(3):
        behind.check()
        behind.world.advance(3.2)

    assert [socket.address for socket in behind.network.opened] == [ADDRESS, other, ADDRESS]
    assert behind.network.asked_for == [("radius.example.test", 1812)] * 3


def test_two_that_hang_at_one_address_pass_over_no_other_one() -> None:
    behind = Behind(host="radius.example.test", tries=1)
    other = (ADDRESS[0], ("192.0.2.2", 1812))
    behind.network.addresses = (ADDRESS, other)
    behind.check()
    behind.check()
    behind.world.advance(3.2)
    behind.check()

    assert [socket.address for socket in behind.network.opened] == [ADDRESS, other]


def test_no_way_there_is_away_with_the_systems_words_and_the_next_address_is_next(behind: Behind) -> None:
    other = (ADDRESS[0], ("192.0.2.2", 1812))
    behind.network.addresses = (ADDRESS, other)
    behind.network.error = OSError(101, "Network is unreachable")
    answers = behind.check()
    assert answers.only.verdict is PrimaryVerdict.AWAY
    assert answers.only.detail == "Network is unreachable"

    behind.network.error = None
    behind.check()
    assert behind.socket.address == other


def test_a_name_without_an_address_is_away(behind: Behind) -> None:
    behind.network.addresses = ()
    assert behind.check().only.detail == "192.0.2.1 has no address"


def test_logins_wait_for_one_look_up_together(behind: Behind) -> None:
    behind.network.at_once = False
    first, second = behind.check(), behind.check(seconds=2)
    assert len(behind.network.waiting) == 1

    behind.world.advance(2.2)
    assert second.only.verdict is PrimaryVerdict.AWAY
    assert second.only.detail == "192.0.2.1 was not looked up in time"

    behind.network.waiting.pop()((ADDRESS,))
    behind.socket.received(accept(behind.asked(), SHARED))
    assert first.only.verdict is PrimaryVerdict.ACCEPTED
    assert len(behind.socket.sent) == 1


def test_logins_that_wait_for_a_look_up_are_bounded(behind: Behind) -> None:
    behind.network.at_once = False
    for _ in range(IDENTIFIERS):
        behind.check()

    assert behind.check().only.detail == "too many requests wait for it"


def test_a_look_up_that_everybody_has_given_up_opens_nothing(behind: Behind) -> None:
    behind.network.at_once = False
    behind.check(seconds=1)
    behind.world.advance(1.2)
    behind.check(seconds=1)
    assert len(behind.network.waiting) == 1
    behind.world.advance(1.2)

    behind.network.waiting.pop()((ADDRESS,))
    assert behind.network.opened == []


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("alice", "x" * 129, "bad-password-size"),
        ("a" * 254, "x", "too-large"),
        ("", "x", "bad-user-name"),
    ],
)
def test_what_fits_into_no_request_is_rejected_unasked(behind: Behind, name: str, password: str, why: str) -> None:
    answers = behind.check(name=name, password=password)

    assert answers.only.verdict is PrimaryVerdict.REJECTED
    assert answers.only.detail == f"cannot be asked: {why}"
    assert behind.socket.sent == []
    assert behind.check().given == []


def test_closing_answers_whoever_waits_and_takes_nothing_more(behind: Behind) -> None:
    placed = behind.check()
    behind.client.close()

    assert placed.only.verdict is PrimaryVerdict.AWAY
    assert placed.only.detail == "it has just been changed or removed"
    assert behind.socket.closed
    assert len(behind.world.timers) == 0
    assert behind.check().only.detail == "it has just been changed or removed"


def test_closing_while_a_name_is_looked_up_opens_nothing_afterwards(behind: Behind) -> None:
    behind.network.at_once = False
    waiting = behind.check()
    behind.client.close()
    assert waiting.only.verdict is PrimaryVerdict.AWAY

    behind.network.waiting.pop()((ADDRESS,))
    assert behind.network.opened == []


def test_a_login_started_while_another_is_answered_is_asked(behind: Behind) -> None:
    answers = Answers()
    behind.client.check(
        attempt(behind.world), lambda _: behind.client.check(attempt(behind.world, name="bob"), answers)
    )
    behind.socket.received(accept(behind.asked(), SHARED))
    behind.socket.received(accept(behind.asked(), SHARED))

    assert answers.only.verdict is PrimaryVerdict.ACCEPTED


def test_neither_password_nor_secret_is_in_what_is_told(behind: Behind) -> None:
    answers = behind.check(password="canary-password")
    behind.world.advance(7)

    told = repr((answers.only, behind.client, vars(behind.client)))
    assert "canary" not in told
    assert SECRET.decode() not in told
