import hashlib
import hmac
import importlib.util
import pickle
import sys
from collections.abc import Callable

import pytest

from tests.unit.wire.radius.forging import AUTHENTICATOR, SECRET, SHARED, hidden, reason_of
from watchword.wire.radius import shared_secret
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.shared_secret import SharedSecret

SIZES = [1, 16, 63, 64, 65, 200]
PASSWORDS = [b"", b"x", b"123456", bytes(range(1, 17)), bytes(range(1, 18)), bytes(range(1, 129)), b"a\x00b"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("message", [b"", b"message", bytes(4096)])
def test_hmac_is_the_standard_librarys(size: int, message: bytes) -> None:
    octets = bytes(range(1, 256))[:size].ljust(size, b"x")
    secret = SharedSecret(octets)

    assert secret.hmac(message) == hmac.digest(octets, message, "md5")
    assert secret.hmac(message) == secret.hmac(message)


def test_hmac_is_that_of_rfc_2202() -> None:
    assert SharedSecret(b"Jefe").hmac(b"what do ya want for nothing?").hex() == "750c783e6ab0b503eaa86e310a5db738"
    assert SharedSecret(b"\xaa" * 80).hmac(b"Test Using Larger Than Block-Size Key - Hash Key First").hex() == (
        "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
    )


def test_the_digest_has_the_secret_behind_the_message() -> None:
    assert SHARED.digest(b"message") == hashlib.md5(b"message" + SECRET, usedforsecurity=False).digest()


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_hidden_as_the_rfc_writes_it_and_comes_back(password: bytes) -> None:
    value = SHARED.hide(password, AUTHENTICATOR)

    assert value == hidden(password)
    assert SHARED.reveal(value, AUTHENTICATOR) == password


def test_only_nuls_at_the_end_are_taken_off() -> None:
    assert SHARED.reveal(hidden(b"\x00a\x00b\x00\x00"), AUTHENTICATOR) == b"\x00a\x00b"


def test_another_secret_or_authenticator_reveals_noise() -> None:
    value = SHARED.hide(b"correct horse", AUTHENTICATOR)

    assert SharedSecret(b"another").reveal(value, AUTHENTICATOR) != b"correct horse"
    assert SHARED.reveal(value, bytes(16)) != b"correct horse"


@pytest.mark.parametrize("size", [0, 1, 15, 17, 31, 127, 129, 144, 253])
def test_a_hidden_password_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(RadiusError) as raised:
        SHARED.reveal(bytes(size), AUTHENTICATOR)
    assert reason_of(raised.value) is Reason.BAD_PASSWORD_SIZE


@pytest.mark.parametrize("size", range(16, 129, 16))
def test_a_hidden_password_of_every_right_size_is_taken(size: int) -> None:
    password = bytes(range(1, size + 1))

    assert SHARED.reveal(hidden(password), AUTHENTICATOR) == password


def test_a_longer_password_is_refused() -> None:
    with pytest.raises(RadiusError) as raised:
        SHARED.hide(bytes(129), AUTHENTICATOR)
    assert reason_of(raised.value) is Reason.BAD_PASSWORD_SIZE


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        SharedSecret(b"")


@pytest.mark.parametrize("leak", [repr, str, "{}".format])
def test_a_secret_is_not_shown(leak: Callable[[object], str]) -> None:
    assert SECRET.decode() not in leak(SHARED)


def test_a_secret_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(SHARED)


def test_an_interpreter_without_its_own_md5_takes_openssls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_md5", None)
    spec = importlib.util.spec_from_file_location("shared_secret_without_md5", shared_secret.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert (module.md5.func, module.md5.keywords) == (hashlib.md5, {"usedforsecurity": False})
    assert module.SharedSecret(SECRET).hmac(b"message") == SHARED.hmac(b"message")
    assert module.SharedSecret(SECRET).reveal(hidden(b"password"), AUTHENTICATOR) == b"password"
