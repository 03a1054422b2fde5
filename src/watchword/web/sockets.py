"""
TCP and Unix sockets on which HTTP is served, and the way to the control socket from the command line.

Here is nothing but the standard library, so that an address that cannot be had is told before RADIUS serves and before
the web framework is imported, and so that the command line starts quickly.
"""

import errno
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

BACKLOG: Final = 1_024
"""Connections that the kernel completes while we are busy."""

CONTROL: Final = "control.sock"
"""Name of the control socket in the data folder."""

_ONLY_OWNER: Final = 0o177
"""What a umask takes away so that a socket is left with mode 0600."""

_LONGEST_PATH: Final = 107
"""Octets of a Unix socket's path without the NUL behind it: unix(7)."""


class ServeError(Exception):
    """HTTP cannot be served as it was asked; the text is a sentence that says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """
    Listen for TCP connections.

    Args:
        host: an address of this machine, a name for one, or a wildcard; `::` takes no IPv4.
        port: 0 for any that is free.

    Raises:
        ServeError: it cannot be had.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise ServeError(f"{host} is neither an address nor a name of this machine; give an address") from error
    # A name that has both kinds means IPv4 to whoever writes 127.0.0.1 elsewhere.
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port whose last connections still linger can be had again at once; one that is listened at cannot.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
        opened.settimeout(0)
    except OSError as error:
        opened.close()
        raise ServeError(_sentence(error, where)) from error
    return opened


def _sentence(error: OSError, where: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where} is in use by another program; stop that one, or choose another with --http"
        case errno.EADDRNOTAVAIL:
            return f"{where} is no address of this machine; choose one that it has, or 0.0.0.0 or [::], with --http"
        case errno.EACCES | errno.EPERM:
            return f"{where} may not be bound by this user; take a port from 1024 on, or grant CAP_NET_BIND_SERVICE"
        case _:
            return f"{where} cannot be bound: {error.strerror}"


def listen_control(data: Path) -> socket.socket:
    """
    Listen at the control socket of a data folder whose lock this process holds.

    A socket that an earlier process has left there is removed; what is no socket stays.

    Raises:
        ServeError: it cannot be had.
    """
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _path(data) as path:
            with suppress(FileNotFoundError):
                if stat.S_ISSOCK(os.lstat(path).st_mode):
                    Path(path).unlink()
            # Between bind and a later chmod anybody could connect.
            before = os.umask(_ONLY_OWNER)
            try:
                opened.bind(path)
            finally:
                os.umask(before)
        opened.listen(BACKLOG)
        opened.settimeout(0)
    except OSError as error:
        opened.close()
        raise ServeError(f"{data / CONTROL} cannot be made: {error.strerror}; look at the folder's rights") from error
    return opened


def remove_control(data: Path) -> None:
    """Take the control socket away; the process still holds the lock."""
    with suppress(OSError):
        (data / CONTROL).unlink()


def connect_control(data: Path, *, seconds: float) -> socket.socket:
    """
    Connect to the process that serves a data folder.

    Raises:
        OSError: nobody listens there, or nobody takes the connection in `seconds`.
    """
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.settimeout(seconds)
        with _path(data) as path:
            opened.connect(path)
    except OSError:
        opened.close()
        raise
    return opened


@contextmanager
def _path(data: Path) -> Iterator[str]:
    """Yield a path of the control socket that a socket address can hold."""
    path = str(data / CONTROL)
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield path
        return
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{CONTROL}"
    finally:
        os.close(folder)


def tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """
    Return what TLS is served with: 1.2 and 1.3, as the standard library chooses ciphers.

    Args:
        certificate: PEM, ours first and then those that lead to the authority.
        key: PEM, without a passphrase.

    Raises:
        ServeError: they cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # A passphrase would be asked for on a terminal that nobody watches.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        reason = "do not fit together or are no PEM" if isinstance(error, ssl.SSLError) else f"cannot be read: {error}"
        raise ServeError(f"the certificate {certificate} and the key {key} {reason}") from error
    return context
