"""
The pages of a replica: what goes in comes out, what is none is nobody, and everybody stands on just one page.
"""

import msgspec
import pytest

from watchword.wire.channel.replica import (
    PAGE,
    Holder,
    Lock,
    Page,
    Token,
    decode_holder,
    decode_page,
    encode_holder,
    encode_page,
    paged,
    raised,
    signed,
)

TOKEN = Token(b"m" * 16, b"s" * 20, "sha1", 6, 30, 56_666_666, -1)
HOLDER = Holder(
    user=b"u" * 16,
    username="alice@example.com",
    names=("alice", "alice@example.com"),
    epoch=3,
    standing="",
    failures=((1_700_000_000_000_000, None),),
    locked_until=0,
    directory_id=b"object",
    tokens=(TOKEN,),
)
LOCK = Lock(5, 900, 900)


def pages(count: int, gone: tuple[bytes, ...] = ()) -> tuple[Page, ...]:
    """Lay so many users out."""
    holders = [number.to_bytes(4, "big") for number in range(count)]
    return paged(holders, gone, run=b"run", previous=3, serial=4, total=count, lock=LOCK)


def test_what_goes_in_comes_out() -> None:
    assert decode_holder(encode_holder(HOLDER)) == HOLDER
    (page,) = paged([encode_holder(HOLDER)], [b"v" * 16], run=b"run", previous=0, serial=1, total=1, lock=LOCK)
    assert decode_page(encode_page(page)) == page
    assert signed(b"page") != b"page"


@pytest.mark.parametrize("octets", [b"", b"\xc1", msgspec.msgpack.encode({"run": b"x"}), b"\x93\x01\x02\x03"])
def test_what_is_none_is_none(octets: bytes) -> None:
    assert decode_page(octets) is None
    assert decode_holder(octets) is None


@pytest.mark.parametrize(
    "token",
    [
        Token(b"m", b"s", "sha1", 5, 30, 0, 0),
        Token(b"m", b"s", "sha1", 9, 30, 0, 0),
        Token(b"m", b"s", "sha1", 6, -1, 0, 0),
        Token(b"m", b"s", "sha1", 6, 30, -2, 0),
    ],
)
def test_a_token_that_cannot_be_is_nobodys(token: Token) -> None:
    assert decode_holder(encode_holder(msgspec.structs.replace(HOLDER, tokens=(token,)))) is None


@pytest.mark.parametrize(("count", "many"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2), (3 * PAGE, 3)])
def test_everybody_stands_on_just_one_page(count: int, many: int) -> None:
    made = pages(count, gone=(b"gone",))
    assert [page.page for page in made] == list(range(many))
    assert {page.pages for page in made} == {many}
    assert [holder for page in made for holder in page.holders] == [n.to_bytes(4, "big") for n in range(count)]
    assert [page.gone for page in made] == [()] * (many - 1) + [(b"gone",)]


def test_no_token_goes_back() -> None:
    assert raised(HOLDER, {b"m" * 16: 7}) == HOLDER
    assert raised(HOLDER, {b"other": 1 << 40}) == HOLDER
    (token,) = raised(HOLDER, {b"m" * 16: 56_666_667}).tokens
    assert token.spent == 56_666_667
