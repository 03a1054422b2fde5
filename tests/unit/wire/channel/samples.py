"""One message of each kind, every field of it filled."""

from watchword.wire.channel.away import Away, Offline
from watchword.wire.channel.configuration import Application, Client, LdapDirectory, RadiusDirectory, Snapshot
from watchword.wire.channel.decisions import Allowed, Challenged, Denied, Request
from watchword.wire.channel.handshake import Handshake, Hello, Proof, Unwelcome, Welcome
from watchword.wire.channel.messages import (
    Account,
    Answer,
    Asked,
    Beat,
    Beaten,
    Cancel,
    Check,
    Checked,
    Configuration,
    Decide,
    Decided,
    Gate,
    Gated,
    Goodbye,
    Leave,
    Listener,
    Load,
    Lost,
    Noted,
    Primary,
    Refuse,
    Renew,
    Replica,
    Replicate,
    Report,
    Salt,
    Salted,
    Settle,
    Settled,
    Told,
)

ROW = b"r" * 16
USER = b"u" * 16
REQUEST = Request(
    application=b"a" * 16,
    authentication_type="radius",
    user_name="alice",
    client="192.0.2.1",
    source="198.51.100.7",
    address=None,
    proofs=(b"p" * 32, b"q" * 32),
    code="123456",
    state=b"s" * 16,
    received_at=1_700_000_000_000_000,
    remaining=50_000_000_000,
)
PRIMARY = Primary(
    verdict="accepted",
    checked_by="ad",
    by_directory=True,
    detail="",
    directory_id=b"d" * 16,
    attributes=((25, b"staff"),),
)
AWAY = Away(
    key=b"k" * 16,
    at=1_700_000_000_000_000,
    count=3,
    application=b"a" * 16,
    authentication_type="radius",
    user_name="alice",
    client="192.0.2.1",
    source=None,
)
OFFLINE = Away(
    key=b"K" * 16,
    at=1_700_000_000_000_000,
    count=1,
    application=b"a" * 16,
    authentication_type="radius",
    user_name="alice",
    client="192.0.2.1",
    source="198.51.100.7",
    offline=Offline(
        user=USER,
        epoch=3,
        allowed=True,
        reason="offline-code",
        trace=b"trace",
        counts=False,
        method=b"m" * 16,
        step=56_666_666,
        drift=-1,
    ),
    why="",
)
BEAT = Beat(
    number=7,
    wall=1_700_000_000_000_000,
    version="0.1.0",
    host="vpn-mfa-1",
    address="192.0.2.9",
    serial=11,
    load=Load(waiting=1, requests=2, faults=3, memory=4),
    listeners=(Listener(protocol="radius", host="192.0.2.9", port=1812),),
)
ASKED: tuple[Asked, ...] = (
    Gate(id=1, request=REQUEST),
    Decide(id=1, primary=PRIMARY),
    Answer(id=2, request=REQUEST),
    Refuse(id=3, request=REQUEST, reason="unsupported-protocol"),
    Salt(id=4, user=USER),
    Check(id=5, user=None, digest=b"h" * 32, proof=b"p" * 32, remaining=3_000_000_000),
    Account(
        id=6,
        application=b"a" * 16,
        client="192.0.2.1",
        user_name="alice",
        status="start",
        session="s1",
        source="198.51.100.7",
        detail="seconds=1",
        received_at=1_700_000_000_000_000,
    ),
    Cancel(id=2),
    BEAT,
    Report(id=8, rows=(AWAY,)),
    Settled(number=3),
    Leave(),
    Replicate(run=b"B" * 16, serial=17),
    Report(id=9, rows=(OFFLINE,)),
)
TOLD: tuple[Told, ...] = (
    Gated(id=1, name="alice", user=USER, epoch=3),
    Decided(id=1, outcome=Allowed(reason="code", activity=ROW, epoch=3, attributes=((25, b"staff"),))),
    Decided(id=2, outcome=Challenged(state=b"s" * 16, number="42", activity=ROW)),
    Decided(id=3, outcome=Denied(reason="unsupported-protocol", activity=None, epoch=0)),
    Salted(id=4, salt=b"s" * 16, memory=19_456, passes=2, lanes=1, octets=32),
    Checked(id=5, verdict="rejected"),
    Noted(id=6, durable=True),
    Lost(id=9),
    Configuration(body=b"body", signature=b"g" * 64),
    Beaten(number=7, wall=1_700_000_000_000_001),
    Settle(number=3),
    Goodbye(reason="revoked"),
    Renew(),
    Replica(body=b"page", signature=b"g" * 64),
)
HELLO = Hello(least=1, most=1, server=b"i" * 16, boot=b"b" * 16, share=b"x" * 32, nonce=b"n" * 32, serial=11)
WELCOME = Welcome(version=1, boot=b"B" * 16, share=b"y" * 32, nonce=b"N" * 32, signature=b"g" * 64)
PROOF = Proof(shown=b"l" * 32, drawn=b"L" * 32, at=1_700_000_000_000_000, signature=b"G" * 64)
HANDSHAKE: tuple[Handshake, ...] = (HELLO, WELCOME, PROOF, Unwelcome(least=2, most=3))
SNAPSHOT = Snapshot(
    server=b"i" * 16,
    serial=12,
    name="vpn-mfa-1",
    group="default",
    group_id=b"g" * 16,
    version=5,
    reject_delay=1.0,
    proof_keys=(b"k" * 32, b"K" * 32),
    applications=(
        Application(
            id=b"a" * 16,
            name="vpn",
            authentication_type="radius",
            version=2,
            enabled=True,
            primary="ldap",
            directories=(b"d" * 16, b"e" * 16),
            challenge=True,
            deadline=50,
            user_match=True,
            portal_away="deny",
        ),
    ),
    clients=(
        Client(
            id=b"c" * 16,
            application=b"a" * 16,
            network="192.0.2.1/32",
            secrets=(b"shared secret",),
            require_message_authenticator=True,
        ),
    ),
    directories=(
        LdapDirectory(
            id=b"d" * 16,
            name="ad",
            url="ldaps://ad.example.com",
            base="dc=example,dc=com",
            bind_dn="cn=watchword",
            bind_password=b"bind password",
            user_filter="",
            start_tls=False,
            ca="",
            timeout=3.0,
        ),
        RadiusDirectory(id=b"e" * 16, name="old", host="192.0.2.50", port=1812, secret=b"shared", timeout=3.0, tries=2),
    ),
)
