from watchword.domain.applications import ClientId
from watchword.listeners.observations import ListenerObservations, RequestAuthenticators
from watchword.ports.live import ClientObservation, Listening, Observations

CLIENT, OTHER = ClientId(b"the-vpns-client!"), ClientId(b"another-client!!")


def test_there_is_a_record_for_each_client_and_one_for_nobodies() -> None:
    observations = ListenerObservations()
    seen: Observations = observations
    assert seen.clients() == ()

    record = observations.of(CLIENT)
    record.address, record.at, record.newer_secret = "192.0.2.10", 1_700, True
    record.retries += 2
    record.without_authenticator += 1
    record.bad_authenticator += 3
    record.unsigned_proxy_state += 4
    record.repeated_authenticators += 5
    observations.nobody.address = "203.0.113.9"
    observations.nobody.dropped += 6

    assert observations.of(CLIENT) is record
    assert seen.clients() == (
        ClientObservation(client=None, address="203.0.113.9", dropped=6),
        ClientObservation(
            client=CLIENT,
            address="192.0.2.10",
            at=1_700,
            newer_secret=True,
            without_authenticator=1,
            bad_authenticator=3,
            unsigned_proxy_state=4,
            repeated_authenticators=5,
            retries=2,
        ),
    )


def test_records_of_clients_that_are_gone_are_dropped() -> None:
    observations = ListenerObservations()
    for client in (CLIENT, OTHER):
        observations.of(client).address = "192.0.2.10"
    observations.keep([OTHER])

    assert [seen.client for seen in observations.clients()] == [OTHER]


def test_sockets_are_listed_while_they_are_open() -> None:
    observations = ListenerObservations()
    radius = Listening(protocol="radius", host="127.0.0.1", port=1812)
    accounting = Listening(protocol="accounting", host="127.0.0.1", port=1813)
    observations.opened(radius)
    observations.opened(accounting)
    observations.closed(radius)

    assert observations.listening() == (accounting,)


def test_an_authenticator_that_comes_again_with_another_packet_is_seen() -> None:
    authenticators = RequestAuthenticators()
    assert not authenticators.repeats(CLIENT, b"a", b"packet")
    assert not authenticators.repeats(CLIENT, b"b", b"other")
    assert authenticators.repeats(CLIENT, b"a", b"other")


def test_the_same_packet_again_and_another_client_are_no_repetition() -> None:
    authenticators = RequestAuthenticators()
    authenticators.repeats(CLIENT, b"a", b"packet")

    assert not authenticators.repeats(CLIENT, b"a", b"packet")
    assert not authenticators.repeats(OTHER, b"a", b"other")


def test_only_the_last_authenticators_are_remembered() -> None:
    authenticators = RequestAuthenticators(most=4)
    authenticators.repeats(CLIENT, b"first", b"packet")
    for number in range(4):
        authenticators.repeats(CLIENT, bytes([number]), b"packet")
    assert authenticators.repeats(CLIENT, b"first", b"again")

    for number in range(20):
        authenticators.repeats(CLIENT, bytes([number]), b"packet")
    assert not authenticators.repeats(CLIENT, b"first", b"packet")
