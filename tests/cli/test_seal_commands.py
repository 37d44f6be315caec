"""`genlab seal status` as its users meet it."""

import csv
import io
import json
from functools import partial

import numpy as np
import pytest

from genlab import seal
from genlab.datasets import Dataset


@pytest.fixture
def run(run_genlab):
    """`genlab seal status` in this process: exit status, standard output, standard error."""
    return partial(run_genlab, "seal", "status")


class Model:
    def predict(self, x):
        return np.zeros(len(x), int)


def sealed(store=None, shift=0.0):
    x = np.arange(200.0).reshape(100, 2) + shift
    return seal(Dataset(x[:50], np.arange(50) % 2, x[50:], np.arange(50) % 2), store)[1]


def test_nothing_opened(run, tmp_path):
    assert run() == (0, f"No sealed test set was opened in sqlite:///{tmp_path}/store.db.\n", "")
    assert run("--json") == (0, "[]\n", "")
    assert run("--csv") == (0, "", "")


def test_it_lists_what_was_opened(run, tmp_path):
    """In the default store, and in one that is named: what the library says of the same."""
    for store, options in ((None, ()), (tmp_path / "o.db", ("--store", str(tmp_path / "o.db")))):
        one = sealed(store)
        one.open(Model(), reason="the [red]first[/x] look")
        sealed(store, shift=1.0).open(Model(), reason="another set")
        one.reopen(Model(), reason="a second look")
        status, out, err = run(*options, "--json")
        rows = json.loads(out)
        assert (status, err) == (0, "")
        assert [(row["number"], row["n_openings"]) for row in rows] == [(1, 2), (2, 2), (1, 1)]
        first = one.openings[0]
        assert (rows[0]["fingerprint"], rows[0]["reason"]) == (one.fingerprint, first.reason)
        assert rows[0]["error"] == first.error == 0.5
        assert (rows[0]["wilson_low"], rows[0]["exact_high"]) == (
            first.wilson.low,
            first.exact.high,
        )
        assert (rows[0]["loss"], rows[0]["confidence"]) == (None, 0.975)
        status, out, _ = run(*options, "--csv")
        read = list(csv.DictReader(io.StringIO(out)))
        assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows] == read
        status, out, _ = run(*options)
        assert status == 0
        assert "1 of 2" in out
        assert "the [red]first[/x]" in out
        assert out.count(f"{one.fingerprint[:12]}: The test set was opened 2 times") == 1
        assert "at least 95% of cases" in out


def test_one_sentence_for_an_error(run, tmp_path):
    status, out, err = run("--json", "--csv")
    assert (status, out, err) == (2, "", "genlab: --json and --csv exclude each other.\n")
    (tmp_path / "text.db").write_text("not a database, though long enough to be one " * 50)
    status, out, err = run("--store", str(tmp_path / "text.db"))
    assert (status, out) == (1, "")
    assert "text.db: file is not a database" in err
    assert err.count("\n") == 1
