"""
Where somebody goes next is always here.
"""

import pytest

from watchword.web.portal.paths import local, with_next


@pytest.mark.parametrize("path", ["/", "/users?after=bob%40example.org", "/bypasses/1#end", "/a//b", "/a:b"])
def test_a_path_of_ours_is_gone_to(path: str) -> None:
    assert local(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "users",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example",
        " //evil.example",
        "/%0d%0a\r\nlocation: x",
        "javascript:alert(1)",
        "/ü",
        "/" + "a" * 2_000,
    ],
)
def test_a_place_elsewhere_becomes_the_first_page(path: str) -> None:
    assert local(path) == "/"


def test_a_page_carries_where_to_go_next() -> None:
    assert with_next("/sign-in", "/users?after=a&limit=3") == "/sign-in?next=/users%3Fafter%3Da%26limit%3D3"
    assert with_next("/sign-in", "//evil.example") == "/sign-in?next=/"
