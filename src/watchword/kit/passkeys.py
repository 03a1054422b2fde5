"""
Passkeys: what browsers are asked for, and whether what they answer holds (WebAuthn Level 3, sections 7.1 and 7.2).

Everything that comes in is a stranger's and may be anything; whatever is wrong with it, the answer is None. Checking is
done on threads, because the library is large and is imported only once somebody uses a passkey.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SECONDS: Final = 300
"""How long a browser may wait for somebody's finger; the challenge is good for no longer."""

RELYING_PARTY: Final = "Watchword"
"""What authenticators show as the name of whom a passkey is for."""

_MOST_TRANSPORTS: Final = 8
_TRANSPORTS: Final = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A passkey that an authenticator has made."""

    credential: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    synced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asserted:
    """A passkey has signed. `verified` tells whether its authenticator knew its holder by PIN or finger."""

    sign_count: int
    verified: bool


def challenge_in(answer: Mapping[str, Any]) -> bytes | None:
    """Return the challenge that an answer says it is for, None where it says none, or comes from a frame elsewhere."""
    try:
        data = json.loads(_decoded(answer["response"]["clientDataJSON"]))
        if data.get("crossOrigin", False) is not False or "topOrigin" in data:
            return None
        return _decoded(data["challenge"])
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        return None


def credential_in(answer: Mapping[str, Any]) -> bytes | None:
    """Return what the authenticator of an answer calls its passkey, None where it says nothing."""
    try:
        return _decoded(answer["rawId"])
    except (KeyError, TypeError, ValueError):
        return None


def is_whose(answer: Mapping[str, Any], user: bytes) -> bool:
    """Tell whether an answer names `user` as the holder, or nobody."""
    try:
        handle = answer["response"].get("userHandle")
        return handle is None or _decoded(handle) == user
    except (KeyError, TypeError, AttributeError, ValueError):
        return False


def creation_options(
    *, party: str, user: bytes, name: str, display: str, challenge: bytes, known: Sequence[bytes]
) -> dict[str, Any]:
    """
    Return what `navigator.credentials.create` is asked for.

    Args:
        party: the relying party's identifier.
        user: what authenticators file the passkey under.
        name: of the account.
        display: how its holder is called.
        challenge: good once.
        known: passkeys that he has already, which are not made again.
    """
    from webauthn import generate_registration_options  # noqa: PLC0415 - see above
    from webauthn.helpers import options_to_json_dict  # noqa: PLC0415
    from webauthn.helpers import structs as webauthn  # noqa: PLC0415

    options = generate_registration_options(
        rp_id=party,
        rp_name=RELYING_PARTY,
        user_id=user,
        user_name=name,
        user_display_name=display,
        challenge=challenge,
        timeout=SECONDS * 1_000,
        authenticator_selection=webauthn.AuthenticatorSelectionCriteria(
            resident_key=webauthn.ResidentKeyRequirement.PREFERRED,
            user_verification=webauthn.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[webauthn.PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    return options_to_json_dict(options)


def request_options(
    *, party: str, challenge: bytes, known: Sequence[tuple[bytes, Sequence[str]]], verified: bool
) -> dict[str, Any]:
    """
    Return what `navigator.credentials.get` is asked for.

    Args:
        party: the relying party's identifier.
        challenge: good once.
        known: passkeys that will do, and how browsers reach them; none for any that the browser knows.
        verified: whether the authenticator must know its holder by PIN or finger.
    """
    from webauthn import generate_authentication_options  # noqa: PLC0415 - see above
    from webauthn.helpers import options_to_json_dict  # noqa: PLC0415
    from webauthn.helpers import structs as webauthn  # noqa: PLC0415

    wanted = webauthn.UserVerificationRequirement
    options = generate_authentication_options(
        rp_id=party,
        challenge=challenge,
        timeout=SECONDS * 1_000,
        allow_credentials=[
            webauthn.PublicKeyCredentialDescriptor(
                id=credential,
                transports=[webauthn.AuthenticatorTransport(name) for name in transports if name in _TRANSPORTS],
            )
            for credential, transports in known
        ],
        user_verification=wanted.REQUIRED if verified else wanted.DISCOURAGED,
    )
    return options_to_json_dict(options)


def created(answer: Mapping[str, Any], *, challenge: bytes, party: str, origin: str) -> Created | None:
    """Return the passkey of an answer to `creation_options`, None where anything about it is wrong."""
    from webauthn import verify_registration_response  # noqa: PLC0415 - see above

    try:
        made = verify_registration_response(
            credential=dict(answer), expected_challenge=challenge, expected_rp_id=party, expected_origin=origin
        )
        transports = answer["response"].get("transports") or []
        return Created(
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=tuple(name for name in transports[:_MOST_TRANSPORTS] if name in _TRANSPORTS),
            synced=made.credential_backed_up,
        )
    except Exception:  # noqa: BLE001 - a stranger's octets go through four parsers, and whatever any of them says denies
        return None


def asserted(
    answer: Mapping[str, Any], *, challenge: bytes, party: str, origin: str, public_key: bytes, verified: bool
) -> Asserted | None:
    """
    Return what an answer to `request_options` proves, None where anything about it is wrong.

    Whether its count may follow the last one is not asked here.
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415 - see above

    try:
        shown = verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=party,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=verified,
        )
    except Exception:  # noqa: BLE001 - as above
        return None
    return Asserted(sign_count=shown.new_sign_count, verified=shown.user_verified)


def _decoded(written: object) -> bytes:
    if not isinstance(written, str) or not written.isascii():
        raise TypeError("base64url is a text")
    return base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
