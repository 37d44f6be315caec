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
    """A store of two widths with two seeds each, one estimator, and an opening; and the widths."""
    from sklearn.dummy import DummyClassifier

    from genlab.sweep import EstimatorCell, EstimatorSpec, run_cells

    path = tmp_path_factory.mktemp("explorer") / "store.db"
    data = genlab.datasets.make_mnist1d(n_samples=100)
    # In memory, where no other process is needed to fit them.
    curve = genlab.capacity_curve(
        lambda h: genlab.models.MLP(hidden=(h,)),
        [2, 3],
        data,
        genlab.Recipe.sgd(steps=4, batch_size=None),
        seeds=range(2),
        store="sqlite://",
    )
    cell = EstimatorCell(data.spec, EstimatorSpec.of(DummyClassifier()), 0)
    cells = {one.cell: result for one, result in zip(curve.runs, curve.results, strict=True)}
    cells[cell] = run_cells([cell], "sqlite://")[0]
    with genlab.sweep.Store(path) as store:
        for one, result in cells.items():
            store.put(one, result, seconds=1.0, environment={})
        _, sealed = genlab.seal(data, store=store)
        sealed.open(DummyClassifier().fit(data.x_train, data.y_train), reason="to see")
    return path, curve


@pytest.fixture(scope="package")
def results_store(_filled):
    return _filled[0]


@pytest.fixture(scope="package")
def trained(_filled):
    return _filled[1]
