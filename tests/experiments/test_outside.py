"""An installed package brings an experiment, a model and a data generator; genlab knows none."""

import json
import os
import subprocess
import sys

import pytest
from packages import OUTSIDE


@pytest.fixture
def run(run_genlab, outside, tmp_path, monkeypatch):
    """The command in an empty folder: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return run_genlab


def test_it_is_listed_and_runs_in_workers(run, tmp_path):
    rows = json.loads(run("list", "--json")[1])
    assert rows[-1]["name"] == "outside-distance"
    assert rows[-1]["question"] == "How does test error fall as two classes move apart?"
    path = os.pathsep.join([str(OUTSIDE), *filter(None, [os.environ.get("PYTHONPATH")])])
    arguments = ["reproduce", "outside-distance", "--scale", "quick", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "genlab", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    near, far = result["tables"]["errors"]
    assert (near["distance"], far["distance"]) == (0.5, 4.0)
    assert far["estimate"] < near["estimate"]
    assert result["protocol"]["n_train"] == 40
    written = tmp_path / "genlab-report"
    assert (written / "outside-distance" / "errors.svg").read_bytes().startswith(b"<svg")
    assert "Two classes of points" in (written / "outside-distance" / "index.html").read_text()
    assert "Further experiments" in (written / "index.html").read_text()
    _, shown, _ = run("show", "outside-distance", "--table", "errors", "--csv")
    assert shown.startswith("distance,estimate,low,high\n0.5,")


def test_its_model_is_trained_and_used_by_commands(run, tmp_path):
    options = ("--model", "outside-cnn", "--dataset", "mnist1d", "--steps", "20", "-o", "model")
    status, _, err = run("train", *options)
    assert status == 0, err
    spec = json.loads((tmp_path / "model" / "model.json").read_text())
    assert spec["model"]["kind"] == "outside_lab.models:CNN"
    status, _, err = run("data", "mnist1d", "-o", "examples.npz")
    assert status == 0, err
    status, out, err = run("predict", "model", "--data", "examples.npz", "--json")
    assert status == 0, err
    assert json.loads(out)["n"] == 1000


def test_without_the_package_it_is_unknown():
    from genlab.experiments import EXPERIMENTS, get_experiment

    assert "outside-distance" not in EXPERIMENTS
    with pytest.raises(ValueError, match="unknown experiment 'outside-distance'; there are: "):
        get_experiment("outside-distance")
