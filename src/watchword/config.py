"""
The only reader of the environment and of the configuration file.

It knows what must be known before the database is open: addresses, URLs, files. Everything else is a setting in the
database. A value comes from the command line, else from `WATCHWORD_*`, else from `watchword.toml` in the data folder,
else from the defaults here; every fault is told, all at once.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from watchword.domain.secrets import Secret

DEFAULT_HTTP: Final = "127.0.0.1:8080"
DEFAULT_RADIUS: Final = "127.0.0.1:1812"
HIGHEST_PORT: Final = 65_535
MOST_PORTALS: Final = 8
LONGEST_URL: Final = 256
PREFIX: Final = "WATCHWORD_"
FILE: Final = "watchword.toml"

NAMES: Final = (
    "http",
    "radius",
    "accounting",
    "tls_cert",
    "tls_key",
    "key_file",
    "public_url",
    "portal_urls",
    "log_format",
)
"""Every key of the file; with `WATCHWORD_` before it and in capitals, every variable."""


_DATA: Final = PREFIX + "DATA"
_API_KEY: Final = PREFIX + "API_KEY"
_PROXY: Final = PREFIX + "PROXY"


class ConfigurationError(Exception):
    """The configuration cannot be used. Its text tells every fault, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen. Port 0 lets the system choose one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """
    What a process is started with.

    Attributes:
        data: folder of the database, the keys and the control socket.
        radius: where RADIUS is served, one address at least: a machine that has IPv4 and IPv6 needs two.
        accounting: where RADIUS accounting is served, none where it is off.
        key_file: the sealing keys, `keys` in the data folder by default.
        public_url: how browsers and phones reach the portal, without a slash at its end; None for the address that it
            listens on.
        portal_urls: how MFA servers reach this portal and others of its organisation, no slashes at their ends.
        log_format: `json` or `console`.
    """

    data: Path
    http: Address
    radius: tuple[Address, ...]
    accounting: tuple[Address, ...]
    tls_cert: Path | None
    tls_key: Path | None
    key_file: Path
    public_url: str | None
    portal_urls: tuple[str, ...]
    log_format: str


def address(written: str) -> Address | None:
    """Return the address that `HOST:PORT` or `[HOST]:PORT` names, None where it names none."""
    host, colon, port = written.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if not colon or not host or (":" in host and not bracketed):
        return None
    if not (port.isascii() and port.isdigit() and int(port) <= HIGHEST_PORT):
        return None
    return Address(host=host, port=int(port))


def proxy(given: str | None, *, url: str, environment: Mapping[str, str] | None = None) -> str | None:
    """
    Return what connections to a portal go through, None for straight ones.

    It is what the command line names, or `WATCHWORD_PROXY`, or for https:// what the whole machine uses
    (`HTTPS_PROXY`), unless `NO_PROXY` leaves the portal out of that.

    Args:
        given: on the command line.
        url: the portal's.
        environment: the process's by default.
    """
    variables = os.environ if environment is None else environment
    own = given or variables.get(_PROXY)
    if own:
        return own
    parts = _parts(url)
    if parts is None or parts.scheme != "https" or _goes_straight(parts.hostname or "", variables):
        return None
    return variables.get("https_proxy") or variables.get("HTTPS_PROXY") or None


def _goes_straight(host: str, variables: Mapping[str, str]) -> bool:
    """Tell whether `NO_PROXY` names a host: by its name, by a domain that it is in, or by a star for all."""
    written = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    names = [name.strip().lower().lstrip(".") for name in written.split(",") if name.strip()]
    return "*" in names or any(host == name or host.endswith(f".{name}") for name in names)


def data_folder(given: Path | None, environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the data folder that the command line names, or else `WATCHWORD_DATA`; None where neither does."""
    variables = os.environ if environment is None else environment
    named = variables.get(_DATA)
    return given if given is not None else Path(named) if named else None


def api_key(environment: Mapping[str, str] | None = None) -> Secret | None:
    """Return the API key that `WATCHWORD_API_KEY` holds, None where it holds none."""
    variables = os.environ if environment is None else environment
    written = variables.get(_API_KEY, "").strip()
    return Secret(written.encode(errors="surrogateescape")) if written else None


def load(data: Path, given: Mapping[str, str | None], environment: Mapping[str, str] | None = None) -> Config:
    """
    Read the configuration of a data folder.

    Args:
        data: the folder; it need not exist yet.
        given: what the command line said, by the names of `NAMES`.
        environment: the process's environment by default.

    Raises:
        ConfigurationError: something in it cannot be used.
    """
    faults: list[str] = []
    filed = _file(data / FILE, faults)
    variables = os.environ if environment is None else environment

    def value(name: str) -> str | None:
        return given.get(name) or variables.get(PREFIX + name.upper()) or filed.get(name)

    http = _address(value("http") or DEFAULT_HTTP, "http", faults)
    radius = _addresses(value("radius") or DEFAULT_RADIUS, "radius", faults)
    accounting = _accounting(value("accounting"), radius, faults)
    tls_cert, tls_key = _path(value("tls_cert")), _path(value("tls_key"))
    if (tls_cert is None) != (tls_key is None):
        faults.append("tls_cert and tls_key go together: give both, or neither")
    for name, path in (("tls_cert", tls_cert), ("tls_key", tls_key)):
        if path is not None and not path.is_file():
            faults.append(f"{name}: there is no file {path}")
    log_format = value("log_format") or "console"
    if log_format not in ("json", "console"):
        faults.append(f"log_format must be json or console, not {log_format!r}")
    public_url = value("public_url")
    if public_url is not None and not public_url.startswith(("http://", "https://")):
        faults.append(f"public_url must start with http:// or https://, not {public_url!r}")
    portal_urls = _urls(value("portal_urls"), faults)
    if faults:
        raise ConfigurationError("\n".join(faults))
    return Config(
        data=data,
        http=http,
        radius=radius,
        accounting=accounting,
        tls_cert=tls_cert,
        tls_key=tls_key,
        key_file=_path(value("key_file")) or data / "keys",
        public_url=None if public_url is None else public_url.rstrip("/"),
        portal_urls=portal_urls,
        log_format=log_format,
    )


def _file(path: Path, faults: list[str]) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path} cannot be read: {error}")
        return {}
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{path} is not TOML: {error}")
        return {}
    for name, given in written.items():
        if name not in NAMES:
            faults.append(f"{path}: there is no key {name!r}; the keys are {', '.join(NAMES)}")
        elif not isinstance(given, str):
            faults.append(f"{path}: {name} must be a text in quotes")
    return {name: given for name, given in written.items() if isinstance(given, str)}


def _address(written: str, name: str, faults: list[str]) -> Address:
    found = address(written)
    if found is None:
        faults.append(f"{name} must be HOST:PORT, such as 127.0.0.1:1812 or [::1]:1812, not {written!r}")
        return Address(host="", port=0)
    return found


def _addresses(written: str, name: str, faults: list[str]) -> tuple[Address, ...]:
    """Return the addresses that are written with commas between them."""
    found = tuple(_address(one, name, faults) for one in written.split(","))
    twice = {str(one) for one in found if one.port and found.count(one) > 1}
    faults.extend(f"{name} names {one} twice" for one in sorted(twice))
    return found


def _urls(written: str | None, faults: list[str]) -> tuple[str, ...]:
    """Return the URLs that are written with commas between them."""
    found = tuple(one.strip().rstrip("/") for one in (written or "").split(",") if one.strip())
    if len(found) > MOST_PORTALS:
        faults.append(f"portal_urls names more than {MOST_PORTALS} portals")
    for url in found:
        parts = _parts(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or len(url) > LONGEST_URL:
            faults.append(
                f"portal_urls must be URLs such as https://portal.example.org, with commas between, not {url!r}"
            )
        elif "@" in parts.netloc or parts.query or parts.fragment:
            faults.append(f"portal_urls must be URLs without a user, a query or a #, not {url!r}")
    return found


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is looked at only here
    except ValueError:
        return None
    return parts


def _accounting(written: str | None, radius: tuple[Address, ...], faults: list[str]) -> tuple[Address, ...]:
    if written == "off":
        return ()
    if written is not None:
        return _addresses(written, "accounting", faults)
    # A RADIUS port that the system chooses leaves nothing to add one to, so accounting gets one of its own.
    return tuple(Address(host=one.host, port=one.port + 1 if 0 < one.port < HIGHEST_PORT else 0) for one in radius)


def _path(written: str | None) -> Path | None:
    return None if written is None else Path(written)
