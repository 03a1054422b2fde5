"""
What has to be done now and then, in small steps.
"""

from tests.fakes.office import ALICE, Office
from watchword.app import upkeep
from watchword.app.enrol import MethodAdd, MethodType
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.keys import KeyRotate
from watchword.app.manage.report import BypassList
from watchword.app.manage.settings import SettingSet
from watchword.app.upkeep import CHORES, STEP, wait_after
from watchword.domain.bypass import BypassState

DAY = 86_400


async def test_what_has_expired_is_swept_and_bypasses_that_ran_out_stay_for_the_report(office: Office) -> None:
    await office.user()
    await office.do("method.add", MethodAdd(user=ALICE, type=MethodType.PUSH))
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", seconds=60))
    assert await upkeep.sweep(office.context) == 0
    office.clock.advance(600)

    assert await upkeep.sweep(office.context) == 2
    assert await upkeep.sweep(office.context) == 0
    assert (await office.person()).methods == ()
    (row,) = await office.do("bypass.list", BypassList(all=True))
    assert (row.state, row.ended_at) == (BypassState.EXPIRED, row.expires_at)


async def test_what_happened_is_kept_as_long_as_the_organisation_says(office: Office) -> None:
    await office.do("setting.set", SettingSet(name="retention.days", value=30))
    await office.user()
    office.clock.advance(30 * DAY)
    assert await upkeep.retire(office.context) == 0
    office.clock.advance(1)

    assert await upkeep.retire(office.context) > 0
    assert (await office.context.upkeep.verify_chain()).whole


async def test_what_is_sealed_under_an_older_key_is_sealed_anew(office: Office) -> None:
    await office.user()
    await office.token()
    assert await upkeep.reseal(office.context) == 0
    await office.do("key.rotate", KeyRotate())

    assert await upkeep.reseal(office.context) == 0
    assert [method.detail for method in (await office.person()).methods]


def test_a_full_step_is_followed_by_another_one_at_once() -> None:
    for chore in CHORES:
        assert wait_after(chore, 0) == wait_after(chore, STEP - 1) == chore.seconds
        assert wait_after(chore, STEP) == 0


async def test_every_chore_can_be_done_on_an_empty_store(office: Office) -> None:
    assert [await chore.step(office.context) for chore in CHORES] == [0] * len(CHORES)
    names = "sweep retire count index index-audit forget-counts reseal"
    assert " ".join(chore.name for chore in CHORES) == names
