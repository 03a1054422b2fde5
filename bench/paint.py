"""
How soon each page of the portal is painted, and how far it shifts then: `python -m bench.paint`.

A portal on loopback with something of everything, and Debian's Chromium as an owner who is signed in. Each page is
opened several times; the first paint with content and the sum of layout shifts are what Chromium measures.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Final

from tests.rigs.browser import Tab, run_chromium, site
from tests.rigs.pages import paths, sample
from tests.rigs.portal import administrator
from tests.rigs.watchword import serving

TIMES: Final = 5

_SHIFTS: Final = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""

_PAINTED: Final = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntriesByName("first-contentful-paint")[0].startTime))
    .observe({ type: "paint", buffered: true });
})"""


def painted(tab: Tab, address: str, times: int) -> tuple[list[float], float]:
    """Return the milliseconds until each first paint of a page, and the largest shift."""
    paints: list[float] = []
    shifted = 0.0
    for _ in range(times):
        tab.page.goto(address, wait_until="load")
        paints.append(tab.page.evaluate(_PAINTED))
        shifted = max(shifted, tab.page.evaluate("window.shifts"))
    return paints, shifted


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES)
    times = parser.parse_args().times
    print("| page | median ms | longest ms | shift |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as portal, run_chromium() as chromium:
        places = paths(sample(portal))
        with chromium.tab(locale="en") as tab:
            administrator(portal).enter(tab)
            tab.context.add_init_script(_SHIFTS)
            tab.page.goto(site(portal))
            for name, path in places.items():
                paints, shifted = painted(tab, site(portal) + path, times)
                print(f"| {name} | {statistics.median(paints):.0f} | {max(paints):.0f} | {shifted:.3f} |")


if __name__ == "__main__":
    main()
