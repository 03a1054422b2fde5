"""
`watchword server install`: a systemd unit for an MFA server, with as few rights as it needs.
"""

import os
import pwd
import stat
import sys
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from watchword.cli.families import Here
from watchword.cli.session import Refused

UNIT: Final = Path("/etc/systemd/system/watchword-server.service")

_MARK: Final = "# Written by `watchword server install`, which replaces it.\n"

_TEXT: Final = (
    _MARK
    + """[Unit]
Description=Watchword MFA server
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User={user}
ExecStart={command}
Restart=always
RestartSec=2
TimeoutStopSec=30
LimitNOFILE=65536
UMask=0077
ReadWritePaths={data}
CacheDirectory=watchword-server
CacheDirectoryMode=0700
AmbientCapabilities={capabilities}
CapabilityBoundingSet={capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
)

_PRIVILEGED: Final = 1024

UNSEEN: Final = (Path("/tmp"), Path("/var/tmp"), Path("/home"), Path("/root"), Path("/run/user"))  # noqa: S108
"""Where a unit with `PrivateTmp` and `ProtectHome` sees nothing."""

_ELSEWHERE: Final = "`install -D -m 755 -t /usr/local/lib/watchword {name}` puts it where it can be run from"


def install(
    *,
    radius: str | None = None,
    user: str | None = None,
    unit: Path = UNIT,
    print_: Annotated[bool, Parameter(name="--print")] = False,
    session: Here,
) -> None:
    """
    Write a systemd unit that runs this MFA server, and say how to start it. It is run as root.

    Args:
        radius: HOST:PORT of RADIUS, as `watchword server run` takes it.
        user: the user that it runs as, by default the one that the data folder belongs to.
        unit: the file.
        print_: print the unit, and write nothing.
    """
    data = session.data.absolute()
    if not data.is_dir():
        raise Refused(f"there is no folder {data}; `watchword server activate` makes it")
    owner = user or _owner(data)
    written = unit_text(_program(), data, radius=radius, user=owner)
    if print_:
        if session.as_json:
            session.document({"unit": written, "user": owner})
        else:
            session.terminal.stdout.write(written)
        return
    try:
        if unit.exists() and not unit.read_text(encoding="utf-8").startswith(_MARK):
            raise Refused(f"{unit} was written by somebody else; remove it, or name another file with --unit")
        temporary = unit.with_name(f".{unit.name}.new")
        temporary.write_text(written, encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(unit)
    except OSError as error:
        raise Refused(f"{unit} cannot be written: {error.strerror}") from error
    notes = [f"`systemctl daemon-reload && systemctl enable --now {unit.stem}` starts it"]
    if owner == "root":
        notes.append(
            f"it runs as root; better: `useradd --system --home-dir {data} watchword && chown -R watchword {data}`,"
            " and install again"
        )
    session.done({"unit": str(unit), "user": owner, "notes": notes}, f"wrote {unit}")


def unit_text(program: tuple[str, ...], data: Path, *, radius: str | None, user: str) -> str:
    """
    Return the unit.

    Args:
        program: what starts Watchword.
        data: the folder, absolute.
        radius: HOST:PORT, None for the default.
        user: who it runs as.
    """
    command = [*program, "server", "run", "--data", str(data), *(() if radius is None else ("--radius", radius))]
    port = "" if radius is None else radius.rpartition(":")[2]
    low = port.isdecimal() and 0 < int(port) < _PRIVILEGED
    return _TEXT.format(
        user=user,
        command=" ".join(map(_quoted, command)),
        data=_quoted(str(data)),
        capabilities="CAP_NET_BIND_SERVICE" if low else "",
        home="read-only" if data.parts[1:2] in (("home",), ("root",)) else "yes",
    )


def _quoted(word: str) -> str:
    """Return a word as a unit has it (systemd.syntax(7), systemd.unit(5))."""
    if not word.isprintable():
        raise Refused("a path with control characters cannot stand in a unit")
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _program() -> tuple[str, ...]:
    """Return what started this very command. Raises `Refused` where the service could not start it, or others could."""
    file = sys._xoptions.get("watchword")  # noqa: SLF001 - documented, and what the one file says of itself
    if isinstance(file, str):
        return sys.executable, "-I", str(served(Path(file)))
    started = Path(sys.argv[0]).resolve()
    return (str(started),) if os.access(started, os.X_OK) else (sys.executable, str(started))


def served(file: Path) -> Path:
    """Return where the one file is, if a service can run it and nobody but root can change it. Raises `Refused`."""
    found = file.resolve()
    if any(found.is_relative_to(place) for place in UNSEEN):
        raise Refused(f"{found} lies where the service cannot see it; {_ELSEWHERE.format(name=found.name)}")
    for path in (found, *found.parents):
        state = path.stat()
        if state.st_uid not in {0, os.geteuid()} or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Refused(f"others than root can change {path}; {_ELSEWHERE.format(name=found.name)}")
    if not found.stat().st_mode & stat.S_IROTH:
        raise Refused(f"the service may not read {found}; `chmod 755 {found}` lets it")
    return found


def _owner(data: Path) -> str:
    try:
        return pwd.getpwuid(data.stat().st_uid).pw_name
    except KeyError:
        raise Refused(f"{data} belongs to a user without a name; name one with --user") from None
