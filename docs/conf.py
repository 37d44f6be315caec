"""The manual's configuration."""

import logging
import os
import sys
from pathlib import Path

from genlab import __version__

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE / "_extensions"))
# What the pages compute is kept beside the built pages, so that a second build takes it from there.
os.environ.setdefault("GENLAB_STORE", str(_HERE / "_build" / "results.db"))

project = "genlab"
author = "The genlab developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "live",
    "explore",
    "notebooks",
    "formulas",
    "accessible",
    "links",
]
myst_enable_extensions = ["dollarmath"]
myst_dmath_allow_space = False
html_math_renderer = "mathml"
html_theme = "furo"
html_title = "genlab"
html_show_copyright = False
exclude_patterns = ["_build", "_extensions", "template"]
html_static_path = ["_static"]
html_css_files = ["live.css", "formulas.css"]
autodoc_typehints = "none"
# Libraries that the pages use say at their start what they did not find.
for library in ("jax", "alembic"):
    logging.getLogger(library).setLevel(logging.WARNING)
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
default_role = "literal"


def setup(app):
    """Leave out the fields of named tuples: their class describes them."""
    app.connect("autodoc-skip-member", _is_field)


def _is_field(*arguments):
    """True for the field of a named tuple; None leaves other members to Sphinx."""
    member = arguments[3]
    return True if type(member).__name__ == "_tuplegetter" else None


myst_heading_anchors = 2
