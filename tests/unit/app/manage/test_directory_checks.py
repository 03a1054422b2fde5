"""
Whether what an administrator wrote can be a directory at all.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from watchword.app.administration import Refusal, RefusalKind
from watchword.app.manage.directory_checks import Endpoint, endpoint_of, ldap_fault, radius_fault
from watchword.domain.secrets import Secret

LDAP = Endpoint(scheme="ldap", host="dc.example.org", port=389, port_written=False)
LDAPS = Endpoint(scheme="ldaps", host="dc.example.org", port=636, port_written=False)
RADIUS = Endpoint(scheme="radius", host="192.0.2.7", port=1812, port_written=True)
SOUND: dict[str, Any] = {
    "base": "dc=example,dc=org",
    "bind_dn": "",
    "bind_password": None,
    "user_filter": "",
    "start_tls": False,
    "ca": "",
    "timeout": 3.0,
}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("ldap://dc.example.org", "ldap://dc.example.org"),
        (" ldaps://DC.example.org:636/ ", "ldaps://dc.example.org:636"),
        ("ldap://[2001:db8::7]:3890", "ldap://[2001:db8::7]:3890"),
        ("radius://192.0.2.7:1812", "radius://192.0.2.7:1812"),
    ],
)
def test_a_url_is_kept_in_one_form(url: str, kept: str) -> None:
    endpoint = endpoint_of(url)

    assert isinstance(endpoint, Endpoint)
    assert endpoint.url() == kept


def test_the_port_has_a_default_by_scheme() -> None:
    assert [
        endpoint.port
        for endpoint in map(endpoint_of, ("ldap://a", "ldaps://a", "radius://a"))
        if isinstance(endpoint, Endpoint)
    ] == [389, 636, 1812]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "dc.example.org",
        "http://dc.example.org",
        "ldap://",
        "ldap://:389",
        "ldap://dc.example.org:0",
        "ldap://dc.example.org:65536",
        "ldap://dc.example.org:x",
        "ldap://[2001:db8::7",
        "ldap://dc example.org",
        "ldap://dc\x1b.example.org",
    ],
)
def test_what_is_no_url_of_a_directory_is_refused(url: str) -> None:
    refused = endpoint_of(url)

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.INVALID
    assert "is no directory; write ldap://HOST[:PORT]" in refused.sentence
    assert refused.sentence.isprintable()


@pytest.mark.parametrize(
    "url",
    ["ldap://admin:secret@dc.example.org", "ldap://dc.example.org/dc=x", "ldap://dc.example.org?uid", "ldap://a#b"],
)
def test_a_url_holds_nothing_but_scheme_host_and_port(url: str) -> None:
    refused = endpoint_of(url)

    assert isinstance(refused, Refusal)
    assert refused.sentence.startswith("a directory's URL has scheme, host and port only")
    assert "secret" not in refused.sentence


@pytest.mark.parametrize(
    ("endpoint", "changed", "sentence"),
    [
        (RADIUS, {}, "has a URL of ldap:// or ldaps://"),
        (LDAPS, {"start_tls": True}, "leave --start-tls out"),
        (LDAP, {"ca": "-----BEGIN CERTIFICATE-----"}, "a CA proves nothing without TLS"),
        (LDAP, {"base": "example"}, "--base must be the distinguished name"),
        (LDAP, {"base": "dc=\x1b"}, "--base must have at most"),
        (LDAP, {"base": "dc=" + "x" * 1_000}, "--base must have at most"),
        (LDAP, {"bind_dn": "cn=\n", "bind_password": Secret(b"x")}, "--bind-dn must have at most"),
        (LDAP, {"bind_dn": "cn=search"}, "go together"),
        (LDAP, {"bind_dn": "cn=search", "bind_password": Secret(b"")}, "go together"),
        (LDAP, {"bind_password": Secret(b"x")}, "go together"),
        (LDAP, {"user_filter": "uid={username}"}, "is no LDAP filter (RFC 4515)"),
        (LDAP, {"user_filter": "(uid=*)"}, "must say with {username}"),
        (LDAP, {"user_filter": "({username}=x)"}, "no LDAP filter"),
        (LDAPS, {"ca": "not a certificate"}, "holds no certificate in PEM"),
        (LDAPS, {"ca": "ü"}, "holds no certificate in PEM"),
        (LDAPS, {"ca": "x" * 1_000_001}, "holds no certificate in PEM"),
        (LDAP, {"timeout": 0.0}, "from 0.1 to 60 seconds"),
        (LDAP, {"timeout": 60.1}, "from 0.1 to 60 seconds"),
        (LDAP, {"timeout": float("nan")}, "from 0.1 to 60 seconds"),
    ],
)
def test_an_ldap_directory_that_cannot_work_is_refused(
    endpoint: Endpoint, changed: dict[str, Any], sentence: str
) -> None:
    refused = ldap_fault(endpoint, **(SOUND | changed))

    assert refused is not None
    assert refused.kind is RefusalKind.INVALID
    assert sentence in refused.sentence


@pytest.mark.parametrize(
    ("endpoint", "changed"),
    [
        (LDAP, {}),
        (LDAP, {"start_tls": True}),
        (LDAPS, {"bind_dn": "cn=search,dc=example,dc=org", "bind_password": Secret(b"secret")}),
        (LDAPS, {"user_filter": "(&(objectClass=person)(|(uid={username})(mail={username})))"}),
        (LDAPS, {"timeout": 60.0}),
    ],
)
def test_an_ldap_directory_that_may_work_is_taken(endpoint: Endpoint, changed: dict[str, Any]) -> None:
    assert ldap_fault(endpoint, **(SOUND | changed)) is None


def test_certificates_in_pem_are_taken() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_valid_after=datetime(2027, 1, 1, tzinfo=UTC),
    ).sign(key, hashes.SHA256())

    assert ldap_fault(LDAPS, **(SOUND | {"ca": made.public_bytes(Encoding.PEM).decode()})) is None


@pytest.mark.parametrize(
    ("endpoint", "secret", "timeout", "tries", "sentence"),
    [
        (LDAP, b"x" * 16, 3.0, 2, "has a URL of radius://"),
        (RADIUS, b"x" * 15, 3.0, 2, "at least 16 octets"),
        (RADIUS, b"", 3.0, 2, "at least 16 octets"),
        (RADIUS, b"x" * 16, 3.0, 0, "the tries must be from 1 to 10"),
        (RADIUS, b"x" * 16, 3.0, 11, "the tries must be from 1 to 10"),
        (RADIUS, b"x" * 16, 0.05, 2, "from 0.1 to 60 seconds"),
    ],
)
def test_a_radius_server_that_cannot_work_is_refused(
    endpoint: Endpoint, secret: bytes, timeout: float, tries: int, sentence: str
) -> None:
    refused = radius_fault(endpoint, secret=Secret(secret), timeout=timeout, tries=tries)

    assert refused is not None
    assert sentence in refused.sentence


def test_a_radius_server_that_may_work_is_taken() -> None:
    assert radius_fault(RADIUS, secret=Secret(b"x" * 16), timeout=3.0, tries=10) is None
