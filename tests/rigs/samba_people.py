"""
Puts people into a provisioned Samba Active Directory; runs under the system's Python, which has Samba's modules.

usage: python3 samba_people.py SMB_CONF PASSWORD
"""

import sys

from samba.auth import system_session
from samba.dsdb import UF_ACCOUNTDISABLE, UF_NORMAL_ACCOUNT
from samba.param import LoadParm
from samba.samdb import SamDB

NEVER, LONG_AGO = 0, 132_000_000_000_000_000
"""Windows file times: no date, and one in April 2019."""


def main(configuration: str, password: str) -> None:
    """Add people in every state that an account can be in, and lock accounts after three wrong passwords."""
    parameters = LoadParm()
    parameters.load(configuration)
    directory = SamDB(session_info=system_session(), lp=parameters)
    for name in ("service", "alice", "disabled", "expired", "mustchange", "locked"):
        directory.newuser(name, password, mailaddress=f"{name}@example.test")
    directory.setexpiry("(sAMAccountName=alice)", 0, no_expiry_req=True)
    for name, attribute, value in (
        ("disabled", "userAccountControl", UF_NORMAL_ACCOUNT | UF_ACCOUNTDISABLE),
        ("expired", "accountExpires", LONG_AGO),
        ("mustchange", "pwdLastSet", NEVER),
    ):
        directory.modify_ldif(
            f"dn: CN={name},CN=Users,{directory.domain_dn()}\n"
            f"changetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
        )
    directory.modify_ldif(
        f"dn: {directory.domain_dn()}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 3\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
