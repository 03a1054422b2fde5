"""
The page of the download: how far the file is, what gets it, and what went wrong.
"""

import html

import pytest

from tests.fakes.office import Office
from tests.unit.app.servers.test_downloading import FILE
from tests.unit.web.portal.rooms import Room, room_of
from watchword.ports.downloads import DownloadProgress, DownloadState
from watchword.web.portal.server_download import HOME


async def page(at: Room, path: str = HOME) -> str:
    answer = await at.get(path)
    assert answer.status == 200, answer.body
    return html.unescape(answer.body.decode())


async def test_while_it_is_made_the_page_looks_again(office: Office) -> None:
    shown = await page(room_of(office))

    assert f'<live-region data-source="{HOME}/now" data-topics="" data-every="2">' in shown
    assert 'max="100" value="40"' in shown
    assert "40 %" in shown
    assert "curl" not in await page(room_of(office), f"{HOME}/now")
    assert office.offered.waited == [0, 0]


async def test_a_file_that_is_ready_is_linked_and_its_commands_are_shown(office: Office) -> None:
    office.offered.stands = DownloadProgress(state=DownloadState.READY, percent=100, file=FILE)

    shown = await page(room_of(office))

    path = f"/download/{FILE.sha256}/{FILE.name}"
    assert f'href="{path}" download="{FILE.name}"' in shown
    assert f"curl --fail --output {FILE.name} http" in shown
    assert f"echo '{FILE.sha256}  {FILE.name}' | sha256sum --check" in shown
    assert "Python 3.11, glibc 2.34" in shown
    assert "44 MB" in shown
    assert "live-region" not in shown.partition("<main")[2]
    assert f"python3.11 {FILE.name}" in shown


async def test_what_went_wrong_is_shown_and_not_tried_again_by_itself(office: Office) -> None:
    office.offered.stands = DownloadProgress(state=DownloadState.FAILED, why="there is no room in it")

    shown = await page(room_of(office))

    assert "there is no room in it" in shown
    assert "live-region" not in shown.partition("<main")[2]
    assert f'href="{HOME}"' in shown


@pytest.mark.parametrize("state", list(DownloadState))
async def test_the_part_that_is_fetched_again_says_the_same(office: Office, state: DownloadState) -> None:
    file = FILE if state is DownloadState.READY else None
    office.offered.stands = DownloadProgress(state=state, percent=7, file=file, why="x" * (state == "failed"))

    assert (await page(room_of(office), f"{HOME}/now")).strip() in await page(room_of(office))
