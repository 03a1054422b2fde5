"""
What is known of the systems that ask.
"""

import pytest

from watchword.domain.presets import BY_ID, LONGEST_DEADLINE, MARGIN, PRESETS, Preset


def test_the_systems_that_people_have_are_there() -> None:
    names = "cisco-asa fortigate palo-alto citrix openvpn ocserv strongswan nps pam-radius"
    assert " ".join(preset.id for preset in PRESETS) == names
    assert set(BY_ID) == set(names.split())


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_an_answer_comes_before_the_system_gives_up(preset: Preset) -> None:
    assert 5 <= preset.deadline <= LONGEST_DEADLINE
    assert preset.deadline <= preset.waits * preset.tries - MARGIN


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_what_is_pasted_has_a_place_for_whatever_differs(preset: Preset) -> None:
    for place in ("<SERVER>", "<PORT>", "<SECRET>"):
        assert place in preset.configuration
    assert preset.configuration.isascii()
    assert preset.configuration.endswith("\n")
    assert all(sentence.endswith(".") for sentence in preset.advice)
    if not preset.message_authenticator:
        assert any("Message-Authenticator" in sentence for sentence in preset.advice)
