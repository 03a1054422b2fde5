"""
Problems that people meet are pages of the portal; those of programs stay documents.
"""

import html

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.office import Office
from tests.unit.web.asgi import Answer, Faults, ask
from tests.unit.web.phones import Portal
from tests.unit.web.portal.rooms import visitor
from watchword.ports.login import StoreAway
from watchword.web.application import application
from watchword.web.portal.pages_of_problems import OF_STATUS
from watchword.web.portal.portal import pages_of_problems
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import problem

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


async def breaks(_request: Request) -> Response:
    raise KeyError("s3cret")


async def refuses(request: Request) -> Response:
    response = problem(int(request.path_params["status"]))
    response.headers["retry-after"] = "7"
    return response


class Site:
    """An application with the pages around it, and whoever comes to it."""

    def __init__(self, office: Office) -> None:
        self.who: Visitor | StoreAway | None = None
        self.asked = 0
        self.faults = Faults()
        routes = [
            Route("/breaks", breaks),
            Route("/only", breaks, methods=["POST"]),
            Route("/refuses/{status}", refuses),
        ]
        around = pages_of_problems(Portal(office).surroundings, self._recognise)
        self._app = application(routes, fault=self.faults, around=around)

    async def _recognise(self, _request: Request) -> Visitor | None:
        self.asked += 1
        if isinstance(self.who, StoreAway):
            raise self.who
        return self.who

    async def get(self, path: str, accept: str = BROWSER, **headers: str) -> Answer:
        return await ask(self._app, path, method="GET", headers={"accept": accept, **headers})


@pytest.fixture
def site(office: Office) -> Site:
    return Site(office)


async def test_an_address_that_leads_nowhere_is_a_page_for_somebody_who_is_signed_in(site: Site) -> None:
    site.who = visitor()

    answer = await site.get("/nowhere/at/all")
    shown = answer.body.decode()

    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in shown
    assert 'href="/bypasses"' in shown
    assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_a_stranger_sees_the_same_without_anything_of_the_portal(site: Site) -> None:
    answer = await site.get("/nowhere", **{"accept-language": "de"})
    shown = answer.body.decode()

    assert answer.status == 404
    assert "Hier ist nichts" in shown
    assert 'href="/bypasses"' not in shown


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/api/v1/nowhere", BROWSER), ("/nowhere", "*/*"), ("/nowhere", "application/json"), ("/nowhere", "")],
)
async def test_programs_and_the_api_get_documents(site: Site, path: str, accept: str) -> None:
    answer = await site.get(path, accept)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.document["type"] == "/problems/not-found"
    assert site.asked == 0


async def test_what_a_form_is_sent_to_is_no_page_and_says_so(site: Site) -> None:
    answer = await site.get("/only")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert "That is no page" in answer.body.decode()


async def test_a_bug_has_a_reference_and_says_nothing_more(site: Site) -> None:
    site.who = visitor()

    answer = await site.get("/breaks")
    document = await site.get("/breaks", "application/json")

    assert (answer.status, document.status) == (500, 500)
    assert "This is a bug" in answer.body.decode()
    assert document.document["reference"] in answer.body.decode()
    assert b"s3cret" not in answer.body + document.body
    assert site.faults == ["web", "web"]
    assert site.asked == 0


async def test_while_the_store_is_away_everybody_is_a_stranger(site: Site) -> None:
    site.who = StoreAway()

    answer = await site.get("/refuses/503")

    assert (answer.status, answer.headers["retry-after"]) == (503, "7")
    assert "Not at this moment" in answer.body.decode()


@pytest.mark.parametrize("status", [400, 401, 403, 408, 413, 415, 429, 503])
async def test_every_status_has_a_page(site: Site, status: int) -> None:
    answer = await site.get(f"/refuses/{status}")

    assert answer.status == status
    said = OF_STATUS.get(status)
    assert (said.title if said else "That could not be done") in html.unescape(answer.body.decode())


async def test_what_is_asked_for_is_not_said_again(site: Site) -> None:
    answer = await site.get('/"><img src=x onerror=alert(1)>?q=<b>')

    assert b"<img src=x" not in answer.body
    assert b"<b>" not in answer.body
