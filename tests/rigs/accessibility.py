"""
What axe-core says against a page: WCAG 2.2 AA and what its authors hold for good practice.
"""

from typing import Any, Final

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

AXE: Final = AXE_FILE_PATH.read_text()
RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page) -> list[str]:
    """Return what axe-core says against a page as it stands now."""
    # DevTools may evaluate what the page's own policy would not let run.
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", RULES)
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]
