"""A strict test environment: one thread, as in the workers; a store of its own for each test."""

import os

from genlab.sweep._worker import ONE_THREAD

os.environ.update(ONE_THREAD)
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"

import pytest

import genlab


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("GENLAB_STORE", f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture(scope="session")
def small_data():
    """400 training and 100 test examples."""
    return genlab.datasets.make_mnist1d(n_samples=500)


@pytest.fixture(scope="session")
def mnist1d_mlp(tmp_path_factory):
    """The result of `mnist1d-mlp`, run once for all tests."""
    from genlab.experiments import EXPERIMENTS, run_experiment
    from genlab.sweep import Store

    with Store(tmp_path_factory.mktemp("shared") / "store.db") as store:
        return run_experiment(EXPERIMENTS["mnist1d-mlp"], store, scale="quick")
