from pathlib import Path

import pytest

from watchword.config import Address, Config, ConfigurationError, load


def read(folder: Path, **given: str) -> Config:
    return load(folder, given, environment={})


def test_a_machine_that_has_both_kinds_of_address_serves_both(tmp_path: Path) -> None:
    config = read(tmp_path, radius="192.0.2.1:1812, [2001:db8::1]:1645")

    assert config.radius == (Address(host="192.0.2.1", port=1812), Address(host="2001:db8::1", port=1645))
    assert config.accounting == (Address(host="192.0.2.1", port=1813), Address(host="2001:db8::1", port=1646))


def test_accounting_has_addresses_of_its_own_or_none(tmp_path: Path) -> None:
    assert read(tmp_path, accounting="off").accounting == ()
    assert read(tmp_path, accounting="[::1]:9").accounting == (Address(host="::1", port=9),)
    assert read(tmp_path, radius="127.0.0.1:0").accounting == (Address(host="127.0.0.1", port=0),)
    assert read(tmp_path, radius="127.0.0.1:65535").accounting == (Address(host="127.0.0.1", port=0),)


def test_ports_that_the_system_chooses_may_be_many(tmp_path: Path) -> None:
    assert len(read(tmp_path, radius="127.0.0.1:0,127.0.0.1:0").radius) == 2


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("127.0.0.1:1812,127.0.0.1:1812", "radius names 127.0.0.1:1812 twice"),
        ("127.0.0.1:1812,", "radius must be HOST:PORT, such as 127.0.0.1:1812 or [::1]:1812, not ''"),
        ("::1:1812", "radius must be HOST:PORT, such as 127.0.0.1:1812 or [::1]:1812, not '::1:1812'"),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path: Path, written: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, radius=written, accounting="off")

    assert str(raised.value) == sentence
