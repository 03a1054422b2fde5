"""
What a login changes, statement by statement.

Whatever is good once is taken by one conditional statement, whose count of changed rows is the answer (O3, B7): SQLite
is the judge, and whatever was read before only spared it work. A statement that is refused changes nothing.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from sqlalchemy import bindparam, delete, exists, insert, null, select, update

from watchword.domain.events import AuditEvent
from watchword.ports.login import (
    ConfirmEpoch,
    LearnDirectoryId,
    MintState,
    NoteResync,
    ReportFraud,
    SetFailures,
    SetPrompts,
    SpendBackupCode,
    SpendBypass,
    SpendState,
    SpendStep,
    Write,
)
from watchword.stores import bypasses
from watchword.stores.bodies import challenge_body, failures_text, instants_text
from watchword.stores.scribe import Scribe
from watchword.stores.statements import ONE, Statement, constant
from watchword.stores.tables import BACKUP_CODES, BYPASSES, CHALLENGES, METHODS, USERS

_THERE: Final = USERS.c.removed_at.is_(None)
_STANDS: Final = (
    USERS.c.id == bindparam("user"),
    USERS.c.epoch == bindparam("epoch"),
    _THERE,
    USERS.c.blocked_at.is_(None),
    USERS.c.disabled.is_(False),
)
_SPEND_STEP: Final = Statement(
    update(METHODS)
    .where(METHODS.c.id == bindparam("method"), METHODS.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"), drift=bindparam("drift"), resync=null()),
    "step",
    "drift",
    "method",
    "step",
)
_SPEND_STEP_IN_EPOCH: Final = Statement(
    update(METHODS)
    .where(METHODS.c.id == bindparam("method"), METHODS.c.last_step < bindparam("step"), exists().where(*_STANDS))
    .values(last_step=bindparam("step"), drift=bindparam("drift"), resync=null()),
    "step",
    "drift",
    "method",
    "step",
    "user",
    "epoch",
)
_SPEND_CODE: Final = Statement(
    delete(BACKUP_CODES).where(
        BACKUP_CODES.c.method_id == bindparam("method"), BACKUP_CODES.c.digest == bindparam("digest")
    )
)
_SPEND_BYPASS: Final = Statement(
    update(BYPASSES)
    .where(
        BYPASSES.c.id == bindparam("bypass"),
        BYPASSES.c.user_id == bindparam("user"),
        BYPASSES.c.state == constant("active"),
        BYPASSES.c.expires_at > bindparam("at"),
        BYPASSES.c.application_id.is_(None) | (BYPASSES.c.application_id == bindparam("application")),
        exists().where(*_STANDS),
    )
    .values(
        state=constant("used"),
        ended_at=bindparam("at"),
        used_at_application=bindparam("application"),
        used_from=bindparam("source"),
    ),
    "at",
    "application",
    "source",
    "bypass",
    "user",
    "at",
    "application",
    "user",
    "epoch",
)
_BUMP: Final = Statement(update(USERS).where(USERS.c.id == bindparam("user")).values(epoch=USERS.c.epoch + ONE), "user")
_SPEND_STATE: Final = Statement(delete(CHALLENGES).where(CHALLENGES.c.digest == bindparam("digest")))
_MINT_STATE: Final = Statement(insert(CHALLENGES).prefix_with("OR IGNORE", dialect="sqlite"))
_CONFIRM: Final = Statement(select(USERS.c.epoch).where(*_STANDS), "user", "epoch")
_SET_FAILURES: Final = Statement(
    update(USERS)
    .where(USERS.c.id == bindparam("user"))
    .values(
        failures=bindparam("failures"),
        locked_until=bindparam("locked_until"),
        epoch=USERS.c.epoch + bindparam("bump"),
    ),
    "bump",
    "failures",
    "locked_until",
    "user",
)
_SET_PROMPTS: Final = Statement(
    update(USERS)
    .where(USERS.c.id == bindparam("user"))
    .values(
        prompts=bindparam("prompts"), push_off_until=bindparam("off_until"), epoch=USERS.c.epoch + bindparam("bump")
    )
)
_NOTE_RESYNC: Final = Statement(
    update(METHODS).where(METHODS.c.id == bindparam("method")).values(resync=bindparam("counter"))
)
_other: Final = USERS.alias("other")
_LEARN: Final = Statement(
    update(USERS)
    .where(
        USERS.c.id == bindparam("user"),
        USERS.c.directory_id.is_(None),
        _THERE,
        ~exists().where(_other.c.directory_id == bindparam("directory")),
    )
    .values(directory_id=bindparam("directory"))
)
_BLOCK: Final = Statement(
    update(USERS)
    .where(USERS.c.id == bindparam("user"), USERS.c.blocked_at.is_(None))
    .values(blocked_at=bindparam("at"), block_reason=bindparam("reason"))
)


class Performer:
    """Carries out writes on one connection, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, scribe: Scribe) -> None:
        self.connection = connection
        self._scribe = scribe
        self._perform: Final[dict[type[object], Callable[..., bool]]] = {
            SpendStep: self._spend_step,
            SpendBackupCode: self._spend_backup_code,
            SpendBypass: self._spend_bypass,
            SpendState: self._spend_state,
            MintState: self._mint_state,
            ConfirmEpoch: self._confirm_epoch,
            SetFailures: self._set_failures,
            SetPrompts: self._set_prompts,
            NoteResync: self._note_resync,
            LearnDirectoryId: self._learn_directory_id,
            ReportFraud: self._report_fraud,
        }

    def perform(self, writes: tuple[Write, ...]) -> bool:
        """Carry out `writes` in order; False, and the rest not tried, at the first that does not take."""
        start = 0
        if len(writes) > 1:
            confirm, spend = writes[0], writes[1]
            if isinstance(confirm, ConfirmEpoch) and isinstance(spend, SpendStep):
                # What every login by code starts with is one statement, and gives the interpreter away once.
                if not self._spend_step_in_epoch(confirm, spend):
                    return False
                start = 2
        perform = self._perform
        for write in writes[start:]:  # noqa: SIM110 - a generator would take as long as SQLite does
            if not perform[type(write)](write):
                return False
        return True

    # --- conditional ----------------------------------------------------------------------------------------------

    def _spend_step(self, write: SpendStep) -> bool:
        values = (write.step, write.drift, write.method, write.step)
        return self.connection.execute(_SPEND_STEP.sql, values).rowcount == 1

    def _spend_step_in_epoch(self, confirm: ConfirmEpoch, spend: SpendStep) -> bool:
        values = (spend.step, spend.drift, spend.method, spend.step, confirm.user, confirm.epoch)
        return self.connection.execute(_SPEND_STEP_IN_EPOCH.sql, values).rowcount == 1

    def _spend_backup_code(self, write: SpendBackupCode) -> bool:
        return _SPEND_CODE.change(self.connection, method=write.method, digest=write.digest) == 1

    def _spend_bypass(self, write: SpendBypass) -> bool:
        at, user, application = write.at, write.user, write.application
        values = (at, application, write.source, write.bypass, user, at, application, user, write.epoch)
        taken = self.connection.execute(_SPEND_BYPASS.sql, values).rowcount == 1
        if taken:
            self.connection.execute(_BUMP.sql, (user,))
        return taken

    def _spend_state(self, write: SpendState) -> bool:
        return _SPEND_STATE.change(self.connection, digest=write.digest) == 1

    def _mint_state(self, write: MintState) -> bool:
        challenge = write.challenge
        minted = _MINT_STATE.change(
            self.connection,
            digest=challenge.digest,
            group_id=challenge.group,
            user_id=challenge.user,
            application_id=challenge.application,
            epoch=challenge.epoch,
            expires_at=challenge.expires_at,
            body=challenge_body(challenge),
        )
        return minted == 1

    def _confirm_epoch(self, write: ConfirmEpoch) -> bool:
        return self.connection.execute(_CONFIRM.sql, (write.user, write.epoch)).fetchone() is not None

    # --- always taken ---------------------------------------------------------------------------------------------

    def _set_failures(self, write: SetFailures) -> bool:
        failures = write.failures
        values = (int(write.bump), failures_text(failures.recent), failures.locked_until, write.user)
        self.connection.execute(_SET_FAILURES.sql, values)
        return True

    def _set_prompts(self, write: SetPrompts) -> bool:
        _SET_PROMPTS.run(
            self.connection,
            user=write.user,
            prompts=instants_text(write.prompts.refused),
            off_until=write.prompts.off_until,
            bump=int(write.bump),
        )
        return True

    def _note_resync(self, write: NoteResync) -> bool:
        _NOTE_RESYNC.run(self.connection, method=write.method, counter=write.counter)
        return True

    def _learn_directory_id(self, write: LearnDirectoryId) -> bool:
        _LEARN.run(self.connection, user=write.user, directory=write.directory_id)
        return True

    def _report_fraud(self, write: ReportFraud) -> bool:
        _BUMP.run(self.connection, user=write.user)
        because = AuditEvent.USER_FRAUD.value
        bypasses.cancel_of_user(self.connection, self._scribe, write.user, because=because, now=write.at)
        if write.block is not None:
            _BLOCK.run(self.connection, user=write.user, at=write.at, reason=write.block)
        return True


_CONDITIONAL: Final = frozenset({SpendStep, SpendBackupCode, SpendBypass, SpendState, MintState, ConfirmEpoch})


def needs_undoing(writes: tuple[Write, ...]) -> bool:
    """Tell whether a write may be refused after another has changed something."""
    if len(writes) == 1:
        return False
    changed = False
    for write in writes:
        kind = type(write)
        if changed and kind in _CONDITIONAL:
            return True
        changed = changed or kind is not ConfirmEpoch
    return False
