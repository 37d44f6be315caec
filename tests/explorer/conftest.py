import pytest

import genlab
from genlab.explorer import page_file


@pytest.fixture(scope="module")
def fit_file(tmp_path_factory):
    """The link of the file to give away."""
    path = tmp_path_factory.mktemp("explorer") / "fit.html"
    path.write_text(page_file(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="package")
def _filled(tmp_path_factory):
    """A store of two runs of two seeds, one estimator, and an opening; and the results by cell."""
    from sklearn.dummy import DummyClassifier

    from genlab.datasets import LabelNoise
    from genlab.sweep import EstimatorCell, EstimatorSpec, TrainingCell, run_cells

    path = tmp_path_factory.mktemp("explorer") / "store.db"
    data = genlab.datasets.make_mnist1d(n_samples=100)
    # In memory, where no other process is needed to fit them; two programs would be compiled twice.
    recipe = genlab.Recipe.sgd(steps=4, batch_size=None)
    networks = [
        TrainingCell(data.spec, genlab.models.Logistic(), recipe, seed, label_noise=noise)
        for noise in (LabelNoise(0.1), LabelNoise(0.2))
        for seed in range(2)
    ]
    cells = [*networks, EstimatorCell(data.spec, EstimatorSpec.of(DummyClassifier()), 0)]
    results = run_cells(cells, "sqlite://")
    with genlab.sweep.Store(path) as store:
        for one, result in zip(cells, results, strict=True):
            store.put(one, result, seconds=1.0, environment={})
        _, sealed = genlab.seal(data, store=store)
        sealed.open(DummyClassifier().fit(data.x_train, data.y_train), reason="to see")
    return path, dict(zip(cells, results, strict=True))


@pytest.fixture(scope="package")
def results_store(_filled):
    return _filled[0]


@pytest.fixture(scope="package")
def trained(_filled):
    return _filled[1]


@pytest.fixture(scope="package")
def networks_store(tmp_path_factory):
    """A store of networks of three widths, with label noise, of seed 0."""
    from genlab.datasets import LabelNoise
    from genlab.sweep import TrainingCell, run_cells

    path = tmp_path_factory.mktemp("explorer") / "networks.db"
    data = genlab.datasets.make_mnist1d(n_samples=100)
    recipe = genlab.Recipe.sgd(1.0, steps=40, batch_size=None, evaluate_every=20)
    cells = [
        TrainingCell(data.spec, genlab.models.MLP((width,)), recipe, 0, label_noise=LabelNoise(0.3))
        for width in (4, 2, 12)
    ]
    results = run_cells(cells, "sqlite://")
    with genlab.sweep.Store(path) as store:
        for one, result in zip(cells, results, strict=True):
            store.put(one, result, seconds=one.model.hidden[0], environment={})
    return path
