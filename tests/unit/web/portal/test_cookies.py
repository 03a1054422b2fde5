"""
What browsers are told about our cookies.
"""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.unit.web.asgi import scope_of
from watchword.domain.secrets import Secret
from watchword.web.portal.cookies import ENTRY, SESSION, Cookie, Cookies


def flags(response: Response) -> set[str]:
    return {part.strip().lower() for part in response.headers["set-cookie"].split(";")}


@pytest.mark.parametrize(("cookie", "same_site"), [(SESSION, "samesite=lax"), (ENTRY, "samesite=strict")])
def test_a_cookie_is_for_this_host_and_no_script(cookie: Cookie, same_site: str) -> None:
    response = Response()

    Cookies(secure=True).set(response, cookie, Secret(b"t0ken"))

    assert flags(response) == {f"__host-{cookie.name}=t0ken", "path=/", "secure", "httponly", same_site}


def test_in_clear_a_browser_would_not_take_what_tls_takes() -> None:
    response = Response()

    Cookies(secure=False).set(response, SESSION, Secret(b"t0ken"))

    assert flags(response) == {"watchword=t0ken", "path=/", "httponly", "samesite=lax"}


def test_what_is_cleared_ends_at_once() -> None:
    response = Response()

    Cookies(secure=True).clear(response, SESSION)

    assert {"max-age=0", "secure", "httponly", "path=/"} <= flags(response)


def test_only_its_own_name_is_read() -> None:
    asked = Request(scope_of("/", headers={"cookie": "watchword=plain; __Host-watchword=t0ken"}))

    found = Cookies(secure=True).read(asked, SESSION)

    assert found is not None
    assert found.octets == b"t0ken"


@pytest.mark.parametrize("value", ["", "a" * 201, "tökn"])
def test_what_cannot_be_ours_is_nothing(value: str) -> None:
    asked = Request({**scope_of("/"), "headers": [(b"cookie", f"watchword={value}".encode("latin-1"))]})

    assert Cookies(secure=False).read(asked, SESSION) is None
