"""
The outbox: what is put in within one turn goes out together, in order, and waits while it is held back.
"""

from collections.abc import Callable, Sequence

from watchword.kit.outbox import Outbox


class Loop:
    """Runs what is to be done soon when it is told to."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []
        self.sent: list[list[int]] = []

    def soon(self, call: Callable[[], None]) -> None:
        self.due.append(call)

    def send(self, messages: Sequence[int]) -> None:
        self.sent.append(list(messages))

    def turn(self) -> None:
        due, self.due = self.due, []
        for call in due:
            call()


def made(*, together: int = 3) -> tuple[Loop, Outbox[int]]:
    loop = Loop()
    return loop, Outbox(soon=loop.soon, send=loop.send, together=together)


def test_what_is_said_within_a_turn_goes_out_together() -> None:
    loop, outbox = made()
    outbox.put(1)
    outbox.put(2)
    assert (len(loop.due), loop.sent) == (1, [])

    loop.turn()
    outbox.put(3)
    loop.turn()

    assert loop.sent == [[1, 2], [3]]


def test_no_more_goes_out_together_than_may() -> None:
    loop, outbox = made()
    for number in range(7):
        outbox.put(number)

    loop.turn()

    assert loop.sent == [[0, 1, 2], [3, 4, 5], [6]]


def test_nothing_goes_out_while_it_holds_back_and_everything_after() -> None:
    loop, outbox = made()
    outbox.hold(back=True)
    outbox.put(1)
    loop.turn()
    assert (loop.sent, len(outbox)) == ([], 1)

    outbox.hold(back=False)
    loop.turn()

    assert loop.sent == [[1]]


def test_it_stops_in_the_middle_where_it_has_to_hold_back() -> None:
    loop, outbox = made(together=1)

    def send(messages: Sequence[int]) -> None:
        loop.send(messages)
        outbox.hold(back=True)

    outbox = Outbox(soon=loop.soon, send=send, together=1)
    outbox.put(1)
    outbox.put(2)
    loop.turn()

    assert (loop.sent, len(outbox)) == ([[1]], 1)


def test_it_can_be_emptied_and_flushed_at_once() -> None:
    loop, outbox = made()
    outbox.put(1)
    outbox.clear()
    outbox.put(2)
    outbox.hold(back=True)
    outbox.flush()
    loop.turn()

    assert loop.sent == [[2]]
