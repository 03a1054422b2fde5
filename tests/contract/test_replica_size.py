"""
What a replica costs: octets on the line, at rest and for one change, and that it grows with those who have tokens only.
"""

from pathlib import Path

from tests.contract.folder import Folder
from tests.fakes.apart_world import SEED, Office, Outpost, turns
from watchword.domain.methods import Hotp, Method, MethodId, MethodKind
from watchword.domain.secrets import Secret
from watchword.domain.users import User, UserId, names_of
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.ports.records import Changer
from watchword.wire.channel.messages import Replica, Told

USERS = 1_000


async def test_what_a_replica_costs(folder: Folder, tmp_path: Path) -> None:
    office, clock = Office(folder), SystemClock()

    def people(changer: Changer) -> None:
        for number in range(USERS):
            name = f"somebody-{number:05}@example.org"
            user = UserId(folder.new())
            changer.add_user(User(id=user, username=name), names_of(name), at=0)
            token = Method(id=MethodId(folder.new()), kind=MethodKind.HOTP, detail=Hotp(secret=Secret(SEED)))
            changer.add_method(user, token, at=0)

    folder.change(people)
    office.vpn()
    server = Outpost(office, tmp_path / "server")
    told: list[int] = []

    def count(message: Told) -> bool:
        told.extend([len(message.body)] if isinstance(message, Replica) else [])
        return False

    server.lose = count
    began = clock.monotonic()
    await server.connect()
    while not server.replica.is_held:
        await turns()
    seconds = (clock.monotonic() - began) / NANOSECONDS
    whole = sum(told)
    told.clear()
    office.hotp(folder.user("one-more@example.org"))
    await turns()

    held = sum(file.stat().st_size for file in server.folder.glob("offline.db*"))
    print(f"{USERS} users: {whole} octets, {seconds:.2f} s, {held} octets at rest; one change: {told} octets")  # noqa: T201
    assert whole < 300 * USERS
    assert len(told) == 1
    assert told[0] < 600
    assert len(server.replica) == USERS + 1
    await office.tasks.stop()
    assert office.faults == []
