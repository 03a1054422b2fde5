"""
The one table of who may do what.
"""

from watchword.domain.roles import BYPASS_CAPS, PERMISSIONS, Permission, Role


def test_every_role_stands_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_the_host_may_do_everything_and_an_owner_what_needs_no_host() -> None:
    assert PERMISSIONS[Role.HOST] == set(Permission)
    assert PERMISSIONS[Role.OWNER] == set(Permission) - {Permission.ADMINISTRATOR_RECOVER}


def test_an_administrator_changes_neither_keys_nor_settings() -> None:
    missing = set(Permission) - PERMISSIONS[Role.AUTHENTICATION_ADMINISTRATOR]
    assert missing == {
        Permission.KEY_WRITE,
        Permission.SETTING_WRITE,
        Permission.API_KEY_WRITE,
        Permission.ADMINISTRATOR_WRITE,
        Permission.ADMINISTRATOR_RECOVER,
    }


def test_the_help_desk_helps_users_sees_servers_and_nothing_more() -> None:
    assert PERMISSIONS[Role.HELP_DESK] == {
        Permission.USER_READ,
        Permission.USER_BLOCK,
        Permission.METHOD_WRITE,
        Permission.BYPASS_READ,
        Permission.BYPASS_CREATE,
        Permission.APPLICATION_READ,
        Permission.ACTIVITY_READ,
        Permission.SERVER_READ,
        Permission.ACCOUNT_WRITE,
    }


def test_an_auditor_reads_everything_and_changes_nothing_but_his_own_account() -> None:
    assert PERMISSIONS[Role.AUDITOR] == {
        Permission.USER_READ,
        Permission.APPLICATION_READ,
        Permission.BYPASS_READ,
        Permission.RULE_READ,
        Permission.ACTIVITY_READ,
        Permission.AUDIT_READ,
        Permission.SETTING_READ,
        Permission.SERVER_READ,
        Permission.API_KEY_READ,
        Permission.ADMINISTRATOR_READ,
        Permission.ACCOUNT_WRITE,
    }


def test_permissions_are_noun_and_verb() -> None:
    for permission in Permission:
        noun, _, verb = permission.value.partition(":")
        assert noun
        assert verb in {"read", "write", "create", "block", "recover"}


def test_only_the_help_desk_has_a_cap_of_its_own() -> None:
    assert BYPASS_CAPS == {Role.HELP_DESK: 900}
