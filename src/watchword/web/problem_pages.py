"""
A page for each kind of problem, at its type: what it means and what to do about it.
"""

from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from watchword.web.problems import KINDS, PAGES, Kind, problem

_KEPT: Final = {"cache-control": "public, max-age=86400"}


def routes() -> list[Route]:
    """Return what is served."""
    return [Route(PAGES + "{name}", _page)]


async def _page(request: Request) -> Response:
    kind = KINDS.get(request.path_params["name"])
    return problem(404) if kind is None else HTMLResponse(_written(kind), headers=_KEPT)


def _written(kind: Kind) -> str:
    title, advice = escape(kind.title), escape(kind.advice)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<h1>{title}</h1>\n<p>{advice}</p>\n"
        f"<p>HTTP status {kind.status}, type <code>{kind.type}</code>.</p>\n</html>\n"
    )
