"""
What a portal tells a server that it hears: that it is one of its own no more, or that it is to make itself a new key.
"""

import pytest

from tests.fakes.line import ServerEnd, server_known
from tests.unit.web.channel.test_line import line, portal_alone, until
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.servers import Server


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (None, EnrolmentRefusal.UNKNOWN_SERVER),
        (server_known(revoked_at=1), EnrolmentRefusal.REVOKED),
        (server_known(alarmed_at=1), EnrolmentRefusal.CLONE),
    ],
)
async def test_a_server_whose_word_counts_no_more_is_told_so_at_its_next_word(
    known: Server | None, refusal: EnrolmentRefusal
) -> None:
    async with portal_alone() as portal:
        portal.heard.known = known
        server = ServerEnd(portal.bench, portal)
        try:
            await until(lambda: server.kept.refusal is not None)
            assert server.kept.refusal is not None
            assert server.kept.refusal.refusal is refusal
            assert server.obeyed.proof_keys == ()
            assert server.kept.heard_at is None
        finally:
            server.kept.stop()


@pytest.mark.parametrize("known", [server_known(renew_at=1), server_known(key_since=0)])
async def test_a_server_is_told_that_it_is_to_make_itself_a_new_key(known: Server) -> None:
    async with portal_alone() as portal:
        portal.heard.known = known
        server = ServerEnd(portal.bench, portal)
        try:
            await until(lambda: server.renewals)
            assert server.kept.heard_at is not None
        finally:
            server.kept.stop()


async def test_a_server_whose_key_is_new_is_told_nothing() -> None:
    async with line() as (_, server):
        await until(lambda: server.kept.heard_at)

        assert server.renewals == []
