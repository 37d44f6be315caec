"""Standard streams that are closed or full: no traceback, no defect, no lost work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GENLAB = f"{sys.executable} -m genlab"
SMALL = "--dataset mnist1d --set hidden=5 --steps 20 -o model"

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is missing")


def shell(line, cwd, unbuffered=""):
    return subprocess.run(
        ["bash", "-c", line.replace("genlab", GENLAB)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )


@pytest.mark.parametrize("command", ["list", "list --json", "--version", "--help", "seal status"])
def test_closed_output_is_not_written(tmp_path, command):
    done = shell(f"genlab {command} >&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_work_is_kept_where_all_streams_are_closed(tmp_path):
    """No file takes the number of a closed stream, so nothing is printed into one."""
    assert shell(f"genlab train {SMALL} <&- >&- 2>&-", tmp_path).returncode == 0
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["step"] == 20


def test_an_error_has_its_status_where_nobody_is_told(tmp_path):
    for stream in ("2>&-", "2>/dev/full") if Path("/dev/full").exists() else ("2>&-",):
        done = shell(f"genlab show nothing {stream}", tmp_path)
        assert (done.returncode, done.stdout) == (2, "")


@needs_full
@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [
        *((one, "") for one in ("list", "list --json", "--version", "--help", "seal status")),
        ("list", "1"),
        ("--help", "1"),
    ],
)
def test_a_full_disk_is_one_sentence(tmp_path, command, unbuffered):
    done = shell(f"genlab {command} >/dev/full", tmp_path, unbuffered)
    assert done.returncode == 1
    assert done.stderr == "genlab: standard output: No space left on device.\n"


@needs_full
def test_work_is_kept_where_the_disk_of_the_log_is_full(tmp_path):
    assert shell(f"genlab train {SMALL} 2>/dev/full", tmp_path).returncode == 0
    assert (tmp_path / "model" / "metrics.json").is_file()


@needs_full
def test_an_error_comes_before_a_full_disk(tmp_path):
    done = shell("genlab show nothing >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("genlab: unknown experiment 'nothing'")


def test_a_reader_that_leaves_is_not_told(tmp_path):
    done = shell("set -o pipefail; genlab list --json | head -c 1; exit ${PIPESTATUS[0]}", tmp_path)
    assert (done.stdout, done.stderr) == ("[", "")
    assert done.returncode in (0, 1)
