"""The cell of an estimator: scikit-learn's numbers, from JSON alone, once."""

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sweep.fitted import Changing, Nearest, Plain, fits

from genlab.datasets import Dataset, DataSpec
from genlab.estimators import LogisticClassifier
from genlab.sweep import (
    EstimatorCell,
    EstimatorSpec,
    LocalExecutor,
    Store,
    is_random,
    run_cells,
    seed_estimator,
)
from genlab.sweep._estimator_cell import _r_squared
from genlab.sweep.executors import BriefFirst
from genlab.sweep.executors import _processes as processes

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((90, 3))
Y = (X[:, 0] + 0.5 * RANDOM.standard_normal(90) > 0).astype(int)
DATA = Dataset(X[:60], Y[:60], X[60:], Y[60:])
NUMBERS = Dataset(X[:60], X[:60, 1] + 0.1 * Y[:60], X[60:], X[60:, 1], task="regression")
TREE = DecisionTreeClassifier(max_depth=2)


def drawn(n, seed=0):
    return DataSpec.of_part("drawn", DATA.spec, n=n, seed=seed)


@pytest.mark.parametrize(
    "estimator",
    [
        TREE,
        make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=np.float64(0.3))),
        make_pipeline(FunctionTransformer(np.log1p, kw_args={"where": True}), Ridge(alpha=2)),
        VotingClassifier([("a", Plain()), ("b", Nearest(scale=math.inf))], weights=[1, 2.5]),
        CalibratedClassifierCV(Nearest(), cv=StratifiedKFold(3, shuffle=True)),
        GaussianProcessClassifier(ConstantKernel(2.0) * RBF([1.0, 2.0])),
        LogisticRegression(class_weight={0: 1.0, 1: 3.5}),
        make_pipeline(Nearest(folder="", predicts="nan")),
        Plain(draws=True),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_json_and_back_is_the_same_estimator(estimator):
    spec = EstimatorSpec.of(estimator)
    again = EstimatorSpec.from_dict(json.loads(spec.text), dict(spec.versions))
    assert again == spec
    made = again.make()
    assert type(made) is type(estimator)
    assert EstimatorSpec.of(made).text == spec.text
    assert {"numpy", "scipy", "sklearn"} <= dict(spec.versions).keys()


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (TREE.__class__, "`estimator` must be an estimator with `fit` and `predict`, got <class"),
        (StandardScaler(), "`estimator` must be an estimator with `fit` and `predict`"),
        (
            make_pipeline(FunctionTransformer(lambda x: x), TREE),
            "other processes can import.*a lambda has no name that can be imported",
        ),
        (
            make_pipeline(FrozenEstimator(TREE.fit(X, Y))),
            "must be fitted again for each sample, got a FrozenEstimator, which `fit` leaves",
        ),
        (
            VotingClassifier([("a", TREE)]).set_params(voting=iter("ab")),
            "must be what its class and arguments make again in another.* got str_.*iterator",
        ),
        (
            DecisionTreeClassifier(random_state=np.random.RandomState(0)),
            "a whole number or None as `random_state`, got a RandomState, whose state changes",
        ),
        (Changing(), "got Changing: its class changes what it is given"),
        (make_pipeline(Nearest(folder=DATA), TREE), "got mappingproxy: its param"),
    ],
    ids=["class", "no predict", "lambda", "frozen", "object", "state", "changing", "pipeline"],
)
def test_what_cannot_be_written_is_refused(estimator, message):
    with pytest.raises((TypeError, ValueError), match=message):
        EstimatorCell(DATA.spec, estimator, 0)


def test_other_arguments_are_checked():
    with pytest.raises(ValueError, match="`scoring` must be the name of a scorer of scikit-learn"):
        EstimatorCell(DATA.spec, TREE, 0, scoring="accurate")
    with pytest.raises(ValueError, match="`seed` must be an integer from 0"):
        EstimatorCell(DATA.spec, TREE, -1)
    untested = DATA.without_test()
    with pytest.raises(ValueError, match="must have test examples, which are predicted, got none"):
        EstimatorCell(untested.spec, TREE, 0).check()
    cell = EstimatorCell(DATA.spec, TREE, 0)
    other = dataclasses.replace(cell.estimator, versions=(("sklearn", "0.1"),))
    with pytest.raises(ValueError, match=r"the cell is of sklearn 0\.1, and this process has 1"):
        dataclasses.replace(cell, estimator=other).check()


def test_the_key_is_that_of_an_earlier_version():
    """As a database holds it: the JSON and its hash."""
    values = {
        "kind": "EstimatorCell",
        "data": {
            "kind": "DataSpec",
            "name": "drawn",
            "arguments": {
                "of": {"name": "content", "arguments": {"fingerprint": "0" * 64}},
                "n": 30,
                "seed": 1,
            },
        },
        "estimator": {
            "kind": "sweep.fitted:Nearest",
            "parameters": {"folder": "", "fails_at": 0, "predicts": "labels", "scale": 0.5},
        },
        "versions": {"numpy": "2.2.0", "scipy": "1.15.0", "sklearn": "1.6.0"},
        "seed": 7,
    }
    cell = EstimatorCell.from_dict(values)
    assert cell.to_dict() == values
    assert cell.key == KEY
    more = EstimatorCell.from_dict({**values, "scoring": "roc_auc", "probabilities": True})
    assert len({cell.key, more.key, dataclasses.replace(more, probabilities=False).key}) == 3


KEY = "846855e0f501882034f2c3791613f6f36d1d5ab46e280ef2f35fd51342ab17ef"


def test_its_numbers_are_those_of_scikit_learn():
    cell = EstimatorCell(drawn(40), LogisticRegression(), 0, "roc_auc", probabilities=True)
    result = cell.unpack(cell.pack(cell.run()))
    data = cell.data.make()
    model = LogisticRegression().fit(data.x_train, data.y_train)
    predicted = model.predict(data.x_test)
    assert np.array_equal(result.test_predictions, predicted)
    assert np.array_equal(result.test_wrong, predicted != data.y_test)
    assert result.test_error == (predicted != data.y_test).mean()
    assert result.test_score == roc_auc_score(data.y_test, model.decision_function(data.x_test))
    assert np.array_equal(result.test_log_probabilities, model.predict_log_proba(data.x_test))
    plain = EstimatorCell(drawn(40), LogisticRegression(), 0).run()
    assert plain.test_score == accuracy_score(data.y_test, predicted)
    assert plain.train_score == model.score(data.x_train, data.y_train)


def test_a_regression():
    cell = EstimatorCell(NUMBERS.spec, LinearRegression(), 0)
    result = cell.unpack(cell.pack(cell.run()))
    model = LinearRegression().fit(NUMBERS.x_train, NUMBERS.y_train)
    predicted = model.predict(NUMBERS.x_test)
    assert np.array_equal(result.test_predictions, predicted)
    assert result.test_score == r2_score(NUMBERS.y_test, predicted)
    assert result.test_error == pytest.approx(1 - result.test_score, abs=1e-14)
    assert result.test_wrong is None
    asked = dataclasses.replace(cell, probabilities=True).run()
    assert asked.failed == "ValueError: a regression has no classes, and so no probabilities."


def test_a_class_that_was_not_fitted_has_probability_0():
    data = Dataset(X[:9], [0, 2] * 4 + [0], X[9:12], [0, 1, 2])
    result = EstimatorCell(data.spec, LogisticRegression(), 0, probabilities=True).run()
    assert np.isneginf(result.test_log_probabilities[:, 1]).all()
    assert np.exp(result.test_log_probabilities).sum(axis=1) == pytest.approx(np.ones(3))


def test_weights_are_fitted():
    weights = RANDOM.random(60)
    data = dataclasses.replace(DATA, sample_weight=weights, spec=None)
    for estimator in (TREE, make_pipeline(StandardScaler(), TREE)):
        result = EstimatorCell(data.spec, estimator, 3).run()
        tree = DecisionTreeClassifier(max_depth=2, random_state=3)
        own = make_pipeline(StandardScaler(), tree) if estimator is not TREE else tree
        name = "sample_weight" if own is tree else "decisiontreeclassifier__sample_weight"
        own.fit(data.x_train, data.y_train, **{name: weights})
        assert np.array_equal(result.test_predictions, own.predict(data.x_test))
    failed = EstimatorCell(data.spec, Nearest(), 0).run().failed
    assert (
        failed
        == "ValueError: Nearest takes no `sample_weight` in `fit`, and the data have weights."
    )


def test_sparse_inputs_stay_sparse():
    x = sparse.csr_array(np.where(X > 0.5, X, 0.0))
    data = Dataset(x[:60], Y[:60], x[60:], Y[60:])
    cell = EstimatorCell(DataSpec.of_part("drawn", data.spec, n=40, seed=0), TREE, 0)
    part = cell.data.make()
    own = DecisionTreeClassifier(max_depth=2, random_state=0)
    own.fit(part.x_train.toarray(), part.y_train)
    assert np.array_equal(cell.run().test_predictions, own.predict(x[60:].toarray()))


def test_the_seed_is_that_of_all_that_have_none():
    forest = RandomForestClassifier(3)
    own = RandomForestClassifier(3, random_state=5).fit(DATA.x_train, DATA.y_train)
    for given in (forest, make_pipeline(forest)):
        result = EstimatorCell(DATA.spec, given, 5).run()
        assert np.array_equal(result.test_predictions, own.predict(DATA.x_test))
    fixed = RandomForestClassifier(3, random_state=5)
    again = EstimatorCell(DATA.spec, fixed, 9).run()
    assert np.array_equal(again.test_predictions, own.predict(DATA.x_test))
    assert is_random(forest)
    assert is_random(CalibratedClassifierCV(fixed, cv=KFold(3, shuffle=True)))
    assert not is_random(make_pipeline(fixed))
    assert is_random(Plain())
    assert seed_estimator(Plain(), 4).random_state == 4


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (Nearest(fails_at=40), "ArithmeticError: no fit to 40 examples."),
        (
            Nearest(predicts="half"),
            "ValueError: predictions must be one label per example, got (15,).",
        ),
        (Nearest(predicts="nan"), "ValueError: predictions must be labels from 0 to 1, got nan."),
    ],
)
def test_a_failed_fit_is_a_result(estimator, sentence):
    cell = EstimatorCell(drawn(40), estimator, 0)
    result = cell.unpack(cell.pack(cell.run()))
    assert result.failed == sentence
    assert math.isnan(result.test_error)
    assert len(result.test_predictions) == 0


def test_workers_give_the_same_and_nothing_is_fitted_twice(tmp_path, monkeypatch):
    estimator = Nearest(folder=str(tmp_path), fails_at=30)
    cells = [EstimatorCell(drawn(n, seed), estimator, seed) for n in (30, 50) for seed in range(2)]
    cells += [EstimatorCell(DATA.spec, RandomForestClassifier(5), seed) for seed in range(2)]
    with Store(tmp_path / "here.db") as store:
        here = run_cells(cells, store)  # in this process: they are brief
        assert fits(tmp_path) == 4
        (versions,) = store.environments(cells)
        assert {"scipy", "sklearn", "numpy"} <= json.loads(versions).keys()
    with Store(tmp_path / "s.db") as store:
        with LocalExecutor(2) as executor:
            results = run_cells(cells, store, executor=executor)
        assert fits(tmp_path) == 8
        for result, other in zip(results, here, strict=True):
            assert np.array_equal(result.test_predictions, other.test_predictions)
            assert result.failed == other.failed
        assert [bool(result.failed) for result in results] == [True, True, *[False] * 4]
        monkeypatch.setattr(processes, "_start_worker", None)
        again = run_cells(cells, store)
        assert (fits(tmp_path), len(store)) == (8, 6)
        assert [one.test_error for one in again[2:]] == [one.test_error for one in here[2:]]


def test_a_call_that_is_stopped_goes_on(tmp_path):
    """The second of three fits ends the process, as far as the first call can tell."""
    estimator = EstimatorSpec.of(Nearest(folder=str(tmp_path)))
    cells = [EstimatorCell(drawn(n), estimator, 0) for n in (20, 30, 40)]

    def stop(progress):
        if progress.cells_done == 2:
            raise KeyboardInterrupt

    with Store(tmp_path / "s.db") as store:
        with pytest.raises(KeyboardInterrupt):
            run_cells(cells, store, progress=stop)
        assert (len(store), fits(tmp_path)) == (2, 2)
        run_cells(cells, store)
        assert (len(store), fits(tmp_path)) == (3, 3)


def test_many_or_long_fits_go_to_the_other_executor():
    class Other:
        side_by_side = False

        def run(self, groups):
            self.groups = groups
            yield from ()

    cells = [EstimatorCell(drawn(n), Nearest(), 0) for n in (20, 40, 30)]
    groups = [[[cell]] for cell in cells]
    other = Other()
    assert [event.key for event in BriefFirst(other, seconds=0.0).run(groups)] == [cells[0].key]
    assert other.groups == [groups[1], groups[2]]
    assert len(list(BriefFirst(Other()).run(groups))) == 3


def test_what_has_threads_of_its_own_runs_in_workers():
    """The number of JAX's threads is settled when it starts: a worker's is one."""
    assert EstimatorCell(DATA.spec, make_pipeline(StandardScaler(), TREE), 0).brief
    ours = make_pipeline(StandardScaler(), LogisticClassifier(steps=5))
    cell = EstimatorCell(DATA.spec, ours, 0)
    assert not cell.brief
    assert cell.estimator.packages == {"sklearn", "genlab"}
    own = make_pipeline(StandardScaler(), LogisticClassifier(steps=5, random_state=0))
    own.fit(DATA.x_train, DATA.y_train)
    assert np.array_equal(cell.run().test_predictions, own.predict(DATA.x_test))


def test_work_and_memory_are_known_before_anything_is_made():
    cell = EstimatorCell(drawn(20), Nearest(), 0)
    assert cell.work() == (20 + 30) * 3
    assert 1e8 < cell.memory() < 1e9


@pytest.mark.parametrize("n", [2, 3, 8, 130, 3001])
def test_r_squared_is_scikit_learns_to_the_last_bit(n):
    rng = np.random.default_rng(n)
    for scale in (1e-3, 1.0, 1e6):
        y = scale + rng.normal(size=n)
        predicted = y + scale * rng.normal(size=n)
        assert _r_squared(y, predicted) == r2_score(y, predicted)
    same = np.ones(n)
    assert _r_squared(same, same) == r2_score(same, same) == 1
    assert _r_squared(same, y) == r2_score(same, y) == 0
