"""The package that lies in `outside/`, and what this process remembers of a package."""

import sys
from pathlib import Path

OUTSIDE = Path(__file__).parent / "outside"


def forget(*packages):
    """Let the next import of these packages read their files again."""
    for name in list(sys.modules):
        if name.partition(".")[0] in packages:
            del sys.modules[name]
