"""
What holds for every test.

- Properties run with a fixed choice of examples in `make test` and with a printed seed in `make soak`.
- `@pytest.mark.needs("slapd")` names the real program that a test drives. Where one is missing the test is skipped by
  name and counted in the last lines; as root on CI it fails instead, because there `scripts/install-test-parts` has
  run and a silent skip would be a hole.
"""

import os
import shutil
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

#: Debian's package of each program that a test may need, all of them in `scripts/install-test-parts`.
PACKAGE_OF: Final = {
    "chromium": "chromium",
    "curl": "curl",
    "freeradius": "freeradius",
    "ip": "iproute2",
    "ldapsearch": "ldap-utils",
    "nft": "nftables",
    "oathtool": "oathtool",
    "ocserv": "ocserv",
    "openconnect": "openconnect",
    "openssl": "openssl",
    "openvpn": "openvpn",
    "pamtester": "pamtester",
    "psql": "postgresql",
    "radclient": "freeradius-utils",
    "samba": "samba",
    "samba-tool": "samba",
    "slapadd": "slapd",
    "slapd": "slapd",
    "strace": "strace",
    "unshare": "util-linux",
}
#: Servers are kept where only root's PATH looks.
SEARCHED: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
MISSING: Final = "not installed: "

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True, database=None)
settings.register_profile(
    "soak",
    max_examples=2_000,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fixed")


def pytest_configure(config: pytest.Config) -> None:
    """Let the tests find servers as root's shell would."""
    del config
    os.environ["PATH"] = SEARCHED


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not there, or fail it where it had to be there."""
    wanted = [program for marker in item.iter_markers("needs") for program in marker.args]
    missing = [program for program in wanted if shutil.which(program) is None]
    if not missing:
        return
    reason = MISSING + ", ".join(f"{program} (Debian's {PACKAGE_OF[program]})" for program in missing)
    if os.environ.get("CI") and os.geteuid() == 0:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every test that did not run because a real part is missing, and count them."""
    skipped = [
        (report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple) and MISSING in report.longrepr[2]
    ]
    if not skipped:
        return
    terminalreporter.section("skipped because a real part is missing")
    for name, reason in skipped:
        terminalreporter.line(f"{name}: {reason}")
    terminalreporter.line(
        f"{len(skipped)} skipped because a real part is missing; as root on Debian `make test` installs them"
    )
