"""
`doctor` looks at everything, and tells the worst first.
"""

from tests.fakes.office import ALICE, VPN, Office
from watchword.app.diagnose.checks import Level
from watchword.app.diagnose.doctor import Doctor
from watchword.app.manage.applications import ApplicationAdd
from watchword.domain.secrets import Secret
from watchword.ports.live import ClientObservation, Listening


async def test_where_everything_is_well_everything_that_was_looked_at_is_told(office: Office) -> None:
    await office.application()
    await office.user()
    await office.token()

    findings = await office.do("doctor", Doctor())

    assert {finding.level for finding in findings} == {Level.OK}
    assert {finding.check for finding in findings} == {
        "clock",
        "disk",
        "database",
        "keys",
        "clients",
        "directories",
        "users",
        "servers",
        "listeners",
    }


async def test_the_worst_is_told_first(office: Office) -> None:
    await office.do(
        "application.add",
        ApplicationAdd(
            name=VPN, clients=("10.0.0.0/8",), secret=Secret(b"x" * 16), message_authenticator=False, allow_wide=True
        ),
    )
    await office.user()
    office.clock.step(-3_600)
    office.free = 1 << 20
    configuration = await office.configuration()
    office.seen.sockets = [Listening(protocol="http", host="192.0.2.1", port=8080)]
    office.seen.observations = [
        ClientObservation(client=configuration.clients[0].id, address="10.1.2.3", without_authenticator=3)
    ]

    findings = await office.do("doctor", Doctor())

    levels = [finding.level for finding in findings]
    assert levels == sorted(levels, key=list(Level)[::-1].index)
    assert [finding.check for finding in findings if finding.level is Level.ERROR] == [
        "clock",
        "disk",
        "addresses",
        "clients",
    ]
    assert [finding.check for finding in findings if finding.level is Level.WARNING] == [
        "secrets",
        "message-authenticator",
        "networks",
    ]
    assert [finding.sentence for finding in findings if finding.level is Level.ADVICE] == [
        f"without a second step, and so denied: {ALICE}"
    ]
    assert all(finding.advice for finding in findings if finding.level is not Level.OK)


async def test_what_clients_do_cannot_be_seen_while_nothing_runs(office: Office) -> None:
    office.stop()

    (finding,) = [one for one in await office.do("doctor", Doctor()) if one.check == "listeners"]

    assert finding.level is Level.ADVICE


async def test_a_key_that_was_made_long_ago_is_told(office: Office) -> None:
    office.clock.advance(366 * 86_400)

    (finding,) = [one for one in await office.do("doctor", Doctor()) if one.check == "keys"]

    assert finding.sentence == "the sealing key (version 1) is 366 days old"
