"""
A fresh second step, for what is dangerous: whoever sits down at somebody's open browser does not have it.

It gives the session another token, so that one which was seen before is worth nothing now.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from watchword.app.administration import Administration, Refusal, Scribe, forbidden
from watchword.app.entrance import proving
from watchword.app.entrance.opening import Client, Opened, scribe_of
from watchword.app.entrance.proving import CodeShown
from watchword.app.tokens import new_token, token_digest
from watchword.domain.administrators import Administrator, Ceremony
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.ports.administrators import SignedIn
from watchword.ports.records import Changer

GONE: Final = forbidden("this session has ended; sign in again")

_Spend = Callable[[Changer, Administrator, Scribe], Refusal | None]


async def confirm_by_code(
    context: Administration, token: Secret, who: SignedIn, code: str, client: Client
) -> Opened | Refusal:
    """Confirm a session with the code of a token."""
    shown = CodeShown(code=code.strip(), source=client.source, wall=context.clock.wall())

    def spend(records: Changer, administrator: Administrator, scribe: Scribe) -> Refusal | None:
        return proving.spend_code(records, administrator, shown, scribe)

    return await _confirm(context, token, who, spend, by="code")


async def ask_to_confirm(context: Administration, token: Secret, who: SignedIn) -> dict[str, Any] | Refusal:
    """Return what the browser of a session is asked for."""
    return await proving.ask_for_passkey(
        context, Ceremony.CONFIRM, bound=token_digest(token), known=who.administrator.passkeys
    )


async def confirm_by_passkey(
    context: Administration, token: Secret, who: SignedIn, answer: Mapping[str, Any]
) -> Opened | Refusal:
    """Confirm a session with a passkey."""
    examined = await proving.examine_passkey(context, answer, Ceremony.CONFIRM)
    if isinstance(examined, Refusal):
        return examined
    # Whose it is decides `spend_passkey`: it is looked for among those of whoever the session is.
    _, shown = examined
    bound = token_digest(token)

    def spend(records: Changer, administrator: Administrator, scribe: Scribe) -> Refusal | None:
        return proving.spend_passkey(records, administrator, shown, Ceremony.CONFIRM, bound, scribe)

    return await _confirm(context, token, who, spend, by="passkey")


async def _confirm(
    context: Administration, token: Secret, who: SignedIn, spend: _Spend, *, by: str
) -> Opened | Refusal:
    scribe, renewed = scribe_of(context, who.administrator), new_token(context.randomness)
    old, new = token_digest(token), token_digest(renewed)

    def change(records: Changer) -> Opened | Refusal:
        found = records.signed_in(old)
        if found is None:
            return GONE
        refused = spend(records, found.administrator, scribe)
        if refused is not None:
            return refused
        records.renew_session(old, new, confirmed_at=scribe.at)
        name = found.administrator.name
        records.audit(scribe.row(AuditEvent.SESSION_CONFIRMED, subject=found.session.id, administrator=name, by=by))
        return Opened(token=renewed, session=found.session.id)

    return await context.records.change(change)
