"""Searches by any score, and of regressions: scikit-learn's numbers, own sign, trivial model."""

import json
import math

import numpy as np
import pytest
from pictures import no_pictures
from scipy import stats
from scipy.special import softmax
from sklearn import metrics
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sweep.here import no_workers

from genlab.datasets import Dataset
from genlab.measure import evaluate_score, optimism
from genlab.report import write_selection
from genlab.selection import (
    Real,
    Search,
    Space,
    check_search,
    choosing_cost,
    default_trial,
    run_search,
    select,
)
from genlab.sweep import Store, TrainingCell, run_cells
from genlab.training import as_predictor, train

# genlab's name, scikit-learn's scorer, and offset and sign of the scorer's value.
CLASSES = {
    "error": ("accuracy", 1, -1),
    "balanced_error": ("balanced_accuracy", 1, -1),
    "log_loss": ("neg_log_loss", 0, -1),
    "brier": ("neg_brier_score", 0, -1),
    "f1": ("f1", 0, 1),
    "f1_macro": ("f1_macro", 0, 1),
    "auc": ("roc_auc", 0, 1),
}
OF_MORE = CLASSES | {"f1": ("f1_macro", 0, 1), "auc": ("roc_auc_ovr", 0, 1)}
NUMBERS = {
    "error": ("r2", 1, -1),
    "r2": ("r2", 0, 1),
    "mse": ("neg_mean_squared_error", 0, -1),
    "rmse": ("neg_root_mean_squared_error", 0, -1),
    "mae": ("neg_mean_absolute_error", 0, -1),
}
OTHERS = ("accuracy", "neg_log_loss", "precision_weighted", "matthews_corrcoef", "roc_auc_ovo")


@pytest.fixture
def store():
    with Store("sqlite://") as opened, no_workers():
        yield opened


def blobs(n_classes, n=120):
    rng = np.random.default_rng(n_classes)
    y = np.arange(n) % n_classes
    x = rng.normal(size=(n, 3)) + 0.8 * y[:, None]
    return Dataset(x, y, x[:0], y[:0])


TWO, THREE = blobs(2), blobs(3)
X, Y = load_diabetes(return_X_y=True)
DIABETES = Dataset(X * 20, Y, X[:0], Y[:0], task="regression")
SMALL = Dataset(X[:120] * 20, Y[:120], X[:0], Y[:0], task="regression")
NETWORKS = Space(
    parameters={"learning_rate": [0.01, 0.03]},
    fixed={"hidden": (4,), "steps": 20, "evaluate_every": 10},
)
BAYES = Space(estimator=GaussianNB(), parameters={"var_smoothing": [1e-9, 10.0]})
RIDGE = Space(estimator=Ridge(), parameters={"alpha": [0.01, 10.0, 1000.0]})


def pairs(selection):
    return list(zip(selection.validation.fitted, selection.validation.chosen_by, strict=True))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("data", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("name", [*CLASSES, *OTHERS])
def test_estimators_have_the_numbers_of_cross_val_score(name, data, store):
    scorer, offset, sign = (CLASSES if data is TWO else OF_MORE).get(name, (name, 0, 1))
    found = select(BAYES, data, sampler="grid", folds=3, scoring=name, store=store, refit=False)
    for trial in found.trials:
        model, args = GaussianNB(**trial.parameters), (data.x_train, data.y_train)
        theirs = offset + sign * cross_val_score(model, *args, cv=pairs(found), scoring=scorer)
        ours = [1 - one for one in trial.accuracies] or [one.value for one in trial.scores]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        assert float(trial.score.mean) == pytest.approx(theirs.mean(), abs=1e-12)
        assert trial.score.low < trial.score.mean < trial.score.high
    values = [float(trial.score.mean) for trial in found.trials]
    best = max(values) if name not in CLASSES or sign > 0 else min(values)
    assert float(found.score.mean) == best
    trivial = DummyClassifier(strategy="prior")
    args = (data.x_train, data.y_train)
    theirs = offset + sign * cross_val_score(trivial, *args, cv=pairs(found), scoring=scorer)
    assert float(found.trivial_score.mean) == pytest.approx(theirs.mean(), abs=1e-12)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_regression_has_the_numbers_of_grid_search_cv(name, store):
    scorer, offset, sign = NUMBERS[name]
    found = select(RIDGE, DIABETES, sampler="grid", folds=4, scoring=name, store=store)
    axes = {"alpha": [0.01, 10.0, 1000.0]}
    theirs = GridSearchCV(Ridge(), axes, cv=pairs(found), scoring=scorer)
    theirs.fit(DIABETES.x_train, DIABETES.y_train)
    ours = {trial.parameters["alpha"]: float(trial.score.mean) for trial in found.trials}
    expected = offset + sign * theirs.cv_results_["mean_test_score"]
    assert [ours[alpha] for alpha in axes["alpha"]] == pytest.approx(expected, abs=1e-9, rel=1e-12)
    assert found.parameters == theirs.best_params_
    predicted = found.predict(DIABETES.x_train)
    np.testing.assert_array_equal(predicted, theirs.predict(DIABETES.x_train))
    mean = cross_val_score(
        DummyRegressor(), DIABETES.x_train, DIABETES.y_train, cv=pairs(found), scoring=scorer
    )
    trivial = found.trivial_score
    assert float(trivial.mean) == pytest.approx(offset + sign * mean.mean(), rel=1e-12)
    assert trivial.low <= trivial.mean <= trivial.high
    bounds = {"error": (1.0, math.inf), "r2": (-math.inf, 0.0)}.get(name, (0.0, math.inf))
    assert bounds[0] <= trivial.low
    assert trivial.high <= bounds[1]
    assert not np.intersect1d(*found.validation.chosen_by[:2]).size
    assert sum(map(len, found.validation.chosen_by)) == DIABETES.n_train


def test_boosting_of_a_regression(store):
    space = Space(
        estimator=HistGradientBoostingRegressor(max_iter=5, random_state=0),
        parameters={"max_leaf_nodes": [4, 8]},
    )
    found = select(space, DIABETES, sampler="grid", store=store)
    ((fitted, held_out),) = pairs(found)
    for trial in found.trials:
        model = HistGradientBoostingRegressor(max_iter=5, random_state=0, **trial.parameters)
        model.fit(DIABETES.x_train[fitted], DIABETES.y_train[fitted])
        y, predicted = DIABETES.y_train[held_out], model.predict(DIABETES.x_train[held_out])
        expected = evaluate_score("error", y, predicted, task="regression")
        for end in ("mean", "low", "high"):
            ours = float(getattr(trial.validation_error, end))
            assert ours == pytest.approx(float(getattr(expected, end)), abs=1e-12)
        assert 1 - metrics.r2_score(y, predicted) == pytest.approx(float(expected.mean), abs=1e-12)
    assert float(found.trivial_error.mean) == pytest.approx(1, abs=0.1)


def networks(data, division, **options):
    """The cells of a search's first trial, as they are in the store."""
    model, recipe = NETWORKS.model_and_recipe({"learning_rate": 0.01})
    fitted = [len(rows) for rows in division.fitted]
    return [
        TrainingCell(part, model, recipe.for_examples(n, data.task), 0, **options)
        for part, n in zip(division.specs, fitted, strict=True)
    ]


@pytest.mark.parametrize("name", CLASSES)
def test_genlab_models_have_scikit_learns_numbers(name, store):
    """Of the logits that the trained models' cells hold."""
    found = select(NETWORKS, THREE, sampler="grid", folds=2, scoring=name, store=store, refit=False)
    (trial,) = (one for one in found.trials if one.parameters["learning_rate"] == 0.01)
    cells = networks(THREE, found.validation, keep_outputs=True)
    results = run_cells(cells, store)
    wanted = []
    for result, rows in zip(results, found.validation.chosen_by, strict=True):
        y, logits = THREE.y_train[rows], result.test_outputs.astype(float)
        labels, probabilities = logits.argmax(axis=1), softmax(logits, axis=1)
        wanted.append(
            {
                "error": np.mean(labels != y),
                "balanced_error": 1 - metrics.balanced_accuracy_score(y, labels),
                "log_loss": metrics.log_loss(y, probabilities),
                "brier": metrics.brier_score_loss(y, probabilities, labels=range(3)),
                "f1": metrics.f1_score(y, labels, average="macro"),
                "f1_macro": metrics.f1_score(y, labels, average="macro"),
                "auc": metrics.roc_auc_score(y, probabilities, multi_class="ovr"),
            }[name]
        )
        assert np.array_equal(result.test_wrong, labels != y)
    assert float(trial.score.mean) == pytest.approx(np.mean(wanted), abs=1e-12)
    assert trial.score.low < trial.score.mean < trial.score.high


def test_a_scorer_gets_a_genlab_models_outputs(store):
    """Any scorer of scikit-learn's, and the refitted model scores like the one of the search."""
    named = select(NETWORKS, TWO, sampler="grid", scoring="average_precision", store=store)
    (fitted, rows) = pairs(named)[0]
    (result,) = run_cells(networks(TWO, named.validation, keep_outputs=True), store)
    probabilities = softmax(result.test_outputs.astype(float), axis=1)
    expected = metrics.average_precision_score(TWO.y_train[rows], probabilities[:, 1])
    (trial,) = (one for one in named.trials if one.parameters["learning_rate"] == 0.01)
    assert float(trial.score.mean) == pytest.approx(expected, abs=1e-12)
    model, recipe = NETWORKS.model_and_recipe({"learning_rate": 0.01})
    run = train(model, TWO.divided(fitted, rows), recipe.for_examples(len(fitted)))
    as_trained = as_predictor(run, (3,), 2)(TWO.x_train[rows]).log_probabilities
    np.testing.assert_allclose(np.exp(as_trained), probabilities, atol=1e-5)
    given = select(
        NETWORKS, TWO, sampler="grid", scoring=get_scorer("average_precision"), store=store
    )
    assert [t.score.mean for t in given.trials] == [t.score.mean for t in named.trials]
    assert given.scoring.name == "average_precision_score"


def test_a_genlab_model_of_a_regression(store):
    found = select(NETWORKS, SMALL, sampler="grid", scoring="rmse", store=store)
    (trial,) = (one for one in found.trials if one.parameters["learning_rate"] == 0.01)
    ((fitted, rows),) = pairs(found)
    model, recipe = NETWORKS.model_and_recipe({"learning_rate": 0.01})
    recipe = recipe.for_examples(len(fitted), "regression")
    run = train(model, SMALL.divided(fitted, rows), recipe)
    expected = metrics.root_mean_squared_error(SMALL.y_train[rows], run.test_predictions[0])
    assert float(trial.score.mean) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(trial.curve, run.test_error[0])
    errors = select(NETWORKS, SMALL, sampler="grid", store=store, refit=False)
    again = next(one for one in errors.trials if one.parameters == trial.parameters)
    r2 = metrics.r2_score(SMALL.y_train[rows], run.test_predictions[0])
    assert float(again.validation_error.mean) == pytest.approx(1 - r2, abs=1e-12)
    assert found.model.task == "regression"
    assert metrics.r2_score(SMALL.y_train, found.predict(SMALL.x_train)) > -1
    with pytest.raises(AttributeError, match="a search by rmse has no validation error"):
        trial.validation_error  # noqa: B018


def gap(model, x, y):
    """Greater for a better model."""
    return -abs(float(model.predict(x).mean() - y.mean()))


def test_a_function_of_ones_own(store):
    """Its interval is a jackknife's: the plain formula."""
    found = select(RIDGE, SMALL, sampler="grid", scoring=gap, store=store, refit=False)
    ((fitted, rows),) = pairs(found)
    x, y = SMALL.x_train, SMALL.y_train
    for trial in found.trials:
        model = Ridge(**trial.parameters).fit(x[fitted], y[fitted])
        whole = gap(model, x[rows], y[rows])
        assert float(trial.score.mean) == whole
        place = np.argsort(np.argsort(y[rows], kind="stable")) % 10
        without = [gap(model, x[rows][place != i], y[rows][place != i]) for i in range(10)]
        error = math.sqrt(9 / 10 * np.sum((without - np.mean(without)) ** 2))
        half = stats.t.ppf(0.975, 9) * error
        assert float(trial.score.high) == pytest.approx(whole + half)
        assert float(trial.score.low) == pytest.approx(whole - half)
    assert "by a jackknife of 10 parts" in found.interval_description
    best = max(found.trials, key=lambda trial: trial.score.mean)
    assert found.parameters == best.parameters
    named = make_scorer(metrics.max_error, greater_is_better=False)
    found = select(RIDGE, SMALL, sampler="grid", scoring=named, store=store, refit=False)
    assert (found.scoring.name, found.scoring.greater_is_better) == ("max_error", True)
    assert all(trial.score.mean < 0 for trial in found.trials)


def test_the_identity_of_a_search(store):
    """That of a search by error is what it was before there were scores."""
    from sklearn.neighbors import KNeighborsClassifier

    from genlab.datasets import make_mnist1d

    data = make_mnist1d(n_samples=100)
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 3]})
    same = {"sampler": "grid", "folds": 4, "store": store, "refit": False}
    assert select(space, data, **same).name == "select-951c24df1a257da1"
    assert select(space, data, scoring="error", **same).name == "select-951c24df1a257da1"
    names = {
        select(space, data, scoring=name, **same).name
        for name in ("accuracy", "log_loss", get_scorer("accuracy"))
    }
    assert len(names - {"select-951c24df1a257da1"}) == 3
    with pytest.raises(ValueError, match="with another space, data, split, sampler, score or se"):
        select(space, data, name=names.pop(), **same)


def test_a_stored_search_by_error_is_written_as_before(store):
    found = select(BAYES, TWO, sampler="grid", store=store, refit=False)
    import sqlalchemy as sa

    with store.connection() as connection:
        rows = connection.execute(sa.text("select summary from genlab_trials")).all()
    for row in rows:
        assert list(json.loads(row.summary)) == ["accuracies", "first_error", "error", "seconds"]
    assert found.trials[0].scores == ()


def test_a_search_resumes_with_its_scores(store):
    same = {"sampler": "grid", "folds": 3, "scoring": "auc", "store": store, "refit": False}
    first, again = (select(BAYES, TWO, **same) for _ in range(2))
    for one, other in zip(first.trials, again.trials, strict=True):
        assert one.score == pytest.approx(other.score) or float(one.score.mean) == float(
            other.score.mean
        )
        np.testing.assert_array_equal(one.parts, other.parts)
        assert [s.value for s in one.scores] == [s.value for s in other.scores]


def test_samplers_and_pruning_go_for_the_greatest(store):
    space = Space(
        parameters={"learning_rate": Real(1e-5, 0.3, log=True)},
        fixed={"hidden": (4,), "steps": 20, "evaluate_every": 10},
    )
    found = select(
        space, SMALL, n_trials=24, scoring="r2", prune=True, store=store, refit=False, batch=4
    )
    assert found.study().best_value == float(found.score.mean)
    assert found.study().best_trial.number == found.best.number
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned
    for trial in pruned:
        before = [t for t in found.trials if t.number < trial.number // 4 * 4]
        assert trial.first_error < np.median([t.first_error for t in before])
    so_far = [row["validation_r2"] for row in found.best_so_far()]
    assert so_far == sorted(so_far)
    assert list(found.to_frame().columns[2:5]) == [
        f"validation_r2{e}" for e in ("", "_low", "_high")
    ]


def test_what_choosing_a_score_costs(store):
    """The optimism of R² is that of 1 − R², with the opposite sign."""
    same = {"folds": 4, "store": store, "seed": 1}
    found = select(RIDGE, DIABETES, sampler="grid", scoring="r2", refit=False, **same)
    default = default_trial(RIDGE, DIABETES, scoring="r2", **same)
    cost = choosing_cost(found, default)
    errors = select(RIDGE, DIABETES, sampler="grid", refit=False, **same)
    other = choosing_cost(errors, default_trial(RIDGE, DIABETES, **same))
    assert cost.optimism.claimed == pytest.approx(1 - other.optimism.claimed)
    for ours, theirs in (("mean", "mean"), ("low", "high"), ("high", "low")):
        for of in ("bootstrap", "nested"):
            one, two = getattr(cost.optimism, of), getattr(other.optimism, of)
            assert float(getattr(one, ours)) == pytest.approx(-float(getattr(two, theirs)))
        one, two = cost.optimism.corrected, other.optimism.corrected
        assert float(getattr(one, ours)) == pytest.approx(1 - float(getattr(two, theirs)))
    assert cost.ranking.winning == pytest.approx(other.ranking.winning)
    assert cost.gain.beyond_noise == other.gain.beyond_noise
    table = np.array([trial.parts for trial in errors.trials])
    order = np.argsort(np.argsort(errors.validation_rows))
    plain = optimism(table[:, np.argsort(errors.validation_rows)], seed=1)
    assert order.shape == (DIABETES.n_train,)
    assert plain.claimed == pytest.approx(other.optimism.claimed)


def test_groups_stay_together_in_a_regression(store):
    groups = np.arange(120) // 6
    data = Dataset(X[:120], Y[:120], X[:0], Y[:0], task="regression", groups=groups)
    found = select(RIDGE, data, sampler="grid", folds=4, store=store, refit=False)
    for fitted, rows in pairs(found):
        assert not set(groups[fitted]) & set(groups[rows])


REFUSED = {
    "unknown": ({"scoring": "acuracy"}, ValueError, "the closest are accuracy, "),
    "of numbers": ({"scoring": "mae"}, ValueError, "got 'mae', which is one of a regression"),
    "alias": ({"scoring": "neg_mean_squared_error"}, ValueError, "one of a regression"),
    "no text": ({"scoring": 3}, TypeError, "`scoring` must be a name, a scorer or a function .* 3"),
    "nameless": ({"scoring": lambda *_: 1.0}, TypeError, "`scoring` must be one that can be pick"),
    "of two": ({"scoring": "average_precision_samples"}, ValueError, "the closest are"),
    "text": ({"scoring": repr}, ValueError, "the trivial model has on every valid"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused(why, store):
    options, error, sentence = REFUSED[why]
    with pytest.raises(error, match=sentence) as raised:
        check_search(BAYES, THREE, store=store, **options)
    assert str(raised.value).endswith(".")


def test_what_a_regression_refuses(store):
    for name in ("auc", "accuracy"):
        with pytest.raises(ValueError, match=f"'{name}', which is one of a classification"):
            check_search(RIDGE, SMALL, scoring=name, store=store)
    with pytest.raises(ValueError, match=r"must be a regressor or a pipeline .* got GaussianNB"):
        check_search(BAYES, SMALL, store=store)
    alone = Dataset(X[:20], Y[:20], X[:0], Y[:0], task="regression")
    with pytest.raises(ValueError, match="at least 2 different targets for R²"):
        check_search(RIDGE, alone, folds=20, store=store)
    check_search(RIDGE, alone, folds=20, scoring="mae", store=store)
    with pytest.raises(ValueError, match="`scoring` must be a score that the trivial model has"):
        check_search(RIDGE, SMALL, scoring="f1_weighted", store=store)
    equal = Dataset(X[:20], np.ones(20), X[:0], [], task="regression")
    with pytest.raises(ValueError, match=r"training targets that differ, got .*1\.0.* in all 20"):
        check_search(RIDGE, equal, store=store)


def test_a_model_without_probabilities(store):
    space = Space(estimator=LinearSVC(), parameters={"C": [0.1, 1.0]})
    with pytest.raises(Exception, match="log_loss needs `predict_proba`, which LinearSVC does not"):
        select(space, TWO, sampler="grid", scoring="log_loss", store=store)
    found = select(space, TWO, sampler="grid", scoring="auc", store=store, refit=False)
    theirs = cross_val_score(
        LinearSVC(**found.parameters), TWO.x_train, TWO.y_train, cv=pairs(found), scoring="roc_auc"
    )
    assert float(found.score.mean) == pytest.approx(theirs[0], abs=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_a_class_that_was_not_fitted_has_probability_0(store):
    rows = np.arange(120)
    cv = [(rows[THREE.y_train < 2], rows[THREE.y_train == 2][:5])]
    space = Space(estimator=LogisticRegression(), parameters={"C": [1.0]})
    with pytest.warns(UserWarning, match="no validation example in some split"):
        found = select(space, THREE, sampler="grid", cv=cv, scoring="brier", store=store)
    assert float(found.score.mean) > 1


def test_the_report_of_a_regression(store, tmp_path):
    data = Dataset(X[:120], Y[:120], X[120:150], Y[120:150], task="regression")
    result = run_search(Search(NETWORKS, sampler="grid", scoring="r2"), data, store, reason="last")
    report = result.report
    assert "has the highest validation R² of 2 configurations: " in report.answer
    assert "The trivial model, the mean of the targets, has " in report.answer
    predicted = result.selection.predict(data.x_test)
    expected = metrics.r2_score(data.y_test, predicted)
    assert f"On the sealed test set: R² {expected:.3g} [" in report.answer
    assert "%" not in report.answer.replace("% of cases", "")
    kinds = [row["kind"] for row in report.tables["errors"]]
    assert kinds == ["trivial", "default", "claimed", "corrected", "sealed"]
    row = report.tables["errors"][2]
    assert row["score_low"] < row["score"] < row["score_high"]
    assert report.tables["errors"][4]["score"] == pytest.approx(expected, abs=1e-9)
    assert report.search["scoring"] == "r2"
    with no_pictures():
        page = write_selection(report, tmp_path).read_text()
    assert "Validation R² by trial" in page
    assert "R² of the chosen configuration" in page
    assert "Which configuration has the highest validation R², and how optimistic" in page
    values = json.loads((tmp_path / "selection.json").read_text())
    assert values["score_shown"]["percent"] is False
    assert values["tables"]["trials"][0]["validation_r2"] == float(
        result.selection.trials[0].score.mean
    )
    drawn = json.dumps(result.selection.chart().to_dict())
    assert 'format": "%"' not in drawn
    assert "validation_r2" in result.selection._repr_html_()
    again = run_search(Search(NETWORKS, sampler="grid", scoring="r2"), data, store, reason="why")
    assert again.selection.opening.n == 30


def test_cells_that_keep_outputs_have_keys_of_their_own():
    """Those that do not are what they were."""
    data = Dataset(THREE.x_train, THREE.y_train, THREE.x_train[:5], THREE.y_train[:5])
    model, recipe = NETWORKS.model_and_recipe({"learning_rate": 0.01})
    plain = TrainingCell(data.spec, model, recipe.for_examples(120), 0)
    kept = TrainingCell(data.spec, model, recipe.for_examples(120), 0, keep_outputs=True)
    assert "keep_outputs" not in plain.to_dict()
    assert TrainingCell.from_dict(json.loads(json.dumps(kept.to_dict()))) == kept
    assert len({plain.key, kept.key}) == len({plain.together_key(), kept.together_key()}) == 2
