"""
Hosts of their own: network namespaces on one wire, which can be cut for each, made to lose and slowed.

Only threads of this process move between them (`Host.inside`): what is started or connected meanwhile is on that host,
and stays there. Files and users are the machine's. What was made goes away at the end of the block, and what a test
left behind that was killed goes away with the next one; all of it is named after the process that made it.
"""

import ctypes
import itertools
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.slow_wire import SlowWire

_NAMESPACES: Final = Path("/run/netns")
_CLONE_NEWNET: Final = 0x40000000
_NUMBERS: Final = itertools.count(1)
_LIBC: Final = ctypes.CDLL(None, use_errno=True)

_TABLE: Final = "inet faults"
_BEGIN: Final = (
    f"add table {_TABLE}; add chain {_TABLE} input {{ type filter hook input priority 0; }}; flush chain {_TABLE} input"
)


def _enter(descriptor: int) -> None:
    """Move this thread into a network namespace."""
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def _being(descriptor: int) -> Iterator[None]:
    """Have this thread be in a network namespace while the block runs."""
    before = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(descriptor)
        try:
            yield
        finally:
            _enter(before)
    finally:
        os.close(before)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _open_namespace(name: str) -> int:
    return os.open(_NAMESPACES / name, os.O_RDONLY | os.O_CLOEXEC)


class Host:
    """A host of a `Lan`."""

    def __init__(self, lan: "Lan", name: str, number: int) -> None:
        """Put it on the wire."""
        self.name = name
        self.address = f"10.77.0.{number}"
        self.network = f"10.{100 + number}.0.0/16"
        self._lan = lan
        self._namespace = f"{lan.prefix}-{name}"
        self._port = f"port{number}"
        self._spare = f"spare{number}"
        self._rules: list[str] = []
        self._slow: SlowWire | None = None
        self._hosts = itertools.count(1)
        _ip("netns", "add", self._namespace)
        self._descriptor = _open_namespace(self._namespace)
        near = ("-n", self._namespace)
        _ip("-n", lan.namespace, "link", "add", self._port, "type", "veth", "peer", "eth0", "netns", self._namespace)
        _ip("-n", lan.namespace, "link", "set", self._port, "master", "bridge0", "up")
        _ip(*near, "address", "add", f"{self.address}/24", "dev", "eth0")
        _ip(*near, "link", "set", "eth0", "up")
        _ip(*near, "link", "set", "lo", "up")
        _ip(*near, "route", "add", "default", "via", lan.gateway)
        _ip(*near, "route", "add", "local", self.network, "dev", "lo")
        _ip("-n", lan.namespace, "route", "add", self.network, "via", self.address)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have this thread be on this host while the block runs."""
        with _being(self._descriptor):
            yield

    def stay(self) -> None:
        """Have this thread be on this host for good: for threads of a pool."""
        _enter(self._descriptor)

    def another_address(self) -> str:
        """Return an address of this host that nothing was sent from before; all are in `network`."""
        number = next(self._hosts)
        return f"{self.network.removesuffix('.0.0/16')}.{number // 250}.{number % 250 + 1}"

    # --- what goes wrong on its wire

    def loses(self, source: "Host", percent: int = 100) -> None:
        """Lose what comes from another host from now on: all of it, or so many of a hundred packets."""
        some = "" if percent == 100 else f"numgen random mod 100 < {percent} "
        self._rules.append(f"add rule {_TABLE} input ip saddr {source.address} {some}drop")
        self._filter()

    def slows(self, seconds: float) -> None:
        """Let everything that comes and goes take so much longer."""
        assert self._slow is None
        lan = ("-n", self._lan.namespace)
        _ip(*lan, "link", "add", self._spare, "type", "veth", "peer", "name", f"{self._spare}b")
        _ip(*lan, "link", "set", f"{self._spare}b", "master", "bridge0", "up")
        _ip(*lan, "link", "set", self._spare, "up")
        _ip(*lan, "link", "set", self._port, "nomaster")
        with self._lan.inside():
            self._slow = SlowWire(self._port, self._spare, seconds)

    def heal(self) -> None:
        """Let its wire be whole again."""
        if self._rules:
            self._rules.clear()
            self._filter()
        slow, self._slow = self._slow, None
        if slow is not None:
            slow.close()
            _ip("-n", self._lan.namespace, "link", "delete", self._spare)
            _ip("-n", self._lan.namespace, "link", "set", self._port, "master", "bridge0")

    def _filter(self) -> None:
        with self.inside():
            subprocess.run(["nft", "; ".join((_BEGIN, *self._rules))], check=True, capture_output=True)

    def close(self) -> None:
        """Take it off the wire."""
        if self._slow is not None:
            self._slow.close()
        os.close(self._descriptor)
        _ip("netns", "delete", self._namespace)


class Lan:
    """One wire, and the hosts on it."""

    def __init__(self) -> None:
        """Make the wire."""
        self.prefix = f"watchword{os.getpid()}n{next(_NUMBERS)}"
        self.namespace = f"{self.prefix}-lan"
        self.gateway = "10.77.0.254"
        self._hosts: list[Host] = []
        _ip("netns", "add", self.namespace)
        self._descriptor = _open_namespace(self.namespace)
        lan = ("-n", self.namespace)
        # A bridge without an address of its own takes a port's, and another one when ports come and go.
        _ip(*lan, "link", "add", "bridge0", "address", "02:00:00:00:00:01", "type", "bridge")
        _ip(*lan, "address", "add", f"{self.gateway}/24", "dev", "bridge0")
        _ip(*lan, "link", "set", "bridge0", "up")
        with self.inside():
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have this thread be where all the wires come together while the block runs."""
        with _being(self._descriptor):
            yield

    def host(self, name: str) -> Host:
        """Put another host on the wire."""
        made = Host(self, name, len(self._hosts) + 1)
        self._hosts.append(made)
        return made

    def close(self) -> None:
        """Take everything away."""
        for host in self._hosts:
            host.close()
        os.close(self._descriptor)
        _ip("netns", "delete", self.namespace)


def cut(one: Host, other: Host) -> None:
    """Let nothing pass between two hosts, until both are healed."""
    one.loses(other)
    other.loses(one)


@contextmanager
def wired() -> Iterator[Lan]:
    """Have a wire for hosts while the block runs."""
    if os.geteuid():
        pytest.skip("hosts of their own take root")
    _sweep()
    try:
        lan = Lan()
    except subprocess.CalledProcessError as error:
        if b"not permitted" not in error.stderr:
            raise
        pytest.skip("this machine lets nobody make network namespaces")
    try:
        yield lan
    finally:
        lan.close()


def _sweep() -> None:
    """Take away what processes have left behind that are gone."""
    left = _NAMESPACES.iterdir() if _NAMESPACES.is_dir() else ()
    for found in left:
        made_by = re.match(r"watchword(\d+)n", found.name)
        if made_by is not None and not Path(f"/proc/{made_by[1]}").exists():
            subprocess.run(["ip", "netns", "delete", found.name], check=False, capture_output=True)
