"""
Presets of applications, as they are shown.
"""

import pytest

from tests.fakes.changes import replace
from tests.fakes.office import Office
from watchword.app.manage.presets import ApplicationPresets
from watchword.domain.presets import PRESETS
from watchword.ports.live import Listening


async def test_every_preset_is_shown_with_the_lines_to_paste(office: Office) -> None:
    rows = await office.do("application.presets", ApplicationPresets(server="192.0.2.1", port=1812))

    assert [row.id for row in rows] == [preset.id for preset in PRESETS]
    for row in rows:
        pasted = "\n".join(row.configuration)
        assert "192.0.2.1" in pasted
        assert "<SECRET>" in pasted
        assert "<SERVER>" not in pasted
        assert "<PORT>" not in pasted


async def test_an_address_brings_nothing_else_into_what_is_pasted(office: Office) -> None:
    rows = await office.do("application.presets", ApplicationPresets(server="2001:db8::1; reboot\n$(x)\u202e"))

    assert all("2001:db8::1rebootx" in "".join(row.configuration) for row in rows)
    assert all("<PORT>" in "".join(row.configuration) for row in rows)


@pytest.mark.parametrize(
    ("host", "portal", "server"),
    [
        ("192.0.2.1", "https://portal.example.org", "192.0.2.1"),
        ("127.0.0.1", "http://127.0.0.1:8080", "127.0.0.1"),
        ("0.0.0.0", "https://portal.example.org", "portal.example.org"),  # noqa: S104 - compared, not bound
        ("::", "http://localhost:8080", "<SERVER>"),
        ("0.0.0.0", "http://127.0.0.1:8080", "<SERVER>"),  # noqa: S104 - compared, not bound
    ],
)
async def test_our_own_address_stands_there_where_it_is_known(
    office: Office, host: str, portal: str, server: str
) -> None:
    office.seen.sockets = [
        Listening(protocol="http", host="127.0.0.1", port=8_080),
        Listening(protocol="radius", host=host, port=1_645),
    ]
    office.context = replace(office.context, portal_url=portal)

    (row, *_) = await office.do("application.presets", ApplicationPresets())

    pasted = "\n".join(row.configuration)
    assert f"host {server}\n" in pasted
    assert "authentication-port 1645" in pasted
