"""
The operations about those who administer: administrators, their sessions, one's own account, and keys of programs.
"""

from typing import Any, Final

from watchword.app.administering import account, account_steps, administrators, sessions
from watchword.app.manage import api_keys
from watchword.app.operation import Operation, define
from watchword.domain.roles import Permission

_May = Permission

ADMINISTERING: Final[tuple[Operation[Any, Any], ...]] = (
    define(
        "admin.list",
        _May.ADMINISTRATOR_READ,
        administrators.listed,
        administrators.AdminList,
        list[administrators.AdminRow],
    ),
    define(
        "admin.invite",
        _May.ADMINISTRATOR_WRITE,
        administrators.invite,
        administrators.AdminInvite,
        administrators.AdminLink,
    ),
    define(
        "admin.link",
        _May.ADMINISTRATOR_RECOVER,
        administrators.recover,
        administrators.AdminNamed,
        administrators.AdminLink,
    ),
    define(
        "admin.change",
        _May.ADMINISTRATOR_WRITE,
        administrators.change,
        administrators.AdminChange,
        administrators.AdminDone,
    ),
    *(
        define(
            f"admin.{verb}",
            _May.ADMINISTRATOR_WRITE,
            handler,
            administrators.AdminNamed,
            administrators.AdminDone,
        )
        for verb, handler in (
            ("disable", administrators.disable),
            ("enable", administrators.enable),
            ("unlock", administrators.unlock),
            ("remove", administrators.remove),
        )
    ),
    define("session.list", _May.ADMINISTRATOR_READ, sessions.listed, sessions.SessionList, list[sessions.SessionRow]),
    define("session.end", _May.ADMINISTRATOR_WRITE, sessions.end, sessions.SessionEnd, sessions.SessionsEnded),
    define(
        "session.end-all",
        _May.ADMINISTRATOR_WRITE,
        sessions.end_all,
        sessions.SessionEndAll,
        sessions.SessionsEnded,
    ),
    define("account.show", _May.ACCOUNT_WRITE, account.show, account.AccountShow, account.AccountShown),
    define("account.change", _May.ACCOUNT_WRITE, account.change, account.AccountChange, account.AccountDone),
    define("account.password", _May.ACCOUNT_WRITE, account.set_password, account.AccountPassword, account.AccountDone),
    define(
        "account.passkey-begin",
        _May.ACCOUNT_WRITE,
        account_steps.begin_passkey,
        account_steps.PasskeyBegin,
        dict[str, Any],
    ),
    define(
        "account.passkey-add",
        _May.ACCOUNT_WRITE,
        account_steps.add_passkey,
        account_steps.PasskeyAdd,
        account.AccountDone,
    ),
    define(
        "account.passkey-remove",
        _May.ACCOUNT_WRITE,
        account_steps.remove_passkey,
        account_steps.PasskeyRemove,
        account.AccountDone,
    ),
    define(
        "account.totp-begin",
        _May.ACCOUNT_WRITE,
        account_steps.begin_totp,
        account_steps.TotpBegin,
        account_steps.TotpShown,
    ),
    define("account.totp-set", _May.ACCOUNT_WRITE, account_steps.set_totp, account_steps.TotpSet, account.AccountDone),
    define(
        "account.totp-remove",
        _May.ACCOUNT_WRITE,
        account_steps.remove_totp,
        account_steps.TotpRemove,
        account.AccountDone,
    ),
    define(
        "account.session-end", _May.ACCOUNT_WRITE, account.end_session, account.OwnSessionEnd, sessions.SessionsEnded
    ),
    define(
        "account.sessions-end",
        _May.ACCOUNT_WRITE,
        account.end_sessions,
        account.OwnSessionsEnd,
        sessions.SessionsEnded,
    ),
    define("key.add", _May.API_KEY_WRITE, api_keys.add, api_keys.KeyAdd, api_keys.KeyAdded),
    define("key.list", _May.API_KEY_READ, api_keys.listed, api_keys.KeyList, list[api_keys.KeyRow]),
    define("key.revoke", _May.API_KEY_WRITE, api_keys.revoke, api_keys.KeyRevoke, api_keys.KeyRevoked),
)
"""All of them."""
