"""
How many requests a second the RADIUS listener answers by itself: `python -m bench.listener`.

A server process on one core has the real socket, codec, client table and retransmission cache, and a login that allows
at once. A generator on another core keeps a number of requests outstanding on loopback, every one of them a new login
with a password and Message-Authenticator, and checks the Response Authenticator of every answer. The figures tell what
the rest of a login may cost, not what Watchword does: `python -m bench` measures that.
"""

import argparse
import asyncio
import io
import multiprocessing
import os
import select
import socket
import time
from collections.abc import Callable
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from watchword.app.attempt import LoginAttempt
from watchword.app.directory import CurrentConfiguration
from watchword.domain.applications import Application, ApplicationId, ClientId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.secrets import Secret
from watchword.domain.verification import ActivityId, Allowed, Outcome, Reason
from watchword.kit.clock import SystemClock
from watchword.kit.metrics import Metrics
from watchword.kit.randomness import SystemRandomness
from watchword.kit.telemetry import Faults, LogForm, SeldomLog, open_log
from watchword.kit.timers import Timers
from watchword.listeners.access import AccessService
from watchword.listeners.clients import Clients
from watchword.listeners.duplicates import Room
from watchword.listeners.observations import ListenerObservations
from watchword.listeners.radius import RadiusPort, Surroundings
from watchword.listeners.sockets import UdpSocket, bind
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.client import access_request
from watchword.wire.radius.packet import Code
from watchword.wire.radius.shared_secret import SharedSecret

SECRET: Final = b"a secret of the benchmark alone"
HOST: Final = "127.0.0.1"
SERVER_CORE: Final = 0
GENERATOR_CORE: Final = 1
USERS: Final = 1_000


class Allowing:
    """A login that takes no time."""

    def __init__(self) -> None:
        self._outcome = Allowed(reason=Reason.CODE, activity=ActivityId(bytes(16)))

    def submit(self, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> "Allowing":
        """Allow it."""
        del attempt
        done(self._outcome)
        return self

    def cancel(self) -> None:
        """Nothing is left to cancel."""


def configuration() -> Configuration:
    """Return one application with one client: loopback."""
    application = Application(id=ApplicationId(bytes(16)), name="vpn")
    client = Client(
        id=ClientId(bytes(16)), application=application.id, network=ip_network("127.0.0.0/8"), secrets=(Secret(SECRET),)
    )
    return Configuration(applications={application.id: application}, clients=(client,))


def serve(core: int, told: Connection) -> None:
    """Serve until the parent process ends this one."""
    os.sched_setaffinity(0, {core})
    try:
        import uvloop  # noqa: PLC0415 - it is measured without it too
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(answer(told))


async def answer(told: Connection) -> None:
    """Open the port, tell where it is, and answer."""
    loop = asyncio.get_running_loop()
    clock, metrics, observations = SystemClock(), Metrics(), ListenerObservations()
    log = SeldomLog(open_log(clock=clock, stream=io.StringIO(), form=LogForm.JSON), clock=clock)
    surroundings = Surroundings(
        clock=clock,
        later=loop.call_later,
        metrics=metrics,
        log=log,
        fault=Faults(log, count=metrics.faults.add),
        observations=observations,
    )
    current = CurrentConfiguration(configuration())
    service = AccessService(
        login=Allowing(),
        current=current,
        timers=Timers(clock=clock, later=loop.call_later, fault=surroundings.fault),
        randomness=SystemRandomness(),
        surroundings=surroundings,
    )
    clients = Clients(current=current, observations=observations, room=Room(), later=loop.call_later)
    port = RadiusPort(service, clients=clients, can_complete=lambda: True, surroundings=surroundings)
    opened = UdpSocket(bind(HOST, 0), loop=loop, clock=clock, unsent=lambda: metrics.unsent.add("radius"))
    port.serve(opened)
    told.send((type(loop).__module__, opened.port))
    await asyncio.Event().wait()


def packets(count: int) -> list[bytes]:
    """Make requests, no two alike, whose identifiers go round."""
    secret, randomness = SharedSecret(SECRET), SystemRandomness()
    return [
        access_request(
            secret,
            identifier=number % 256,
            authenticator=randomness.octets(16),
            user_name=f"user{number % USERS}@example.org",
            password=b"a password,123456",
            attributes=((AttributeType.CALLING_STATION_ID, b"198.51.100.7"), (AttributeType.NAS_IDENTIFIER, b"vpn")),
        )
        for number in range(count)
    ]


def flood(port: int, requests: list[bytes], outstanding: int) -> tuple[int, float]:
    """Send every request, never more than so many unanswered, and return how many were answered in how many seconds."""
    secret = SharedSecret(SECRET)
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.connect((HOST, port))
    opened.settimeout(0)
    sent = 0
    answers: list[tuple[bytes, bytes]] = []
    authenticators: list[bytes] = [b""] * 256
    begun = time.perf_counter()
    while len(answers) < len(requests):
        while sent < len(requests) and sent - len(answers) < outstanding:
            authenticators[sent % 256] = requests[sent][4:20]
            opened.send(requests[sent])
            sent += 1
        if not select.select([opened], [], [], 1)[0]:
            break
        try:
            while True:
                reply = opened.recv(4096)
                answers.append((reply, authenticators[reply[1]]))
        except BlockingIOError:
            continue
    took = time.perf_counter() - begun
    opened.close()
    for reply, authenticator in answers:
        assert reply[0] == Code.ACCESS_ACCEPT
        assert secret.digest(reply[:4] + authenticator + reply[20:]) == reply[4:20]
    return len(answers), took


def processor_seconds(process: int | None) -> float:
    """Return how long a process has had a processor: other programs on the machine do not blur it much."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="requests a second of the RADIUS listener alone")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--outstanding", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(SERVER_CORE, there), daemon=True)
    server.start()
    loop, port = here.recv()
    print(f"event loop: {loop}; {options.outstanding} outstanding")
    try:
        for _ in range(options.rounds):
            requests = packets(options.requests)
            before = processor_seconds(server.pid)
            answered, took = flood(port, requests, options.outstanding)
            spent = processor_seconds(server.pid) - before
            print(
                f"{answered / took:,.0f} requests/s, {len(requests) - answered} lost; "
                f"{spent / answered * 1e6:.1f} µs of processor each, which allows {answered / spent:,.0f}",
                flush=True,
            )
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
