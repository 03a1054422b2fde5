"""
The client of an LDAP directory, against one in memory whose connections fail as the test wants.
"""

from collections.abc import AsyncIterator

import pytest

from tests.unit.upstream.primary.fake_ldap import (
    ALICE,
    DONE,
    ENTRY,
    PASSWORD,
    SERVICE,
    UUID,
    FakeLdap,
    turns,
    wellbehaved,
)
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.upstream.primary.ldap import MOST_CHECKS, PAUSE_SECONDS
from watchword.upstream.primary.ldap_pool import AGE_SECONDS, IDLE_SECONDS, MOST_KEPT
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError
from watchword.wire.ldap.filter_text import format_filter
from watchword.wire.ldap.messages import (
    BindRequest,
    BindResponse,
    Request,
    Response,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    UnbindRequest,
    notice_of_disconnection,
)
from watchword.wire.ldap.results import LdapResult, ResultCode

AWAY = PrimaryVerdict.AWAY


@pytest.fixture
async def ldap() -> AsyncIterator[FakeLdap]:
    ldap = FakeLdap()
    yield ldap
    ldap.client.close()
    await turns()
    assert ldap.world.faults == []
    assert len(ldap.tasks) == 0
    assert ldap.open_links == []
    assert len(ldap.world.timers) == 0


def away(words: str) -> PrimaryResult:
    return PrimaryResult(verdict=AWAY, checked_by="people", detail=words)


async def test_a_user_is_searched_for_under_the_service_account_and_bound_as_on_another_connection(
    ldap: FakeLdap,
) -> None:
    result = await ldap.check()

    assert result == PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="people", by_directory=True, directory_id=UUID
    )
    search_link, bind_link = ldap.links
    assert [type(request) for request in search_link.requests] == [BindRequest, SearchRequest]
    assert [type(request) for request in bind_link.requests] == [BindRequest, UnbindRequest]
    assert (ldap.binds_as(SERVICE), ldap.binds_as(ALICE)) == (1, 1)
    assert bind_link.closed
    assert not search_link.closed


async def test_the_search_asks_for_no_more_than_is_needed(ldap: FakeLdap) -> None:
    await ldap.check(name="a*")

    (search,) = (request for request in ldap.requests if isinstance(request, SearchRequest))
    assert (search.base, search.size_limit, search.time_limit) == ("dc=example,dc=test", 2, 3)
    assert search.attributes == ("objectGUID", "entryUUID", "nsUniqueId", "GUID")
    assert format_filter(search.filter) == r"(|(uid=a\2a)(sAMAccountName=a\2a)(userPrincipalName=a\2a))"


async def test_one_connection_serves_search_after_search(ldap: FakeLdap) -> None:
    for _ in range(5):
        assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED

    assert (ldap.binds_as(SERVICE), ldap.binds_as(ALICE)) == (1, 5)
    assert len(ldap.open_links) == 1


async def test_a_wrong_password_is_one_bind(ldap: FakeLdap) -> None:
    result = await ldap.check(password="wrong")

    assert (result.verdict, result.by_directory) == (PrimaryVerdict.REJECTED, True)
    assert ldap.binds_as(ALICE) == 1


@pytest.mark.parametrize("error", [None, ConnectionResetError(104, "Connection reset by peer")])
async def test_a_bind_whose_answer_is_lost_is_not_tried_again(ldap: FakeLdap, error: Exception | None) -> None:
    """The directory may have counted it (L8)."""
    await ldap.check()
    ldap.answering = lambda request: None if isinstance(request, BindRequest) else wellbehaved(request)
    told = ldap.begin(password="wrong")
    await turns()
    ldap.links[-1].hang_up(error)
    await turns()

    reset = "the connection was lost" if error is None else "the connection was lost: Connection reset by peer"
    assert told.result() == away(reset)
    assert ldap.binds_as(ALICE) == 2


async def test_a_search_whose_kept_connection_was_closed_goes_over_a_fresh_one(ldap: FakeLdap) -> None:
    await ldap.check()
    ldap.links[0].hang_up()

    assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED
    assert ldap.binds_as(SERVICE) == 2


async def test_a_search_whose_kept_connection_breaks_goes_over_a_fresh_one(ldap: FakeLdap) -> None:
    await ldap.check()
    ldap.answering = lambda request: None if isinstance(request, SearchRequest) else wellbehaved(request)
    told = ldap.begin()
    await turns()
    ldap.answering = wellbehaved
    ldap.links[0].hang_up()
    await turns()

    assert told.result().verdict is PrimaryVerdict.ACCEPTED
    assert (ldap.binds_as(SERVICE), ldap.binds_as(ALICE)) == (2, 2)


async def test_a_kept_connection_that_says_nothing_costs_a_third_of_the_time(ldap: FakeLdap) -> None:
    await ldap.check()
    ldap.answering = lambda request: None if isinstance(request, SearchRequest) else wellbehaved(request)
    told = ldap.begin()
    await turns()
    ldap.answering = wellbehaved

    await ldap.pass_time(0.9)
    assert not told.done()
    await ldap.pass_time(0.3)

    assert told.result().verdict is PrimaryVerdict.ACCEPTED
    assert ldap.links[0].aborted
    assert ldap.binds_as(ALICE) == 2


@pytest.mark.parametrize("code", [ResultCode.OPERATIONS_ERROR, ResultCode.INSUFFICIENT_ACCESS_RIGHTS, ResultCode.BUSY])
async def test_a_kept_connection_that_cannot_search_any_more_is_replaced(ldap: FakeLdap, code: ResultCode) -> None:
    await ldap.check()
    first = ldap.links[0]

    def fails_there(request: Request) -> tuple[Response, ...]:
        if isinstance(request, SearchRequest) and not first.closed:
            return (SearchResultDone(result=LdapResult(code=code)),)
        return wellbehaved(request)

    ldap.answering = fails_there

    assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED
    assert first.closed
    assert isinstance(first.requests[-1], UnbindRequest)


async def test_what_a_fresh_connection_says_stands(ldap: FakeLdap) -> None:
    done = SearchResultDone(result=LdapResult(code=ResultCode.BUSY, diagnostic_message="later"))
    ldap.answering = lambda request: (done,) if isinstance(request, SearchRequest) else wellbehaved(request)

    assert await ldap.check() == away("the search for the user failed: busy (51) later")
    assert ldap.open_links == []


async def test_references_are_passed_over(ldap: FakeLdap) -> None:
    elsewhere = SearchResultReference(uris=("ldap://elsewhere.invalid/",))
    found = (elsewhere, ENTRY, elsewhere, DONE)
    ldap.answering = lambda request: found if isinstance(request, SearchRequest) else wellbehaved(request)

    assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((DONE,), PrimaryVerdict.UNKNOWN),
        ((ENTRY, ENTRY, DONE), PrimaryVerdict.AMBIGUOUS),
        (
            (ENTRY, SearchResultDone(result=LdapResult(code=ResultCode.SIZE_LIMIT_EXCEEDED))),
            PrimaryVerdict.AMBIGUOUS,
        ),
        ((SearchResultEntry(name="", attributes=()), DONE), AWAY),
    ],
)
async def test_without_exactly_one_entry_nobody_is_bound_as(
    ldap: FakeLdap, found: tuple[Response, ...], verdict: PrimaryVerdict
) -> None:
    ldap.answering = lambda request: found if isinstance(request, SearchRequest) else wellbehaved(request)

    result = await ldap.check()

    assert (result.verdict, result.by_directory, result.directory_id) == (verdict, False, None)
    assert [request.name for request in ldap.requests if isinstance(request, BindRequest)] == [SERVICE]


async def test_far_more_than_was_asked_for_is_not_taken_in(ldap: FakeLdap) -> None:
    flood = (SearchResultReference(uris=("ldap://elsewhere.invalid/",)),) * 64
    ldap.answering = lambda request: flood if isinstance(request, SearchRequest) else wellbehaved(request)

    assert await ldap.check() == away("it answers with far more than was asked for")


@pytest.mark.parametrize("password", ["", "\0", "a\0b"])
async def test_a_password_that_proves_nothing_is_not_sent(ldap: FakeLdap, password: str) -> None:
    result = await ldap.check(password=password)

    assert (result.verdict, result.by_directory) == (PrimaryVerdict.REJECTED, False)
    assert ldap.links == []


async def test_a_name_that_cannot_be_asked_for_is_nobodys(ldap: FakeLdap) -> None:
    assert (await ldap.check(name="\udcff")).verdict is PrimaryVerdict.UNKNOWN
    assert ldap.links == []


@pytest.mark.parametrize("kind", [BindRequest, SearchRequest])
async def test_a_directory_that_hangs_is_away_when_its_time_is_over(ldap: FakeLdap, kind: type[Request]) -> None:
    ldap.answering = lambda request: None if isinstance(request, kind) else wellbehaved(request)
    told = ldap.begin()
    await turns()

    await ldap.pass_time(2.9)
    assert not told.done()
    await ldap.pass_time(0.3)

    assert told.result() == away("no answer came in time")
    assert ldap.open_links == []


async def test_the_attempts_deadline_counts_where_it_is_earlier(ldap: FakeLdap) -> None:
    ldap.answering = lambda _: None
    told = ldap.begin(seconds=0.5)
    await turns()

    await ldap.pass_time(0.7)

    assert told.result() == away("no answer came in time")


async def test_an_attempt_whose_time_is_over_is_not_begun(ldap: FakeLdap) -> None:
    told = ldap.begin(seconds=0)

    assert told.result() == away("no time was left")
    assert ldap.links == []


async def test_a_directory_that_cannot_be_reached_is_away(ldap: FakeLdap) -> None:
    ldap.unreachable = "Connection refused"

    assert await ldap.check() == away("Connection refused")


async def test_a_directory_that_goes_away_before_the_bind_is_away(ldap: FakeLdap) -> None:
    await ldap.check()
    ldap.unreachable = "Connection refused"

    assert await ldap.check() == away("Connection refused")
    assert ldap.binds_as(ALICE) == 1


async def test_a_service_account_that_is_refused_is_tried_again_after_a_pause(ldap: FakeLdap) -> None:
    """Each try is a strike at the directory: a thousand logins must not lock the account that all of them need."""
    refused = BindResponse(result=LdapResult(code=ResultCode.INVALID_CREDENTIALS, diagnostic_message="no\nway"))
    ldap.answering = lambda request: (refused,) if isinstance(request, BindRequest) else wellbehaved(request)
    results = [await ldap.check() for _ in range(3)]

    assert results == [away(f"the bind as {SERVICE} failed: invalid credentials (49) no way")] * 3
    assert ldap.binds_as(SERVICE) == 1
    ldap.answering = wellbehaved
    await ldap.pass_time(PAUSE_SECONDS)
    assert [(await ldap.check()).verdict for _ in range(2)] == [PrimaryVerdict.ACCEPTED] * 2
    assert ldap.binds_as(SERVICE) == 2


async def test_a_service_account_that_is_refused_for_another_reason_is_tried_again_at_once(ldap: FakeLdap) -> None:
    busy = BindResponse(result=LdapResult(code=ResultCode.BUSY))
    ldap.answering = lambda request: (busy,) if isinstance(request, BindRequest) else wellbehaved(request)

    results = [await ldap.check() for _ in range(2)]

    assert results == [away(f"the bind as {SERVICE} failed: busy (51)")] * 2
    assert ldap.binds_as(SERVICE) == 2


async def test_without_a_service_account_searches_are_nobodys() -> None:
    ldap = FakeLdap(service=False)

    assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED

    assert [type(request) for request in ldap.links[0].requests] == [SearchRequest]
    ldap.client.close()


async def test_a_directory_that_breaks_the_protocol_is_away(ldap: FakeLdap) -> None:
    ldap.answering = lambda _: None
    told = ldap.begin()
    await turns()
    ldap.links[0].say(b"HTTP/1.1 400 Bad Request\r\n")
    await turns()

    assert told.result() == away("it does not keep to the protocol: unexpected-tag: LDAPMessage")
    assert ldap.links[0].aborted


async def test_a_notice_of_disconnection_ends_the_check_and_the_connection(ldap: FakeLdap) -> None:
    ldap.answering = lambda _: None
    told = ldap.begin()
    await turns()
    ldap.links[0].say(encode_message(notice_of_disconnection(ResultCode.UNAVAILABLE)))
    await turns()

    assert told.result() == away("it has ended the session")
    assert ldap.open_links == []


async def test_a_connection_on_which_something_came_unasked_is_not_used_again(ldap: FakeLdap) -> None:
    await ldap.check()
    ldap.links[0].say(encode_message(notice_of_disconnection(ResultCode.UNAVAILABLE)))
    await turns()

    assert ldap.open_links == []
    assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED


async def test_a_connection_that_nobody_uses_is_closed(ldap: FakeLdap) -> None:
    await ldap.check()
    await ldap.pass_time(IDLE_SECONDS - 1)
    assert len(ldap.open_links) == 1
    await ldap.check()
    await ldap.pass_time(IDLE_SECONDS - 1)
    assert len(ldap.open_links) == 1

    await ldap.pass_time(2)

    assert ldap.open_links == []
    assert isinstance(ldap.links[0].requests[-1], UnbindRequest)


async def test_a_connection_is_not_used_for_ever(ldap: FakeLdap) -> None:
    for _ in range(AGE_SECONDS // (IDLE_SECONDS - 10) + 1):
        assert ldap.binds_as(SERVICE) <= 1
        await ldap.check()
        await ldap.pass_time(IDLE_SECONDS - 10)

    await ldap.check()

    assert ldap.links[0].closed
    assert ldap.binds_as(SERVICE) == 2


async def test_a_connection_that_grew_old_while_nobody_used_it_is_not_used_again(ldap: FakeLdap) -> None:
    for _ in range(AGE_SECONDS // (IDLE_SECONDS - 15)):
        await ldap.pass_time(IDLE_SECONDS - 15)
        await ldap.check()
    assert ldap.binds_as(SERVICE) == 1

    await ldap.pass_time(IDLE_SECONDS - 10)
    await ldap.check()

    assert ldap.links[0].closed
    assert ldap.binds_as(SERVICE) == 2


async def test_only_so_many_connections_are_kept(ldap: FakeLdap) -> None:
    told = [ldap.begin() for _ in range(MOST_KEPT + 3)]
    await turns(40)

    assert {one.result().verdict for one in told} == {PrimaryVerdict.ACCEPTED}
    assert len(ldap.open_links) == MOST_KEPT


async def test_only_so_many_checks_run_at_once(ldap: FakeLdap) -> None:
    ldap.answering = lambda _: None
    told = [ldap.begin() for _ in range(MOST_CHECKS + 1)]
    await turns()

    assert [one.done() for one in told] == [False] * MOST_CHECKS + [True]
    assert told[-1].result() == away("too many logins wait for it")
    await ldap.pass_time(3.5)
    assert all(one.result() == away("no answer came in time") for one in told[:-1])
    ldap.answering = wellbehaved
    assert (await ldap.check()).verdict is PrimaryVerdict.ACCEPTED


async def test_whoever_waits_is_told_that_the_client_is_closed(ldap: FakeLdap) -> None:
    ldap.answering = lambda _: None
    told = ldap.begin()
    await turns()
    ldap.client.close()
    await turns()

    assert told.result() == away("it has just been changed or removed")
    assert await ldap.check() == away("it has just been changed or removed")
    assert ldap.open_links == []


async def test_whoever_has_only_just_asked_is_told_so_too(ldap: FakeLdap) -> None:
    told = ldap.begin()
    ldap.client.close()
    await turns()

    assert told.result() == away("it has just been changed or removed")
    assert ldap.links == []


async def test_what_is_kept_is_closed_with_the_client(ldap: FakeLdap) -> None:
    await ldap.check()
    assert len(ldap.open_links) == 1

    ldap.client.close()
    await turns()

    assert ldap.open_links == []
    assert isinstance(ldap.links[0].requests[-1], UnbindRequest)


def test_a_user_filter_that_is_none_is_found_at_once() -> None:
    with pytest.raises(LdapError):
        FakeLdap(user_filter="uid={username}")


async def test_a_bug_denies_and_is_reported(ldap: FakeLdap) -> None:
    def bug(_: Request) -> tuple[Response, ...]:
        raise ZeroDivisionError

    ldap.answering = bug

    assert await ldap.check() == away("an error in its client, which the log has")
    assert ldap.world.faults == ["ldap"]
    ldap.world.faults.clear()


async def test_what_is_wrong_with_an_account_is_said(ldap: FakeLdap) -> None:
    locked = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 775, v4563"
    result = LdapResult(code=ResultCode.INVALID_CREDENTIALS, diagnostic_message=locked)

    def answer(request: Request) -> tuple[Response, ...]:
        if isinstance(request, BindRequest) and request.name == ALICE:
            return (BindResponse(result=result),)
        return wellbehaved(request)

    ldap.answering = answer

    assert await ldap.check() == PrimaryResult(
        verdict=PrimaryVerdict.REFUSED,
        checked_by="people",
        by_directory=True,
        detail="the account is locked (775)",
        directory_id=UUID,
    )


async def test_no_result_shows_the_password(ldap: FakeLdap) -> None:
    results = [await ldap.check(), await ldap.check(password="canary")]

    assert PASSWORD not in repr(results)
    assert "canary" not in repr(results)
