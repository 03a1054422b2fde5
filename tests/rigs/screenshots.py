"""
Pictures of every page in both schemes, written to `docs/screenshots` by `python -m tests.rigs.screenshots`.

They are as small as they can be read: WebP, 1,280 pixels wide, the first 800 of each page.
"""

import base64
import tempfile
from pathlib import Path
from typing import Final

from tests.rigs.browser import Chromium, run_chromium, site
from tests.rigs.pages import paths, sample
from tests.rigs.portal import Administrator, administrator
from tests.rigs.servers import servers
from tests.rigs.watchword import Watchword, serving, until

FOLDER: Final = Path(__file__).parents[2] / "docs/screenshots"
SIZE: Final = {"width": 1_280, "height": 800}
QUALITY: Final = 72

HEARD: Final = ("berlin-2", "potsdam-1")
"""MFA servers that run meanwhile, besides the one that was never heard."""

SETTLED: Final = """
async () => {
  await document.fonts.ready;
  await new Promise((resolve) => setTimeout(resolve, 400));
}
"""
"""Live parts have been fetched once, and nothing fades in any more."""


def take(portal: Watchword, chromium: Chromium, owner: Administrator, pages: dict[str, str], scheme: str) -> int:
    """Take a picture of each page, and return how many octets they are."""
    octets = 0
    with chromium.tab(viewport=SIZE, color_scheme=scheme, locale="en-GB", timezone_id="Europe/Berlin") as tab:
        owner.enter(tab)
        # The first page tells the portal the reader's time zone.
        tab.page.goto(site(portal))
        devtools = tab.context.new_cdp_session(tab.page)
        for name, path in pages.items():
            tab.page.goto(site(portal) + path)
            tab.page.evaluate(SETTLED)
            taken = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            picture = base64.b64decode(taken["data"])
            (FOLDER / f"{name}-{scheme}.webp").write_bytes(picture)
            octets += len(picture)
    return octets


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--demo") as portal, run_chromium() as chromium:
        owner = administrator(portal, name="carol", display="Carol Example")
        pages = {"design": "/design"} | paths(sample(portal))
        with servers(Path(folder), portal, len(HEARD)) as heard:
            for server, name in zip(heard, HEARD, strict=True):
                portal.perform("server.rename", server=server.identifier, name=name)
                until(lambda server=server: server.row()["listeners"], f"{name} heard")  # type: ignore[misc]
            until(lambda: portal.perform("activity.statistics", span="hour")["logins"] != [], "the logins counted")
            octets = sum(take(portal, chromium, owner, pages, scheme) for scheme in ("light", "dark"))
    print(f"{2 * len(pages)} pictures, {octets // 1024:,} KiB, in {FOLDER}")


if __name__ == "__main__":
    main()
