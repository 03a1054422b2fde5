import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.listeners.sources import canonical


def place(written: str) -> tuple[str | None, str | None]:
    return canonical(written.encode())


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_has_one_form(written: str, source: str) -> None:
    assert place(written) == (source, source)


@pytest.mark.parametrize(
    "written", ["AA-BB-CC-0D-EE-FF", "aa:bb:cc:0d:ee:ff", "Aa-bB-cc-0d-eE-Ff", "aabb.cc0d.eeff", " AABB.CC0D.EEFF "]
)
def test_a_mac_address_has_one_form(written: str) -> None:
    assert place(written) == ("aa:bb:cc:0d:ee:ff", None)


@pytest.mark.parametrize(
    "written",
    [
        "+49 170 1234567",
        "491701234567",
        "aabbccddeeff",
        "aa-bb:cc-dd:ee-ff",
        "aa:bb:cc:dd:ee",
        "aa:bb:cc:dd:ee:ff:00",
        "198.51.100.7:443",
        "198.51.100.07",
        "Home Office",
    ],
)
def test_other_text_stands_as_it_is(written: str) -> None:
    assert place(written) == (written, None)
    assert place(f"  {written}\u00a0") == (written, None)


@pytest.mark.parametrize("written", [b"", b"   ", b"198.51.100.7\x00", b"\xff"])
def test_nothing_and_what_is_no_text_is_no_source(written: bytes) -> None:
    assert canonical(written) == (None, None)


@given(st.text(max_size=60))
def test_a_canonical_form_is_its_own(written: str) -> None:
    source, address = place(written)
    if source is not None:
        assert place(source) == (source, address)
