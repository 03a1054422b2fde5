"""
Templates: every one compiled when the portal starts, what is shown escaped, what is missing a bug.

What stands in `templates/ui` are the components; each is a macro and is called `ui.NAME` in every template.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from watchword.web.portal.assets import Assets
from watchword.web.portal.filters import FILTERS
from watchword.web.portal.reading import Reading, current, rendering

FOLDER: Final = Path(__file__).parents[1] / "templates"


class Templates:
    """Every template of the portal."""

    def __init__(self, assets: Assets, folder: Path = FOLDER) -> None:
        """
        Compile them.

        Args:
            assets: what pages load.
            folder: where they stand.
        """
        self._environment = environment(folder)
        self._environment.globals |= {
            "asset": assets.url,
            "icon_sheet": assets.url("icons.svg"),
            "reading": _Current(),
        }
        self._environment.filters |= FILTERS
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]
            _gettext,
            _ngettext,
            newstyle=True,
        )
        components: dict[str, Any] = {}
        self._environment.globals["ui"] = ui = SimpleNamespace()
        names = self._environment.list_templates(extensions=["html"])
        for name in names:
            template = self._environment.get_template(name)
            if name.startswith("ui/"):
                components |= {
                    macro: made for macro, made in vars(template.module).items() if not macro.startswith("_")
                }
        vars(ui).update(components)

    def render(self, name: str, reading: Reading, values: dict[str, Any]) -> str:
        """Return a page as text."""
        template: Template = self._environment.get_template(name)
        with rendering(reading):
            return template.render(values)


def environment(folder: Path = FOLDER) -> Environment:
    """Return what templates are read with."""
    return Environment(
        loader=FileSystemLoader(folder),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )


def _gettext(message: str) -> str:
    return current().language.gettext(message)


def _ngettext(one: str, many: str, count: int) -> str:
    return current().language.ngettext(one, many, count)


class _Current:
    """The reader that a page is made for, for templates: `reading.visitor`, `reading.look`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(current(), name)
