"""Cells of arrays that an experiment computes: stored, found again, and the same bits anywhere."""

import json

import numpy as np
import pytest

from genlab.datasets import LabelNoise, make_mnist1d
from genlab.experiments._infinite_width import InfiniteWidth
from genlab.experiments.theory_double_descent.cells import PARTS, SimulatedRisk
from genlab.sweep import Store, run_cells, verify_store

FEATURES = {"n_inputs": 20, "nonlinear": 0.3}
CELLS = [
    SimulatedRisk(20, 10, 3, (0.0, 0.1), 0, 0),
    SimulatedRisk(20, 30, 3, (0.0, 0.1), 0, 1, (1.0, 0.1), (0.9, 1.0)),
    SimulatedRisk(20, 30, 3, (0.0, 0.001), 0, 2, **FEATURES),
    InfiniteWidth(make_mnist1d(n_samples=100).spec, 2, LabelNoise(0.15), (0, 1)),
]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_what_its_json_says(cell):
    again = type(cell).from_dict(json.loads(json.dumps(cell.to_dict())))
    assert again == cell
    assert again.key == cell.key
    assert cell.work() > 0
    assert cell.memory() > 0


def test_results_are_stored_and_the_same_in_a_worker():
    seen = []
    with Store("sqlite://") as store:
        first = run_cells(CELLS, store, jobs=1)
        again = run_cells(CELLS, store, jobs=1, progress=seen.append)
        assert seen[0].cells_done == len(CELLS)
        assert [one.outcome for one in verify_store(store, jobs=1)] == ["holds"] * len(CELLS)
    for cell, *results in zip(CELLS, first, again, strict=True):
        assert all(np.array_equal(result, cell.run()) for result in results)
    assert [result.shape for result in first] == [(len(PARTS), 2, 3)] * 3 + [(2, 3, 20)]


def test_more_draws_begin_with_the_same():
    few, more = (SimulatedRisk(20, 10, n, (0.0,), 0, 0).run() for n in (2, 3))
    assert np.array_equal(more[..., :2], few)


@pytest.mark.parametrize("packed", [b"", b"no array", CELLS[0].pack(np.zeros(3))[:-1]])
def test_bytes_that_are_no_array_are_told(packed):
    with pytest.raises(ValueError, match=r"."):
        SimulatedRisk.unpack(packed)


def test_a_field_that_json_lacks_is_told():
    with pytest.raises(ValueError, match="not JSON compliant"):
        SimulatedRisk(20, 10, 3, (float("nan"),), 0, 0).check()
