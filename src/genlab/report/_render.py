"""Templates become pages: one environment, one way for numbers and texts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from genlab._base.version import __version__
from genlab._base.words import cell, interval, number

if TYPE_CHECKING:
    import jinja2


def render(template: str, **values: Any) -> str:
    """The page of a template of `templates/`.

    `held` holds the library and the scripts of figures where the page is one file; None leads to
    files beside it.
    """
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    values = {"held": None, "version": __version__, "made": made, **values}
    return _environment().get_template(template).render(**values)


@lru_cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("genlab.report"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    filters: dict[str, Any] = {"number": number, "cell": cell, "prose": _prose}
    environment.filters |= filters
    environment.globals["interval"] = interval
    return environment


def _prose(text: str) -> Any:
    """Text as HTML, with what stands between backticks as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))
