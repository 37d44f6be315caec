"""A search: the same as scikit-learn's, the same each time, with intervals; what it refuses."""

import json
import math
import tempfile
from typing import ClassVar

import numpy as np
import optuna
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sweep.here import no_workers

import genlab
from genlab.datasets import Dataset, fold, make_mnist1d, split_indices
from genlab.selection import Choice, Integer, Real, Space, check_search, select
from genlab.sweep import Store, TrainingCell
from genlab.training import train

# All networks of halves of the examples share one compiled program: its batches, its decay.
MODELS = Space(
    parameters={
        "learning_rate": Real(1e-3, 0.3, log=True),
        "weight_decay": Real(1e-3, 0.3, log=True),
    },
    fixed={"hidden": (8,), "steps": 40, "evaluate_every": 20, "batch_size": 20},
)
RATES = Space(
    parameters={"learning_rate": Real(1e-5, 0.3, log=True)},
    fixed={**MODELS.fixed, "steps": 80, "weight_decay": 0.01},
)


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


@pytest.fixture(scope="module")
def data():
    return make_mnist1d(n_samples=300)


def content(data):
    """The same examples, of a user's own."""
    return Dataset(data.x_train, data.y_train, data.x_test, data.y_test)


PIPELINE = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
GRIDS = {
    "tree": (
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [2, 4, None], "criterion": ["gini", "entropy"]},
    ),
    "neighbours": (
        KNeighborsClassifier(),
        {"n_neighbors": [1, 3, 5, 7], "weights": ["uniform", "distance"]},
    ),
    "pipeline": (
        PIPELINE,
        {
            "svc__C": [0.1, 1.0, 10.0],
            "svc__gamma": ["scale", 0.01],
            "scale": [StandardScaler(), None],
        },
    ),
    "ties": (DummyClassifier(), {"strategy": ["prior", "most_frequent"], "random_state": [0, 1]}),
}


@pytest.mark.parametrize("case", GRIDS)
@pytest.mark.parametrize("splitter", ["stratified", "shuffled"])
def test_the_same_as_grid_search_cv(case, splitter, data, store):
    estimator, axes = GRIDS[case]
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    if splitter == "shuffled":
        cv = ShuffleSplit(3, test_size=0.3, random_state=1)
    theirs = GridSearchCV(estimator, axes, cv=cv).fit(data.x_train, data.y_train)
    space = Space(estimator=estimator, parameters=axes)
    ours = select(space, data, sampler="grid", cv=cv, store=store)

    found = {repr(trial.parameters): float(trial.validation_error.mean) for trial in ours.trials}
    results = theirs.cv_results_
    expected = {
        repr({name: parameters[name] for name in axes}): 1 - float(score)
        for parameters, score in zip(results["params"], results["mean_test_score"], strict=True)
    }
    assert found == expected  # to the last bit
    assert repr(ours.parameters) == repr({name: theirs.best_params_[name] for name in axes})
    assert float(ours.validation_error.mean) == 1 - theirs.best_score_
    np.testing.assert_array_equal(ours.predict(data.x_test), theirs.predict(data.x_test))


@pytest.mark.parametrize("division", [{"folds": 4}, {"validation": 0.3}])
def test_the_trivial_model_is_that_of_scikit_learn(division, data, store):
    space = Space(estimator=DummyClassifier(), parameters={"strategy": ["most_frequent"]})
    best = select(space, data, sampler="grid", store=store, refit=False, **division)
    for end in ("mean", "low", "high"):
        assert getattr(best.trivial_error, end) == getattr(best.validation_error, end)


def test_a_held_out_part_and_its_interval(data, store):
    space = Space(
        estimator=LogisticRegression(max_iter=2000), parameters={"C": Real(1e-3, 1, log=True)}
    )
    found = select(space, data, n_trials=4, sampler="random", validation=0.25, seed=3, store=store)
    fitted, held_out = map(np.sort, split_indices(data.y_train, (0.75, 0.25), seed=3))
    z = stats.norm.ppf(0.975)
    for row, trial in zip(found.trials, found.to_frame().to_dict("records"), strict=True):
        plain = LogisticRegression(max_iter=2000, **row.parameters)
        plain.fit(data.x_train[fitted], data.y_train[fitted])
        wrong = plain.predict(data.x_train[held_out]) != data.y_train[held_out]
        n, p = len(wrong), wrong.mean()
        centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        np.testing.assert_array_equal(row.wrong, wrong)
        np.testing.assert_array_equal(found.wrong[row.number], wrong)
        assert trial["validation_error"] == pytest.approx(p, abs=1e-12)
        assert trial["validation_error_low"] == pytest.approx((centre - half) / (1 + z**2 / n))
        assert trial["validation_error_high"] == pytest.approx((centre + half) / (1 + z**2 / n))
    np.testing.assert_array_equal(found.validation_rows, held_out)
    assert found.parameters == min(found.trials, key=lambda t: t.validation_error.mean).parameters
    assert "Wilson interval over 60 validation examples" in found.interval_description
    drawn = found.chart().to_dict()  # an estimator has no curve through training
    assert len(drawn["vconcat"]) == 2
    assert "NaN" not in json.dumps(drawn)


def wilson(p, n):
    """Wilson's interval, for a number of examples that need not be whole."""
    z = stats.norm.ppf(0.975)
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def test_folds_and_their_corrected_interval(data, store):
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": Integer(1, 4)})
    found = select(space, data, sampler="grid", folds=5, store=store)
    assert sorted(found.validation_rows) == list(range(data.n_train))
    for trial in found.trials:
        scores = np.array(trial.accuracies)
        assert float(trial.validation_error.mean) == pytest.approx(1 - scores.mean())
        p = 1 - scores.mean()
        # Each of 240 examples validates once, and each model has 192 training examples.
        low, high = wilson(p, 1 / (1 / 240 + 1 / 192))
        variance = scores.var(ddof=1)
        if 4 * variance / (p * (1 - p) / 48) > stats.chi2.ppf(0.9, 4):
            half = stats.t.ppf(0.975, 4) * math.sqrt(variance * (1 / 5 + 48 / 192))
            shift, odds = half / (p * (1 - p)), p / (1 - p)
            ends = [odds * math.exp(s) / (1 + odds * math.exp(s)) for s in (-shift, shift)]
            low, high = min(low, ends[0]), max(high, ends[1])
        assert float(trial.validation_error.high) == pytest.approx(high)
        assert float(trial.validation_error.low) == pytest.approx(low)
        assert 0 < trial.validation_error.low < p < trial.validation_error.high < 1
    assert found.interval_description == (
        "approximate 95% interval over 5 splits (of the error averaged over training sets of "
        "192 examples)"
    )


def test_folds_without_an_error_have_a_width(store):
    """Two classes far apart: five folds of no error each, and an interval that is no point."""
    x = np.r_[np.zeros(30), np.full(30, 9.0)][:, None] + np.arange(60)[:, None] / 100
    easy = Dataset(x, np.repeat([0, 1], 30), x[:2] - 1, np.array([0, 0]))
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": Integer(1, 2)})
    found = select(space, easy, sampler="grid", folds=5, store=store)
    for trial in found.trials:
        assert (trial.validation_error.mean, trial.validation_error.low) == (0, 0)
        assert float(trial.validation_error.high) == pytest.approx(wilson(0, 60 * 48 / 108)[1])


def test_repeated_divisions_count_each_example_once(data, store):
    """Ten times five folds validate no more examples than five folds do."""
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": Integer(3, 3)})
    cv = RepeatedKFold(n_splits=5, n_repeats=10, random_state=0)
    found = select(space, data, sampler="grid", cv=cv, store=store)
    (trial,) = found.trials
    p = 1 - np.mean(trial.accuracies)
    expected = wilson(p, 1 / (1 / 240 + 1 / 192))
    assert float(trial.validation_error.low) == pytest.approx(expected[0])
    assert float(trial.validation_error.high) == pytest.approx(expected[1])


def test_a_trial_of_a_genlab_model_is_a_cell_a_fold(data, store):
    with no_workers():
        found = select(MODELS, data, n_trials=2, sampler="random", folds=2, store=store)
    for trial in found.trials:
        model, recipe = MODELS.model_and_recipe(trial.parameters)
        errors, wrong = [], []
        for spec in found.validation.specs:
            run = train(model, spec.make(), recipe)
            errors.append(run.test_error[0])
            wrong.append(run.test_wrong[0])
            assert len(store.get([TrainingCell(spec, model, recipe, 0)])) == 1
        np.testing.assert_allclose(trial.curve, np.mean(errors, axis=0), atol=1e-7)
        np.testing.assert_array_equal(trial.wrong, np.concatenate(wrong))
        assert float(trial.validation_error.mean) == pytest.approx(np.mean(errors, axis=0)[-1])
        assert trial.steps.tolist() == [0, 20, 40]
        assert trial.seconds > 0
    assert len(store) == 4
    # The refitted model is that of all training examples.
    model, recipe = MODELS.model_and_recipe(found.parameters)
    refitted = train(model, data.without_test(), recipe)
    whole = genlab.training.SavedModel(model, refitted.modules[0], (40,), 10, data.spec, recipe, 0)
    np.testing.assert_array_equal(found.predict(data.x_test), whole.predict(data.x_test))


def test_data_of_ones_own_give_what_workers_give(data, store):
    options = {"n_trials": 3, "sampler": "random", "validation": 0.5}
    theirs = select(MODELS, data, **options, store=store, jobs=1)
    with Store("sqlite://") as other:
        ours = select(MODELS, content(data), **options, store=other)
        assert len(other) == 3
    assert [t.parameters for t in ours.trials] == [t.parameters for t in theirs.trials]
    np.testing.assert_array_equal(ours.wrong, theirs.wrong)
    for one, two in zip(ours.trials, theirs.trials, strict=True):
        np.testing.assert_array_equal(one.curve, two.curve)


def test_the_number_of_workers_changes_nothing(data):
    """Of a search on data of one's own that learns from its trials, whose workers stay."""
    runs = []
    for jobs in (1, 2):
        with Store("sqlite://") as store:
            runs.append(select(MODELS, content(data), n_trials=10, folds=2, store=store, jobs=jobs))
            assert len(store) == 20
    one, two = (run.to_frame().drop(columns="seconds") for run in runs)
    assert one.equals(two)
    for first, second in zip(runs[0].trials, runs[1].trials, strict=True):
        np.testing.assert_array_equal(first.curve, second.curve)
        np.testing.assert_array_equal(first.wrong, second.wrong)


@pytest.mark.parametrize("own", [False, True])
def test_a_splitter_divides_for_genlab_models_as_for_estimators(own, data, store):
    given = content(data) if own else data
    cv = ShuffleSplit(2, test_size=0.5, random_state=1)
    pairs = list(cv.split(data.x_train))
    options = {"n_trials": 2, "sampler": "random", "refit": False, "store": store}
    found = select(MODELS, given, **options, cv=cv)
    for trial in found.trials:
        model, recipe = MODELS.model_and_recipe(trial.parameters)
        wrong = [
            train(
                model,
                Dataset(data.x_train[a], data.y_train[a], data.x_train[b], data.y_train[b], 10),
                recipe,
            ).test_wrong[0]
            for a, b in pairs
        ]
        np.testing.assert_array_equal(trial.wrong, np.concatenate(wrong))
    assert len(store) == 4
    again = select(MODELS, given, **options, cv=pairs)
    assert (again.name, len(store)) == (found.name, 4)


@pytest.mark.parametrize("space", ["models", "estimator"])
def test_a_number_of_splits_is_a_number_of_folds(space, data, store):
    space = MODELS if space == "models" else SPACE
    options = {"n_trials": 2, "sampler": "random", "store": store, "refit": False}
    first = select(space, data, **options, cv=np.int64(2))
    again = select(space, data, **options, folds=2)
    assert (again.name, first.validation.kind, len(first.validation)) == (first.name, "folds", 2)
    assert again.to_frame().equals(first.to_frame())


def test_no_place_for_the_data_is_no_failed_trial(data, store, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(genlab.DataFileError, match=r"nowhere cannot take the data that worker"):
        select(MODELS, content(data), n_trials=2, validation=0.5, store=store)
    monkeypatch.undo()
    found = select(MODELS, content(data), n_trials=2, validation=0.5, store=store)
    assert [trial.state for trial in found.trials] == ["complete"] * 2


def test_a_part_whose_whole_is_gone_is_no_failed_trial(data, store):
    whole = Dataset(data.x_train + 1, data.y_train, data.x_test, data.y_test)
    part = fold(whole.spec, n_folds=2)
    del whole
    with pytest.raises(
        ValueError, match="this process no longer holds the one with the fingerprint"
    ):
        select(MODELS, part, n_trials=1, store=store)


class Bowl(ClassifierMixin, BaseEstimator):
    """Right on the more examples the nearer C is to 0.1 and k to 7; its fits are counted."""

    fits = 0
    labels: ClassVar[dict[bytes, int]] = {}

    def __init__(self, C=0.1, k=7):  # noqa: N803
        self.C, self.k = C, k

    def fit(self, x, y):
        type(self).fits += 1
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        share = min(1.0, abs(math.log10(self.C) + 1) / 4 + abs(self.k - 7) / 20)
        right = np.array([self.labels[one.tobytes()] for one in x])
        return np.where(np.arange(len(x)) < share * len(x), (right + 1) % 10, right)


@pytest.fixture(autouse=True)
def _labels(data):
    for one, label in zip(data.x_train, data.y_train, strict=True):
        Bowl.labels[one.tobytes()] = label


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_a_search_gives_the_same_however_it_is_cut_in_pieces(sampler, data):
    searched = {"k": Integer(1, 20)} if sampler == "grid" else {"C": Real(1e-4, 10, log=True)}
    space = Space(estimator=Bowl(), parameters=searched)
    runs = []
    for pieces in ([20], [1, 7, 12, 20], [20]):
        with Store("sqlite://") as store:
            for n_trials in pieces:
                found = select(space, data, n_trials=n_trials, sampler=sampler, seed=5, store=store)
            runs.append(found)
    first = runs[0].to_frame().drop(columns="seconds")
    for run in runs[1:]:
        assert run.to_frame().drop(columns="seconds").equals(first)
        assert run.name == runs[0].name
    assert len({repr(trial.parameters) for trial in runs[0].trials}) == 20
    with Store("sqlite://") as store:
        other = select(space, data, n_trials=20, sampler=sampler, seed=6, store=store)
    assert other.name != runs[0].name
    assert [t.parameters for t in other.trials] != [t.parameters for t in runs[0].trials]


def test_tpe_learns_where_errors_are_low(data):
    space = Space(estimator=Bowl(), parameters={"C": Real(1e-5, 1e3, log=True)})
    distances = {}
    for sampler in ("tpe", "random"):
        with Store("sqlite://") as store:
            found = select(space, data, n_trials=40, sampler=sampler, store=store, refit=False)
        logs = [math.log10(trial.parameters["C"]) for trial in found.trials[10:]]
        distances[sampler] = np.abs(np.array(logs) + 1).mean()
    assert distances["random"] > 1.5  # 2 on average
    assert distances["tpe"] < 0.6 * distances["random"]


def test_trials_as_an_optuna_study(data, store):
    space = Space(estimator=Bowl(), parameters={"C": Real(1e-3, 1), "k": Choice(1, 7)})
    found = select(space, data, n_trials=12, store=store)
    study = found.study()
    assert study.best_value == float(found.validation_error.mean)
    assert [trial.params["C"] for trial in study.trials] == [
        trial.parameters["C"] for trial in found.trials
    ]
    assert set(optuna.importance.get_param_importances(study)) == {"C", "k"}


def test_what_is_finished_is_not_run_again(data, store):
    space = Space(estimator=Bowl(), parameters={"k": Integer(1, 9)})
    select(space, data, sampler="grid", store=store, refit=False)
    before = Bowl.fits
    again = select(space, data, sampler="grid", store=store, refit=False)
    assert Bowl.fits == before
    assert len(again.trials) == 9


def test_an_interrupted_search_lets_its_trial_go(data, store):
    space = Space(estimator=Bowl(), parameters={"k": Integer(1, 9)})

    def stop(progress):
        if progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        select(space, data, sampler="grid", store=store, progress=stop)
    seen = []
    found = select(space, data, sampler="grid", store=store, progress=seen.append)
    assert seen[0].done == 4
    assert [len(found.trials), seen[-1].done, seen[-1].running] == [9, 9, 0]
    assert sorted(t.number for one in seen for t in one.latest) == list(range(9))
    assert seen[-1].best.parameters == found.parameters


def test_pruned_trials_are_trained_for_a_quarter(data):
    options = {"n_trials": 16, "sampler": "random", "prune": True, "batch": 1, "validation": 0.5}
    with Store("sqlite://") as store:
        found = select(RATES, content(data), **options, store=store)
    states = [trial.state for trial in found.trials]
    assert states[:5] == ["complete"] * 5
    assert 3 <= states.count("pruned") <= 9
    complete: list[float] = []
    for trial in found.trials:
        median = np.median(complete) if len(complete) >= 5 else math.inf
        assert trial.state == ("pruned" if trial.first_error > median else "complete")
        assert math.isnan(float(trial.validation_error.mean)) == (trial.state == "pruned")
        if trial.state == "complete":
            complete.append(trial.first_error)
            assert trial.curve[1] == pytest.approx(trial.first_error)  # 20 of 80 steps, of one rate
    assert len(found.wrong) == len(complete)
    assert f"{states.count('pruned')} pruned" in repr(found)


def test_workers_prune_what_is_pruned_here(data):
    options = {"n_trials": 12, "sampler": "random", "prune": True, "batch": 6, "validation": 0.5}
    with Store("sqlite://") as one, Store("sqlite://") as two:
        here = select(RATES, content(data), **options, store=one)
        there = select(RATES, data, **options, store=two, jobs=1)
    states = [trial.state for trial in here.trials]
    assert "pruned" in states
    assert states == [trial.state for trial in there.trials]
    assert [t.first_error for t in here.trials] == [t.first_error for t in there.trials]


class Sealed:
    """Stands for a sealed test set."""

    def __init__(self, data):
        self._data, self.reasons = data, []

    def open(self, model, *, reason):
        self.reasons.append(reason)
        return float(np.mean(model.predict(self._data.x_test) != self._data.y_test))


def test_the_sealed_test_set_is_opened_once_with_the_refitted_model(data, store):
    sealed = Sealed(data)
    space = Space(estimator=LogisticRegression(max_iter=500), parameters={"C": [0.01, 0.1]})
    found = select(space, data, sampler="grid", store=store, sealed=sealed, reason="the last look")
    plain = LogisticRegression(max_iter=500, **found.parameters).fit(data.x_train, data.y_train)
    assert sealed.reasons == ["the last look"]
    assert found.opening == 1 - plain.score(data.x_test, data.y_test)
    assert "sealed" in repr(found)


def test_what_seal_returns_is_taken(tmp_path, data):
    development, sealed = genlab.seal(data, tmp_path / "store.db")
    options = {"n_trials": 1, "validation": 0.5, "sealed": sealed, "reason": "x"}
    with Store(tmp_path / "store.db") as store, no_workers():
        found = select(MODELS, development, **options, store=store)
    wrong = found.predict(data.x_test) != data.y_test
    assert found.opening.error == pytest.approx(wrong.mean())


def test_test_examples_change_nothing(data, store):
    other = Dataset(data.x_train, data.y_train, data.x_test[:5] * 0, 9 - data.y_test[:5])
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 2]})
    one, two = (
        select(space, given, sampler="grid", store=store) for given in (content(data), other)
    )
    assert one.name == two.name
    assert one.to_frame().equals(two.to_frame())


class Fails(KNeighborsClassifier):
    def fit(self, x, y):
        if self.n_neighbors > 2:
            raise RuntimeError("no memory")
        return super().fit(x, y)


def test_a_failed_trial_is_a_row_and_a_warning(data, store):
    space = Space(estimator=Fails(), parameters={"n_neighbors": Integer(1, 5)})
    words = (
        r"3 of 5 trials failed, the first \({'n_neighbors': \d}\) with: RuntimeError: no memory\."
    )
    with pytest.warns(genlab.FailedTrialsWarning, match=words):
        found = select(space, data, sampler="grid", store=store)
    frame = found.to_frame().set_index("n_neighbors")
    assert frame["state"].to_dict() == {
        **dict.fromkeys((1, 2), "complete"),
        **dict.fromkeys((3, 4, 5), "failed"),
    }
    assert frame["error"][4] == "RuntimeError: no memory"
    assert np.isnan(frame["validation_error"][4])
    assert "3 failed" in repr(found)
    assert "3 failed" in found._repr_html_()


def test_a_diverged_trial_failed(data, store):
    space = Space(
        parameters={"learning_rate": Choice(0.01, 1e30), "batch_size": Choice(20, 10_000)},
        fixed={"hidden": (8,), "steps": 20, "optimizer": "sgd"},
    )
    with pytest.warns(genlab.FailedTrialsWarning, match="3 of 4 trials failed"), no_workers():
        found = select(space, data, sampler="grid", store=store)
    errors = sorted(trial.error for trial in found.trials)
    assert errors[0] == ""
    assert errors[1].startswith("ValueError: `batch_size` must be at most the 192 training")
    assert errors[3].startswith("training diverged by step")


class Says(ClassifierMixin, BaseEstimator):
    """Says one thing of every example."""

    def __init__(self, what=0.0):
        self.what = what

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        return np.resize(np.array(self.what), (len(x), *np.shape(self.what)))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (0.5, "predictions must be labels from 0 to 9, got 0.5"),
        (math.nan, "predictions must be labels from 0 to 9, got nan"),
        (10, "predictions must be labels from 0 to 9, got 10"),
        (-1, "predictions must be labels from 0 to 9, got -1"),
        (math.inf, "predictions must be labels from 0 to 9, got inf"),
        ("a", "predictions must be labels from 0 to 9, got a"),
        ("1", "predictions must be labels from 0 to 9, got 1"),
        ((0, 1), r"predictions must be one label per example, got \(48, 2\)"),
    ],
)
def test_what_is_no_label_is_a_failure_and_no_error_rate(what, words, data, store):
    space = Space(estimator=Says(), parameters={"what": [what]})
    with pytest.raises(genlab.SearchError, match=rf"all 1 trials failed, .*ValueError: {words}\.$"):
        select(space, data, sampler="grid", store=store)


def test_labels_of_any_type_of_number_are_labels(data, store):
    space = Space(estimator=Says(), parameters={"what": [3, 3.0, True]})
    found = select(space, data, sampler="grid", validation=0.5, store=store)
    held_out = data.y_train[found.validation_rows]
    for trial in found.trials:
        expected = np.mean(held_out != int(trial.parameters["what"]))
        assert float(trial.validation_error.mean) == pytest.approx(expected)


class Draws(ClassifierMixin, BaseEstimator):
    """Predicts at random."""

    def __init__(self, a=0, random_state=None):
        self.a, self.random_state = a, random_state

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.stream_ = np.random.default_rng(self.random_state)
        return self

    def predict(self, x):
        return self.stream_.choice(self.classes_, len(x))


def test_estimators_that_draw_are_seeded_by_the_search(data):
    """Stopped and resumed or not, and in the refitted model."""
    space = Space(estimator=Draws(), parameters={"a": Integer(0, 5)})
    runs = []
    for pieces in ([6], [2, 6]):
        with Store("sqlite://") as store:
            for n_trials in pieces:
                found = select(space, data, n_trials=n_trials, seed=4, folds=2, store=store)
        runs.append(found)
    np.testing.assert_array_equal(runs[0].wrong, runs[1].wrong)
    assert [run.model.random_state for run in runs] == [4, 4]
    seeded = Draws(random_state=4).fit(data.x_train, data.y_train)
    np.testing.assert_array_equal(runs[0].predict(data.x_test), seeded.predict(data.x_test))
    assert space.estimator.random_state is None
    with Store("sqlite://") as store:
        other = select(space, data, n_trials=6, seed=5, folds=2, store=store)
    assert (other.wrong != runs[0].wrong).any()


UNSEEDED = [
    KFold(3, shuffle=True),
    StratifiedKFold(3, shuffle=True),
    ShuffleSplit(2, test_size=0.5),
    StratifiedShuffleSplit(2, test_size=0.5),
    RepeatedKFold(n_splits=3, n_repeats=2),
    RepeatedStratifiedKFold(n_splits=3, n_repeats=2),
    KFold(3, shuffle=True, random_state=np.random.RandomState(0)),
]


@pytest.mark.parametrize("splitter", UNSEEDED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("n", [10, 240])
def test_a_splitter_that_draws_anew_is_refused(splitter, n, data, store):
    few = Dataset(data.x_train[:n], np.arange(n) % 2, data.x_test, data.y_test)
    words = (
        r"`cv` must give the same splits each time, so that a search can be resumed: give it a "
        rf"whole number as `random_state`, got {type(splitter).__name__}\("
    )
    for _ in range(5):
        with pytest.raises(ValueError, match=words) as error:
            select(SPACE, few, sampler="grid", cv=splitter, store=store)
        assert "\n" not in str(error.value)
        with pytest.raises(ValueError, match=words):
            check_search(SPACE, few, sampler="grid", cv=splitter, store=store)


@pytest.mark.parametrize("splitter", UNSEEDED[:-1], ids=lambda one: type(one).__name__)
def test_a_seeded_splitter_resumes_its_search(splitter, data, store):
    seeded = clone(splitter, safe=False)
    seeded.random_state = 1
    first = select(SPACE, data, n_trials=1, cv=seeded, store=store, refit=False)
    again = select(SPACE, data, n_trials=2, cv=seeded, store=store, refit=False)
    assert (again.name, len(again.trials)) == (first.name, 2)


def of_counts(*counts):
    """Examples of classes in these numbers, sorted by class; separable."""
    y = np.repeat(np.arange(len(counts)), counts)
    x = np.random.default_rng(0).normal(size=(len(y), 2)) + 10 * y[:, None]
    return Dataset(x, y, x[:0], [])


REMEDIES = {
    "cv": r"give `cv` a StratifiedKFold, or a splitter with shuffle=True and a random_state\.",
    "folds": r"give fewer `folds`, or more examples of these classes\.",
    "held": r"give `folds`, another `validation`, or more examples of these classes\.",
}
UNFITTED = (
    "have no training example in some split, so all of their validation examples there are errors"
)
UNCHOSEN = "have no validation example in some split"
MISSING = {
    "sorted": (
        of_counts(20, 20, 20),
        {"cv": KFold(3)},
        rf"3 of 3 classes \(0, 1, 2\) {UNFITTED}, and 3 of 3 classes \(0, 1, 2\) {UNCHOSEN}; "
        + REMEDIES["cv"],
    ),
    "sorted, two folds": (
        of_counts(30, 15, 15),
        {"cv": KFold(2)},
        rf"3 of 3 classes \(0, 1, 2\) {UNFITTED}, and",
    ),
    "many": (
        of_counts(*[4] * 8),
        {"cv": KFold(8)},
        rf"8 of 8 classes \(0, 1, 2, 3, 4, …\) {UNFITTED}; give `cv`",
    ),
    "a rare class and folds": (
        of_counts(20, 20, 2),
        {"folds": 5},
        rf"^1 of 3 classes \(2\) {UNCHOSEN}; " + REMEDIES["folds"],
    ),
    "a class of one": (
        of_counts(20, 20, 1),
        {"folds": 2},
        rf"1 of 3 classes \(2\) {UNFITTED}, and 1 of 3 classes \(2\) {UNCHOSEN}; "
        + REMEDIES["folds"],
    ),
    "little held out": (
        of_counts(40, 40, 40),
        {"validation": 0.02},
        rf"^1 of 3 classes \(.\) {UNCHOSEN}; " + REMEDIES["held"],
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_class_that_a_part_lacks_is_warned_of(case, store):
    examples, division, words = MISSING[case]
    with pytest.warns(genlab.MissingClassWarning, match=words) as warned:
        select(SPACE, examples, sampler="grid", store=store, **division)
    assert [warning.filename for warning in warned] == [__file__]


def test_the_error_that_the_warning_speaks_of(store):
    with pytest.warns(genlab.MissingClassWarning):
        found = select(SPACE, of_counts(20, 20, 20), sampler="grid", cv=KFold(3), store=store)
    assert float(found.validation_error.mean) == 1
    shuffled = KFold(3, shuffle=True, random_state=0)
    mended = select(SPACE, of_counts(20, 20, 20), sampler="grid", cv=shuffled, store=store)
    assert float(mended.validation_error.mean) == 0


@pytest.mark.parametrize("division", [{"cv": LeaveOneOut()}, {"folds": 4}, {"validation": 0.3}])
def test_parts_with_all_classes_and_single_examples_go_without_a_warning(division, store):
    found = select(SPACE, of_counts(10, 10, 10), sampler="grid", store=store, **division)
    assert float(found.validation_error.mean) == 0


def test_repeats_of_a_configuration_are_one_configuration(data, store):
    """A space of two configurations, tried ten times."""
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 60]})
    found = select(space, data, n_trials=10, sampler="random", store=store)
    assert len(found.trials) == 10
    assert "the lowest of 2 configurations" in repr(found)


def test_all_failed_is_an_error(data, store):
    space = Space(estimator=Fails(), parameters={"n_neighbors": Integer(3, 5)})
    words = (
        r"all 3 trials failed, the first \({'n_neighbors': \d}\) with: RuntimeError: no memory\."
    )
    with pytest.raises(genlab.SearchError, match=words):
        select(space, data, sampler="grid", store=store)


SPACE = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": Integer(1, 3)})
FEW = Dataset(np.arange(5.0)[:, None], [0, 1, 2, 3, 4], np.zeros((0, 1)), [], n_classes=10)
ONE_CLASS = Dataset(np.arange(5.0)[:, None], [0] * 5, np.zeros((0, 1)), [])
OVERLAPPING = [(np.arange(150), np.arange(140, 240))]
REFUSED = {
    "overlap": (
        {"cv": OVERLAPPING},
        "`cv` must give splits that do not overlap, and split 0 "
        "trains on 10 of the examples that it validates on",
    ),
    "outside": ({"cv": [([0, 1], [999])]}, "`cv` must give rows from 0 to 239, got 999"),
    "no rows": ({"cv": [([0, 1], [])]}, "`cv` must give rows, at least one per part"),
    "no splits": ({"cv": []}, "`cv` must give at least one split, got none"),
    "no splitter": (
        {"cv": 0.5},
        "`cv` must be a number of folds, a scikit-learn splitter or pairs of rows, got 0.5",
    ),
    "one split": ({"cv": 1}, "`cv` must be an integer >= 2, got 1"),
    "no number": ({"cv": True}, "`cv` must be an integer, got True"),
    "few for splits": ({"cv": 241}, "`cv` must be at most the 240 training examples, got 241"),
    "two ways": ({"folds": 3, "validation": 0.2}, "`folds` must be None where `validation` is gi"),
    "few for classes": (
        {"data": FEW},
        "at least as many training examples as its 10 classes, got 5",
    ),
    "one class": ({"data": ONE_CLASS}, "training examples of at least 2 classes, got 1"),
    "few for folds": ({"folds": 241}, "`folds` must be at most the 240 training examples, got 241"),
    "one fold": ({"folds": 1}, "`folds` must be an integer >= 2, got 1"),
    "nothing held out": ({"validation": 0.001}, "`validation` must leave examples to train on and"),
    "all held out": ({"validation": 1.0}, "`validation` must leave examples to train on and"),
    "no trials": ({"n_trials": 0}, "`n_trials` must be an integer >= 1, got 0"),
    "sampler": ({"sampler": "cma"}, "`sampler` must be one of 'tpe', 'random', 'grid', got 'cma'"),
    "seed": ({"seed": -1}, "`seed` must be an integer from 0"),
    "prune": ({"prune": True}, "`prune` must be False for estimators, got True"),
    "space": ({"space": {"C": [1]}}, "`space` must be a Space, got"),
    "data": ({"data": np.zeros((3, 3))}, "`data` must be a Dataset, got ndarray"),
    "name": ({"name": ""}, "`name` must be a text of 1 to 200 letters, got ''"),
    "no reason": (
        {"sealed": Sealed(None)},
        "`reason` must say why the test set is opened, got Non",
    ),
    "reason alone": ({"reason": "why"}, "`reason` must come with `sealed`, got 'why' alone"),
    "not sealed": ({"sealed": 5, "reason": "why"}, "`sealed` must be a sealed test set, got 5"),
    "sealed unfitted": (
        {"sealed": Sealed(None), "reason": "why", "refit": False},
        "`refit` must be True for a sealed",
    ),
    "row twice": (
        {"cv": [(np.arange(100), np.array([101, 102, 102, 102]))]},
        "`cv` must give each row once to choose by, and split 0 has 2 repeats",
    ),
    "groups": (
        {"cv": GroupKFold(3)},
        "`cv` must split the training examples, and GroupKFold does not: The 'groups' parameter "
        "should not be None; groups are those of `data`",
    ),
    "cv of models": (
        {"space": MODELS, "cv": OVERLAPPING},
        "`cv` must give splits that do not overlap",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_a_sentence(case, data, store):
    given, words = REFUSED[case]
    arguments = {"space": SPACE, "data": data, "n_trials": 2, "store": store, **given}
    with pytest.raises((TypeError, ValueError), match=words) as error:
        select(**arguments)
    assert str(error.value).endswith(".")


def test_a_name_belongs_to_one_search(data, store):
    select(SPACE, data, sampler="grid", store=store, name="mine", refit=False)
    select(SPACE, data, sampler="grid", store=store, name="mine", refit=False)
    with pytest.raises(ValueError, match="`name` must be that of this search or a new one, and 'm"):
        select(SPACE, data, sampler="grid", store=store, name="mine", seed=1)
