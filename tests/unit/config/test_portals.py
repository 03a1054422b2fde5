"""
Where portals are, and what lies on the way to them.
"""

from pathlib import Path

import pytest

from watchword.config import FILE, ConfigurationError, load, proxy

URL = "https://mfa.example.org"


def test_urls_of_portals_are_written_with_commas(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('portal_urls = "https://a.example.org/, https://b.example.org:8443/mfa,"\n')

    assert load(tmp_path, {}, environment={}).portal_urls == (
        "https://a.example.org",
        "https://b.example.org:8443/mfa",
    )
    environment = {"WATCHWORD_PORTAL_URLS": "https://c.example.org"}
    assert load(tmp_path, {}, environment=environment).portal_urls == ("https://c.example.org",)
    (tmp_path / FILE).unlink()
    assert load(tmp_path, {}, environment={}).portal_urls == ()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("mfa.example.org", "portal_urls must be URLs such as https://portal.example.org"),
        ("ftp://a", "portal_urls must be URLs such as"),
        ("https://", "portal_urls must be URLs such as"),
        ("https://[::1", "portal_urls must be URLs such as"),
        ("https://a:99999", "portal_urls must be URLs such as"),
        ("https://" + "a" * 256, "portal_urls must be URLs such as"),
        ("https://user:secret@a", "without a user, a query or a #"),
        ("https://a?x", "without a user, a query or a #"),
        ("https://a#sha256=5f", "without a user, a query or a #"),
        (",".join(f"https://{one}" for one in "abcdefghi"), "portal_urls names more than 8 portals"),
    ],
)
def test_what_is_no_portals_url_is_told(tmp_path: Path, written: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says.replace("?", r"\?")):
        load(tmp_path, {}, environment={"WATCHWORD_PORTAL_URLS": written})


@pytest.mark.parametrize(
    ("given", "environment", "through"),
    [
        (None, {}, None),
        ("http://p:1", {"WATCHWORD_PROXY": "http://q:2", "HTTPS_PROXY": "http://r:3"}, "http://p:1"),
        (None, {"WATCHWORD_PROXY": "http://q:2", "HTTPS_PROXY": "http://r:3"}, "http://q:2"),
        (None, {"HTTPS_PROXY": "http://r:3"}, "http://r:3"),
        (None, {"https_proxy": "http://s:4", "HTTPS_PROXY": "http://r:3"}, "http://s:4"),
        (None, {"HTTP_PROXY": "http://r:3"}, None),
        (None, {"HTTPS_PROXY": "http://r:3", "NO_PROXY": "mfa.example.org"}, None),
        (None, {"HTTPS_PROXY": "http://r:3", "NO_PROXY": "other.org, .Example.org"}, None),
        (None, {"HTTPS_PROXY": "http://r:3", "no_proxy": "*"}, None),
        (None, {"HTTPS_PROXY": "http://r:3", "NO_PROXY": "ample.org"}, "http://r:3"),
        ("http://p:1", {"NO_PROXY": "*"}, "http://p:1"),
        (None, {"WATCHWORD_PROXY": "http://q:2", "NO_PROXY": "*"}, "http://q:2"),
    ],
)
def test_what_connections_go_through(given: str | None, environment: dict[str, str], through: str | None) -> None:
    assert proxy(given, url=URL, environment=environment) == through


def test_what_is_not_tls_goes_straight_unless_somebody_says_so() -> None:
    machine = {"HTTPS_PROXY": "http://r:3"}

    assert proxy(None, url="http://127.0.0.1:8080", environment=machine) is None
    assert proxy(None, url="https://[::1", environment=machine) is None
    assert proxy("http://p:1", url="http://127.0.0.1:8080", environment=machine) == "http://p:1"
