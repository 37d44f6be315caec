"""Commands where folders cannot be written: reading needs no writing."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from rights import without_rights

from genlab.datasets import Dataset
from genlab.sealing import seal


def genlab(*arguments, **environment):
    return subprocess.run(
        without_rights([sys.executable, "-m", "genlab", *map(str, arguments)]),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


class Model:
    def predict(self, x):
        return np.zeros(len(x), int)


@pytest.fixture
def locked(tmp_path):
    """A folder that cannot be written from `lock` on."""
    folder = tmp_path / "locked"
    folder.mkdir()
    yield folder
    folder.chmod(0o755)


def test_seal_status_in_a_folder_that_cannot_be_written(locked):
    x = np.arange(200.0).reshape(100, 2)
    data = Dataset(x[:50], np.arange(50) % 2, x[50:], np.arange(50) % 2)
    seal(data, locked / "s.db")[1].open(Model(), reason="to see")
    locked.chmod(0o555)
    done = genlab("seal", "status", "--json", "--store", locked / "s.db")
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)
    assert (row["reason"], row["error"]) == ("to see", 0.5)
    assert [path.name for path in locked.iterdir()] == ["s.db"]
    # Where there is no store nothing was opened, and none is made.
    done = genlab("seal", "status", "--json", "--store", locked / "other.db")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_show_in_a_folder_that_cannot_be_written(locked, mnist1d_mlp):
    (locked / "report" / "mnist1d-mlp").mkdir(parents=True)
    results = locked / "report" / "mnist1d-mlp" / "results.json"
    results.write_text(json.dumps(mnist1d_mlp.to_json()))
    for folder in (locked, locked / "report", locked / "report" / "mnist1d-mlp"):
        folder.chmod(0o555)
    try:
        done = genlab(
            "show", "mnist1d-mlp", "--json", "-o", locked / "report", GENLAB_STORE=str(locked / "s")
        )
    finally:
        for folder in (locked / "report", locked / "report" / "mnist1d-mlp"):
            folder.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == mnist1d_mlp.to_json()


def test_a_home_that_cannot_be_written(locked, tmp_path):
    """It stops no experiment that stores nothing; the others' error says what to do."""
    locked.chmod(0o555)
    home = {"HOME": str(locked), "XDG_DATA_HOME": "", "GENLAB_STORE": ""}
    options = ("--scale", "quick", "-o", tmp_path / "out", "--json")
    done = genlab("reproduce", "toy-data", *options, **home)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["experiment"] == "toy-data"
    done = genlab("reproduce", "mnist1d-mlp", *options, **home)
    assert done.returncode == 1
    first, *_ = done.stderr.splitlines()
    assert first.startswith("genlab: mnist1d-mlp: cannot make the folder of the store sqlite:///")
    assert first.endswith(
        ": Permission denied; name another one with `store`, --store or $GENLAB_STORE."
    )
    assert not list(locked.iterdir())
