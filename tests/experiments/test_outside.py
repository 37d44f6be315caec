"""An installed package brings an experiment, a model and a data generator; genlab knows none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = Path(__file__).parents[1] / "outside"


def genlab(*arguments, cwd):
    path = os.pathsep.join([str(OUTSIDE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", "genlab", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_is_listed_and_runs_in_workers(tmp_path):
    rows = json.loads(genlab("list", "--json", cwd=tmp_path).stdout)
    assert rows[-1]["name"] == "outside-distance"
    assert rows[-1]["question"] == "How does test error fall as two classes move apart?"
    done = genlab("reproduce", "outside-distance", "--scale", "quick", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    near, far = result["tables"]["errors"]
    assert (near["distance"], far["distance"]) == (0.5, 4.0)
    assert far["estimate"] < near["estimate"]
    assert result["protocol"]["n_train"] == 40
    written = tmp_path / "genlab-report"
    assert (written / "outside-distance" / "errors.png").read_bytes().startswith(b"\x89PNG")
    assert "Two classes of points" in (written / "index.html").read_text()
    shown = genlab("show", "outside-distance", "--table", "errors", "--csv", cwd=tmp_path)
    assert shown.stdout.startswith("distance,estimate,low,high\n0.5,")


def test_without_the_package_it_is_unknown():
    from genlab.experiments import EXPERIMENTS, get_experiment

    assert "outside-distance" not in EXPERIMENTS
    with pytest.raises(ValueError, match="unknown experiment 'outside-distance'; there are: "):
        get_experiment("outside-distance")
