"""
The page of an MFA server itself, for whoever sits at its machine: what it is doing, and why.

It is read only, says nothing about persons and holds no secret. Only the machine itself gets it; for everybody else
there is nothing. Nothing is administered here: that is done at the portal.
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from watchword.app.diagnose import offline_view
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.server_doctor import ServerView, server_findings
from watchword.app.manage.texts import instant
from watchword.kit.clock import MICROSECONDS
from watchword.web.peers import is_here
from watchword.web.portal.assets import Assets
from watchword.web.problems import problem

_SHEETS: Final = ("tokens.css", "base.css", "controls.css", "components.css", "entrance.css")
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {"content-security-policy": _POLICY}
_TONES: Final = {Level.OK: "good", Level.ADVICE: "live", Level.WARNING: "warn", Level.ERROR: "bad"}

Row = tuple[str, ...]


class Console:
    """Serves it."""

    def __init__(self, view: Callable[[], ServerView], assets: Assets) -> None:
        """
        Make it.

        Args:
            view: tells how the server stands.
            assets: the style sheets of the portal.
        """
        self._view = view
        self._assets = assets

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/", self._show, methods=["GET"]), *self._assets.routes()]

    async def _show(self, request: Request) -> Response:
        if not is_here(request):
            return problem(404)
        return HTMLResponse(self._written(self._view()), headers=_HEADERS)

    def _written(self, view: ServerView) -> str:
        name = escape(view.name)
        connected = bool(view.portal)
        badge = _badge("good", "connected") if connected else _badge("bad", "no portal")
        answered = offline_view.answered(view.configuration, view.offline, connected=connected)
        tone = "good" if connected else "warn" if view.offline.left is not None else "bad"
        sheets = "\n".join(f'<link rel="stylesheet" href="{self._assets.url(sheet)}">' for sheet in _SHEETS)
        return f"""<!doctype html>
<html lang="en" data-look="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name} · Watchword</title>
<link rel="icon" type="image/svg+xml" href="{self._assets.url("mark.svg")}">
{sheets}
</head>
<body>
<main class="inner stack" id="main">
<header class="page-head"><div class="row apart"><h1>MFA server {name}</h1>{badge}</div>
<p>In the replication group {escape(view.group)}. <a href="/">Look again</a></p></header>
<div class="callout {tone}"><div>
<span class="title">What is answered now</span><span>{escape(answered)}.</span>
</div></div>
{_panel("How it stands", _facts(view))}
{_panel("What doctor says", _findings(server_findings(view)))}
{_panel("Listeners", _table(("Protocol", "Address"), _listeners(view), "Nothing listens."))}
{_panel("Denied last", _table(("When", "Application", "Client", "Why"), _refusals(view), "Nothing was denied."))}
</main>
</body>
</html>
"""


def _panel(title: str, body: str) -> str:
    return (
        f'<section class="panel"><div class="panel-head"><h2>{escape(title)}</h2></div>'
        f'<div class="panel-body">{body}</div></section>'
    )


def _badge(tone: str, words: str) -> str:
    return f'<span class="badge {tone}">{escape(words)}</span>'


def _facts(view: ServerView) -> str:
    facts = [
        ("Portal", view.portal or f"away: {view.why or 'it is being dialled'}"),
        ("Portal last heard", "never since this process began" if view.apart is None else f"{view.apart:.0f} s ago"),
        ("Clock", f"{abs(view.skew) / MICROSECONDS:.1f} s {'ahead of' if view.skew >= 0 else 'behind'} the portal's"),
        ("Not told to the portal yet", f"{view.untold + view.offline.untold} rows"),
        ("Codes without a portal", ", ".join(offline_view.where(view.configuration)) or "at no application"),
        ("Replica", _replica(view)),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts)
    return f'<dl class="facts">{listed}</dl>'


def _replica(view: ServerView) -> str:
    offline = view.offline
    if offline.users is None:
        return "none"
    if offline.left is None:
        return f"{offline.users} users, not to be used: {offline.shut}"
    age = max(0.0, offline_view.SECONDS - offline.left)
    return f"{offline.users} users, as the portal had them {age:.0f} s ago; good for {offline.left:.0f} s more"


def _findings(findings: Iterable[Finding]) -> str:
    items = "".join(
        f"<li>{_badge(_TONES[one.level], one.level.value)} {escape(one.sentence)}"
        + (f'<span class="note"> {escape(one.advice)}</span>' if one.advice else "")
        + "</li>"
        for one in findings
    )
    return f'<ul class="stack">{items}</ul>'


def _listeners(view: ServerView) -> list[Row]:
    return [(one.protocol, f"{one.host}:{one.port}") for one in view.observations.listening()]


def _refusals(view: ServerView) -> list[Row]:
    return [(instant(one.at), one.application, one.client, one.reason.value) for one in view.refusals]


def _table(heads: Row, rows: Sequence[Row], nothing: str) -> str:
    if not rows:
        return f'<p class="note">{escape(nothing)}</p>'
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    whole = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="table-wrap"><table class="table">{whole}</table></div>'
