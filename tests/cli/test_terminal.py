"""What terminals and files show: nothing that is cut off, nothing that is swallowed."""

import io
import re
import subprocess
import sys

import pytest

from genlab.cli._output import print_table
from genlab.cli._progress import progress

ROWS = [{f"quantity_{i}": 0.0143 + i for i in range(14)} | {"name": "a-rather-long-name"}]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(text):
    """The words of a table, put together again where they are folded."""
    lines = [re.split("[│┃]", line) for line in text.splitlines() if line[:1] in "│┃"]
    return ["".join(part.strip() for part in column) for column in zip(*lines, strict=True)][1:-1]


@pytest.mark.parametrize("columns", [60, 80, 300])
def test_no_number_is_cut_off(monkeypatch, columns):
    """ibis #4554, ccusage #946: 0.0143 became 0.01…, which is another number."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    print_table(ROWS)
    assert "…" not in stream.getvalue()
    found = shown(stream.getvalue())
    assert found[:2] == ["quantity_00.0143", "quantity_11.01"]
    assert found[-1] == "namea-rather-long-name"


def test_a_file_gets_lines_that_are_not_folded(capsys):
    print_table(ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert "0.0143" in lines[3]
    assert "a-rather-long-name" in lines[3]


def test_brackets_in_a_name_are_no_markup(monkeypatch):
    """Repo2Readme #187: [slug].tsx was shown as .tsx."""
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    with progress(quiet=False) as bar:
        bar.add_task("[bold]x[/nothing].npz", total=1, detail="[1, 2] of [red]")
    assert "[bold]x[/nothing].npz" in errors.getvalue()
    assert "[1, 2] of [red]" in errors.getvalue()


def test_too_little_memory_is_no_defect(tmp_path):
    """More numbers than any address space holds."""
    command = [sys.executable, "-m", "genlab", "data", "mnist1d", "-o", "x.npz"]
    done = subprocess.run(
        [*command, "--n", "1000000000000000"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith("genlab: not enough memory: Unable to allocate ")
    assert "defect" not in done.stderr
    assert list(tmp_path.iterdir()) == []
