"""
The rig itself: nothing that goes wrong in a page goes unseen.
"""

import pytest

from tests.rigs.browser import Chromium, Tab

pytestmark = pytest.mark.needs("chromium")


POLICY = """
const policy = document.createElement("meta");
policy.httpEquiv = "Content-Security-Policy";
policy.content = "img-src 'none'";
document.head.append(policy);
document.body.append(Object.assign(new Image(), { src: "https://example.org/x.png" }));
"""


def run(chromium: Chromium, script: str) -> None:
    with chromium.tab() as tab:
        tab.page.goto("data:text/html,<p>here")
        tab.page.evaluate(f"() => {{ {script} }}")
        tab.page.wait_for_timeout(50)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("console.error('broken')", "console: broken"),
        ("setTimeout(() => { throw new Error('thrown away') })", "thrown: thrown away"),
        (POLICY, "CSP: img-src refused https://example.org/x.png"),
    ],
)
def test_what_goes_wrong_in_a_page_fails_its_test(chromium: Chromium, script: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        run(chromium, script)


def test_what_must_go_wrong_and_does_not_fails_its_test(chromium: Chromium) -> None:
    with pytest.raises(AssertionError, match="missing: 403"), chromium.tab() as tab:
        tab.expect("403")


def test_what_was_expected_fails_nothing(tab: Tab) -> None:
    tab.expect("as planned")
    tab.page.evaluate("console.error('as planned')")


def test_two_tabs_are_two_people(chromium: Chromium) -> None:
    with chromium.tab() as ada, chromium.tab() as bob:
        ada.context.add_cookies([{"name": "who", "value": "ada", "url": "http://localhost/"}])

        assert ada.cookie("who")["value"] == "ada"
        assert bob.cookie("who") is None
