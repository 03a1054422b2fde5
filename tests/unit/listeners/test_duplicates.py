import pytest

from watchword.listeners.duplicates import Duplicates, Room, Seen

KEY = ("socket", ("192.0.2.10", 40_000), 7)


def octets(number: int, *, same: int = 0) -> bytes:
    """Return what stands for a packet: header, authenticator by `number`, and a body by `same`."""
    return bytes(4) + bytes([number]) * 16 + bytes([same])


def test_the_first_time_is_new_and_again_is_waiting() -> None:
    duplicates = Duplicates(Room())
    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.NEW
    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.WAITING
    # However long it takes: a phone rings for minutes (R25).
    for _ in range(30):
        duplicates.turn()
    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.WAITING


def test_after_the_answer_the_same_octets_come_again() -> None:
    duplicates = Duplicates(Room())
    packet = octets(1)
    duplicates.admit(KEY, packet, continues=False)
    assert duplicates.answered(KEY, packet, b"answer")

    assert duplicates.admit(KEY, octets(1), continues=False) == b"answer"


def test_an_answer_outlives_one_generation_and_not_two() -> None:
    duplicates = Duplicates(Room())
    packet = octets(1)
    duplicates.admit(KEY, packet, continues=False)
    duplicates.turn()
    duplicates.answered(KEY, packet, b"answer")

    duplicates.turn()
    assert duplicates.admit(KEY, octets(1), continues=False) == b"answer"
    duplicates.turn()
    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.NEW


@pytest.mark.parametrize("key", [("other", *KEY[1:]), (KEY[0], ("192.0.2.10", 40_001), 7), (*KEY[:2], 8)])
def test_another_socket_port_or_identifier_is_another_request(key: tuple[object, ...]) -> None:
    duplicates = Duplicates(Room())
    duplicates.admit(KEY, octets(1), continues=False)
    assert duplicates.admit(key, octets(1), continues=False) is Seen.NEW


def test_another_authenticator_is_a_new_request_and_takes_the_place() -> None:
    duplicates = Duplicates(Room())
    old, new = octets(1), octets(2)
    duplicates.admit(KEY, old, continues=False)
    assert duplicates.admit(KEY, new, continues=False) is Seen.NEW
    assert duplicates.admit(KEY, octets(2), continues=False) is Seen.WAITING

    # The old one's answer may leave, since it fits no other request, but it is not what the new one gets.
    assert duplicates.answered(KEY, old, b"old")
    assert duplicates.admit(KEY, octets(2), continues=False) is Seen.WAITING
    assert duplicates.answered(KEY, new, b"new")
    assert duplicates.admit(KEY, octets(2), continues=False) == b"new"


def test_another_authenticator_purges_an_answer() -> None:
    room = Room()
    duplicates = Duplicates(room)
    old, new = octets(1), octets(2)
    duplicates.admit(KEY, old, continues=False)
    duplicates.answered(KEY, old, b"old")
    assert duplicates.admit(KEY, new, continues=False) is Seen.NEW
    duplicates.forget(KEY, new)

    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.NEW
    assert room.kept == 0


def test_an_answer_is_purged_also_where_there_is_no_room_for_the_new_one() -> None:
    room = Room(most_kept=1)
    duplicates = Duplicates(room)
    old, new = octets(1), octets(2)
    duplicates.admit(KEY, old, continues=False)
    duplicates.answered(KEY, old, b"old")
    duplicates.admit(KEY, new, continues=False)
    duplicates.answered(KEY, new, b"new")

    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.NEW
    assert room.kept == 0


def test_an_answer_that_takes_the_place_of_another_counts_once() -> None:
    room = Room()
    duplicates = Duplicates(room)
    for number in range(3):
        packet = octets(number)
        duplicates.admit(KEY, packet, continues=False)
        duplicates.answered(KEY, packet, b"answer")

    assert room.kept == 1


def test_the_same_authenticator_with_other_content_is_never_taken_for_the_same() -> None:
    duplicates = Duplicates(Room())
    first, second = octets(1, same=1), octets(1, same=2)
    duplicates.admit(KEY, first, continues=False)
    assert duplicates.admit(KEY, second, continues=False) is Seen.NEW

    # The client could take the first one's answer for the second's: both have the same authenticator.
    assert not duplicates.answered(KEY, first, b"accept")
    assert duplicates.answered(KEY, second, b"reject")
    assert duplicates.admit(KEY, octets(1, same=2), continues=False) == b"reject"
    assert duplicates.admit(KEY, octets(1, same=1), continues=False) is Seen.NEW


@pytest.mark.parametrize(("number", "sent"), [(1, False), (2, True)])
def test_an_answer_that_comes_after_its_successors_is_not_taken_for_that(number: int, sent: bool) -> None:  # noqa: FBT001 - a parameter
    duplicates = Duplicates(Room())
    first, second = octets(1, same=1), octets(number, same=2)
    duplicates.admit(KEY, first, continues=False)
    duplicates.admit(KEY, second, continues=False)
    assert duplicates.answered(KEY, second, b"reject")

    assert duplicates.answered(KEY, first, b"accept") is sent
    assert duplicates.admit(KEY, second, continues=False) == b"reject"


def test_what_was_forgotten_is_new() -> None:
    room = Room()
    duplicates = Duplicates(room)
    packet = octets(1)
    duplicates.admit(KEY, packet, continues=False)
    duplicates.forget(KEY, packet)

    assert room.waiting == 0
    assert duplicates.admit(KEY, octets(1), continues=False) is Seen.NEW


def test_forgetting_what_lost_its_place_leaves_the_new_one_there() -> None:
    duplicates = Duplicates(Room())
    old, new = octets(1), octets(2)
    duplicates.admit(KEY, old, continues=False)
    duplicates.admit(KEY, new, continues=False)
    duplicates.forget(KEY, old)

    assert duplicates.admit(KEY, octets(2), continues=False) is Seen.WAITING


def test_a_client_has_so_much_room_and_continued_logins_come_first() -> None:
    duplicates = Duplicates(Room(waiting_of_client=20))
    for number in range(18):
        assert duplicates.admit(number, octets(number), continues=False) is Seen.NEW
    assert duplicates.admit(18, octets(18), continues=False) is Seen.FULL
    assert duplicates.admit(18, octets(18), continues=True) is Seen.NEW
    assert duplicates.admit(19, octets(19), continues=True) is Seen.NEW
    assert duplicates.admit(20, octets(20), continues=True) is Seen.FULL


def test_what_took_the_place_of_another_counts_beside_it() -> None:
    duplicates = Duplicates(Room(waiting_of_client=20))
    for number in range(18):
        assert duplicates.admit(KEY, octets(number), continues=False) is Seen.NEW
    assert duplicates.admit(KEY, octets(18), continues=False) is Seen.FULL


def test_all_clients_together_have_so_much_room() -> None:
    room = Room(most_waiting=20, waiting_of_client=15)
    first, second = Duplicates(room), Duplicates(room)
    for number in range(13):
        assert first.admit(number, octets(number), continues=False) is Seen.NEW
    for number in range(5):
        assert second.admit(number, octets(number), continues=False) is Seen.NEW
    assert second.admit(5, octets(5), continues=False) is Seen.FULL
    assert second.admit(5, octets(5), continues=True) is Seen.NEW

    packet = octets(14)
    assert first.admit(14, packet, continues=True) is Seen.NEW
    assert second.admit(6, octets(6), continues=True) is Seen.FULL
    first.answered(14, packet, b"answer")
    assert second.admit(6, octets(6), continues=True) is Seen.NEW


def answer(duplicates: Duplicates, key: int) -> None:
    packet = octets(1)
    assert duplicates.admit(key, packet, continues=False) is Seen.NEW
    duplicates.answered(key, packet, b"answer")


def kept(duplicates: Duplicates, key: int) -> bool:
    packet = octets(1)
    seen = duplicates.admit(key, packet, continues=False)
    if seen is Seen.NEW:
        duplicates.forget(key, packet)
    return seen == b"answer"


def test_a_client_that_needs_more_gives_up_its_own_oldest_answers() -> None:
    room = Room(kept_of_client=10)
    flooding, quiet = Duplicates(room), Duplicates(room)
    answer(quiet, 0)
    for key in range(100):
        answer(flooding, key)

    assert kept(quiet, 0)
    assert all(kept(flooding, key) for key in range(90, 100))
    assert not any(kept(flooding, key) for key in range(80))
    assert room.kept <= 21


def test_what_is_kept_is_bounded_in_total() -> None:
    room = Room(most_kept=50)
    tables = [Duplicates(room) for _ in range(10)]
    for table in tables:
        for key in range(20):
            answer(table, key)
    assert room.kept <= 50


def test_what_is_forgotten_frees_its_room() -> None:
    room = Room()
    duplicates = Duplicates(room)
    answer(duplicates, 1)
    duplicates.turn()
    assert room.kept == 1

    duplicates.turn()
    assert room.kept == 0


def test_what_was_retired_keeps_nothing_and_frees_its_room() -> None:
    room = Room()
    duplicates = Duplicates(room)
    answer(duplicates, 1)
    packet = octets(2)
    duplicates.admit(2, packet, continues=False)
    duplicates.retire()
    assert room.kept == 0

    assert duplicates.answered(2, packet, b"answer")
    assert (room.kept, room.waiting) == (0, 0)
    assert not kept(duplicates, 1)
    assert not kept(duplicates, 2)
