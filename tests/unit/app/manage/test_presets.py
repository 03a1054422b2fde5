"""
Presets of applications, as they are shown.
"""

from tests.fakes.office import Office
from watchword.app.manage.presets import ApplicationPresets
from watchword.domain.presets import PRESETS


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
