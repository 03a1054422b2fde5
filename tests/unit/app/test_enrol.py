"""
Giving a user a second step, and pairing a device.
"""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.office import ALICE, DESK, OWNER, Office, kinds
from watchword.app.administration import Refusal, RefusalKind
from watchword.app.enrol import BackupCodesAdded, DevicePaired, MethodAdd, MethodType, PushAdded, TokenAdded, pair
from watchword.app.manage.methods import MethodRemove
from watchword.app.manage.users import UserNamed
from watchword.domain import otp
from watchword.domain.events import AuditEvent
from watchword.domain.methods import BackupCodes, Hotp, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.prompts import PairingStatement
from watchword.domain.secrets import Secret
from watchword.kit.identifiers import text


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_half(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def token_of(added: PushAdded) -> Secret:
    return Secret(added.pairing_url.partition("#")[2].encode())


def proof_of(token: Secret, key: ec.EllipticCurvePrivateKey) -> bytes:
    statement = PairingStatement(token=token.octets, public_key=public_half(key))
    return key.sign(statement.canonical(), ec.ECDSA(hashes.SHA256()))


async def paired(office: Office, token: Secret, key: ec.EllipticCurvePrivateKey | None = None) -> object:
    key = key or new_key()
    return await pair(office.context, token=token, public_key=public_half(key), proof=proof_of(token, key))


def add(type_: MethodType, **fields: Any) -> MethodAdd:
    return MethodAdd(user=ALICE, type=type_, **fields)


@pytest.mark.parametrize(
    ("algorithm", "octets"), [(OathAlgorithm.SHA1, 20), (OathAlgorithm.SHA256, 32), (OathAlgorithm.SHA512, 64)]
)
@pytest.mark.parametrize("type_", [MethodType.TOTP, MethodType.HOTP])
async def test_a_token_has_a_seed_as_long_as_its_hash(
    office: Office, type_: MethodType, algorithm: OathAlgorithm, octets: int
) -> None:
    await office.user()
    added = await office.do("method.add", add(type_, algorithm=algorithm, digits=8), DESK)

    (method,) = (await office.person()).methods
    assert isinstance(added, TokenAdded)
    assert isinstance(method.detail, Totp | Hotp)
    assert (text(method.id), method.kind.value) == (added.id, type_.value)
    assert len(method.detail.secret.octets) == octets
    assert base64.b32decode(added.secret + "=" * (-len(added.secret) % 8)) == method.detail.secret.octets
    assert (method.detail.algorithm, method.detail.digits) == (algorithm, 8)
    assert office.audited()[-1] == (AuditEvent.METHOD_ADDED, DESK.name)


async def test_the_uri_is_what_authenticator_apps_scan(office: Office) -> None:
    await office.user()
    added = await office.token()

    uri = urlsplit(added.uri)
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Watchword:alice%40example.org")
    assert parse_qs(uri.query) == {
        "secret": [added.secret],
        "issuer": ["Watchword"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }


async def test_a_code_of_a_new_token_is_right_at_once(office: Office) -> None:
    await office.user()
    added = await office.token()

    seed = base64.b32decode(added.secret)
    code = otp.code_at(seed, office.clock.wall() // 30_000_000, 6)
    assert isinstance(otp.check((await office.person()).methods, code, office.clock.wall()), otp.Matched)


async def test_two_tokens_have_two_seeds(office: Office) -> None:
    await office.user()

    assert (await office.token()).secret != (await office.token()).secret


async def test_a_counter_starts_where_it_is_told(office: Office) -> None:
    await office.user()
    added = await office.do("method.add", add(MethodType.HOTP, counter=17))

    (method,) = (await office.person()).methods
    assert isinstance(method.detail, Hotp)
    assert method.detail.counter == 17
    assert "counter=17" in added.uri


async def test_printed_codes_are_ten_and_only_their_digests_are_kept(office: Office) -> None:
    await office.user()
    added = await office.do("method.add", add(MethodType.BACKUP_CODES))

    (method,) = (await office.person()).methods
    assert isinstance(added, BackupCodesAdded)
    assert isinstance(method.detail, BackupCodes)
    assert len(set(added.codes)) == 10
    assert all(otp.is_backup_code(code) for code in added.codes)
    assert set(method.detail.left) == {otp.backup_digest(method.detail.secret, code) for code in added.codes}


async def test_new_printed_codes_end_the_old_ones(office: Office) -> None:
    await office.user()
    old = await office.do("method.add", add(MethodType.BACKUP_CODES))
    new = await office.do("method.add", add(MethodType.BACKUP_CODES), OWNER)

    methods = (await office.person()).methods
    assert [text(method.id) for method in methods] == [new.id]
    assert all(isinstance(otp.check(methods, code, 0), otp.Wrong) for code in old.codes)
    assert office.audited()[-2:] == [(AuditEvent.METHOD_REMOVED, OWNER.name), (AuditEvent.METHOD_ADDED, OWNER.name)]


async def test_a_pairing_link_keeps_its_token_from_servers_and_logs(office: Office) -> None:
    await office.user()
    added = await office.do("method.add", add(MethodType.PUSH))

    url = urlsplit(added.pairing_url)
    assert (url.scheme, url.netloc, url.path, url.query) == ("http", "127.0.0.1:8080", "/pair", "")
    assert len(base64.urlsafe_b64decode(url.fragment + "=" * (-len(url.fragment) % 4))) == 20
    assert added.expires_at == "2023-11-14T22:23:20.000000Z"


async def test_a_device_is_paired_once(office: Office) -> None:
    user = await office.user()
    added = await office.do("method.add", add(MethodType.PUSH))
    before = await office.person()
    key = new_key()

    result = await paired(office, token_of(added), key)

    person = await office.person()
    assert result == DevicePaired(method=added.id, user=text(user), username=ALICE)
    assert [method.detail for method in person.methods] == [Push(public_key=public_half(key))]
    assert person.user.epoch > before.user.epoch
    assert office.running.ends == [user, user]
    assert office.audited()[-1] == (AuditEvent.METHOD_PAIRED, ALICE)
    again = await paired(office, token_of(added))
    assert isinstance(again, Refusal)
    assert kinds(again) == (
        RefusalKind.NOT_FOUND,
        "this pairing link was used, has expired or never was; `watchword method add USER push` makes another",
    )
    assert [method.detail for method in (await office.person()).methods] == [Push(public_key=public_half(key))]


async def test_a_pairing_link_is_good_for_ten_minutes(office: Office) -> None:
    await office.user()
    late = await office.do("method.add", add(MethodType.PUSH))
    office.clock.advance(1)
    early = await office.do("method.add", add(MethodType.PUSH))
    office.clock.advance(599)

    refused = await paired(office, token_of(late))
    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.NOT_FOUND
    assert isinstance(await paired(office, token_of(early)), DevicePaired)


async def test_a_token_that_nobody_made_pairs_nothing(office: Office) -> None:
    refused = await paired(office, Secret(b"guessed"))

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.NOT_FOUND


async def test_only_a_p256_key_may_be_registered(office: Office) -> None:
    await office.user()
    added = await office.do("method.add", add(MethodType.PUSH))
    wrong = [
        b"",
        b"no key",
        public_half(rsa.generate_private_key(65_537, 2_048)),
        public_half(ec.generate_private_key(ec.SECP384R1())),
    ]

    for key in wrong:
        refused = await pair(office.context, token=token_of(added), public_key=key, proof=b"")
        assert isinstance(refused, Refusal)
        assert kinds(refused) == (
            RefusalKind.INVALID,
            "the device's key must be an ECDSA P-256 public key, SubjectPublicKeyInfo in DER",
        )
    assert isinstance(await paired(office, token_of(added)), DevicePaired)


async def test_a_device_shows_that_it_holds_the_private_half_of_its_key(office: Office) -> None:
    await office.user()
    token = token_of(await office.do("method.add", add(MethodType.PUSH)))
    mine, anothers = new_key(), new_key()
    elsewhere = proof_of(Secret(b"another token"), mine)

    for key, proof in ((mine, b""), (anothers, proof_of(token, mine)), (mine, elsewhere)):
        refused = await pair(office.context, token=token, public_key=public_half(key), proof=proof)
        assert isinstance(refused, Refusal)
        assert kinds(refused) == (
            RefusalKind.INVALID,
            "the device has not shown that it holds the private half of its key",
        )
    assert isinstance(await paired(office, token, mine), DevicePaired)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"digits": 7}, "a code has 6 or 8 digits"),
        ({"digits": 0}, "a code has 6 or 8 digits"),
        ({"digits": 1_000_000_000}, "a code has 6 or 8 digits"),
        ({"period": 14}, "a time step has 15 to 120 seconds"),
        ({"period": 121}, "a time step has 15 to 120 seconds"),
        ({"counter": -1}, "a counter is from 0 to 2147483647"),
        ({"counter": 2**31}, "a counter is from 0 to 2147483647"),
    ],
)
async def test_a_token_out_of_bounds_is_refused(office: Office, fields: dict[str, Any], sentence: str) -> None:
    await office.user()

    refusal = await office.refused("method.add", add(MethodType.TOTP, **fields))

    assert kinds(refusal) == (RefusalKind.INVALID, sentence)
    assert (await office.person()).methods == ()


async def test_a_user_has_ten_methods_at_most(office: Office) -> None:
    await office.user()
    await office.do("method.add", add(MethodType.BACKUP_CODES))
    for _ in range(9):
        await office.token()

    assert kinds(await office.refused("method.add", add(MethodType.TOTP))) == (
        RefusalKind.CONFLICT,
        "alice@example.org has 10 methods already; `watchword method remove` takes one away",
    )
    # A set of printed codes takes the place of the one before.
    await office.do("method.add", add(MethodType.BACKUP_CODES))
    assert len((await office.person()).methods) == 10


@pytest.mark.parametrize("type_", list(MethodType))
async def test_a_new_method_ends_everything_older(office: Office, type_: MethodType) -> None:
    user = await office.user()
    before = await office.person()

    await office.do("method.add", add(type_))

    assert (await office.person()).user.epoch > before.user.epoch
    assert office.running.ends == [user]


async def test_nobody_is_enrolled_who_is_not_there(office: Office) -> None:
    assert (await office.refused("method.add", add(MethodType.TOTP))).kind is RefusalKind.NOT_FOUND


@pytest.mark.parametrize("type_", list(MethodType))
async def test_no_repr_shows_what_was_made(office: Office, type_: MethodType) -> None:
    await office.user()
    added = await office.do("method.add", add(type_))

    made = {getattr(added, name) for name in ("uri", "secret", "pairing_url") if hasattr(added, name)}
    made |= set(getattr(added, "codes", ()))
    assert made
    assert not any(secret in repr(added) for secret in made)


async def test_methods_are_listed_without_what_would_help_to_use_them(office: Office) -> None:
    await office.user()
    token = await office.do("method.add", add(MethodType.TOTP, algorithm=OathAlgorithm.SHA256, digits=8, period=60))
    counter = await office.do("method.add", add(MethodType.HOTP, counter=3))
    printed = await office.do("method.add", add(MethodType.BACKUP_CODES))
    phone = await office.do("method.add", add(MethodType.PUSH))

    rows = {row.id: row for row in await office.do("method.list", UserNamed(user=ALICE))}

    assert (rows[token.id].algorithm, rows[token.id].digits, rows[token.id].period) == (OathAlgorithm.SHA256, 8, 60)
    assert (rows[token.id].kind, rows[token.id].used) == (MethodKind.TOTP, False)
    assert (rows[counter.id].kind, rows[counter.id].period, rows[counter.id].used) == (MethodKind.HOTP, None, True)
    assert (rows[printed.id].kind, rows[printed.id].codes_left) == (MethodKind.BACKUP_CODE, 10)
    assert (rows[phone.id].kind, rows[phone.id].paired) == (MethodKind.PUSH, False)


async def test_a_method_is_removed_and_ends_what_is_in_progress(office: Office) -> None:
    user = await office.user()
    added = await office.token()
    before = await office.person()

    removed = await office.do("method.remove", MethodRemove(user=ALICE, id=added.id), DESK)

    person = await office.person()
    assert removed.username == ALICE
    assert person.methods == ()
    assert person.user.epoch > before.user.epoch
    assert office.running.ends[-1] == user
    assert office.audited()[-1] == (AuditEvent.METHOD_REMOVED, DESK.name)


async def test_only_a_users_own_method_can_be_removed(office: Office) -> None:
    await office.user()
    await office.user("bob@example.org")
    bobs = await office.token("bob@example.org")

    assert kinds(await office.refused("method.remove", MethodRemove(user=ALICE, id=bobs.id))) == (
        RefusalKind.NOT_FOUND,
        f"alice@example.org has no method {bobs.id}; `watchword method list alice@example.org` shows what he has",
    )
    assert kinds(await office.refused("method.remove", MethodRemove(user=ALICE, id="7"))) == (
        RefusalKind.INVALID,
        "'7' is not the id of a method; ids look like 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12",
    )
    assert len((await office.person("bob@example.org")).methods) == 1
