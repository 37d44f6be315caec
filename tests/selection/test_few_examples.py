"""Searches on fewer examples than the default batch size."""

import numpy as np
from sweep.here import no_workers

from genlab.datasets import Dataset, make_mnist1d
from genlab.selection import Space, choosing_cost, default_trial, select, selection_report
from genlab.sweep import Store


def test_few_examples_for_the_default_batch_size():
    """Trials and the refitted model take batches of all examples, as cells and here; it is said."""
    data = make_mnist1d(n_samples=100).without_test()
    unknown = Dataset(data.x_train, data.y_train, data.x_test, data.y_test)
    fixed, rates = {"steps": 10, "hidden": (3,)}, {"learning_rate": [0.01, 0.1]}
    space = Space("MLP", rates, fixed=fixed)
    given = Space("MLP", rates, fixed={**fixed, "batch_size": 64})
    for of in (data, unknown):
        with Store("sqlite://") as store, no_workers():
            found = select(space, of, sampler="grid", store=store)
            expected = select(given, of, sampler="grid", store=store, refit=False)
        assert np.array_equal(found.wrong, expected.wrong)
        assert found.model.recipe.batch_size == 80
    report = selection_report(found, choosing_cost(found), [], command="", seconds=0.0)
    assert report.notes[-1].startswith("Each batch holds all 64 training examples, which are fewer")


def test_the_default_of_a_searched_batch_size_suits_few_examples():
    data = make_mnist1d(n_samples=100).without_test()  # 80, of which 64 are trained on
    space = Space("MLP", {"batch_size": [5, 10]}, fixed={"steps": 10, "hidden": (3,)})
    with Store("sqlite://") as store, no_workers():
        trial = default_trial(space, data, store=store)
    assert trial.state == "complete"
    assert "batch_size" not in trial.parameters
