"""Processes that may write only what their user may: root loses the right to write everywhere."""

import os
import shutil

import pytest

_RIGHTS = "-dac_override,-dac_read_search"


def without_rights(command):
    """The command, started without root's rights; skipped where they cannot be taken away."""
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and setpriv is missing to take that right away")
    return ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}", *command]
