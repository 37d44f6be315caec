"""The command line in the test's own process: only the process itself needs another one."""

import os
import sys
import warnings

import pytest

from genlab import cli


@pytest.fixture
def run_genlab(monkeypatch, capsys):
    """`genlab` with these arguments: exit status, standard output, standard error."""

    def run_genlab(*arguments):
        monkeypatch.setattr(sys, "argv", ["genlab", *map(str, arguments)])
        # Two things that a command changes in its process, for good.
        monkeypatch.setattr(os, "environ", {**os.environ})
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return run_genlab
