"""`genlab select` as its users meet it."""

import csv
import io
import json
from functools import partial

import numpy as np
import pytest
from pictures import no_pictures
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sweep.here import no_workers

import genlab
from genlab.cli.select import _search
from genlab.datasets import Dataset, write_mnist1d
from genlab.selection import (
    Choice,
    Integer,
    Real,
    SearchOptions,
    Space,
    importances,
    run_search,
    search_from_file,
    select,
)
from genlab.sweep import Store
from genlab.training import CosineDecay, load_model

NEIGHBOURS = """
[data]
file = "small.npz"
[search]
sampler = "grid"
folds = 3
seed = 1
[model]
estimator = ["sklearn.preprocessing.StandardScaler", "sklearn.neighbors.KNeighborsClassifier"]
kneighborsclassifier__p = 1
[parameters]
kneighborsclassifier__n_neighbors = {low = 1, high = 5, step = 2}
kneighborsclassifier__weights = ["uniform", "distance"]
"""
WHOLE = """
[data]
dataset = "mnist1d"
[search]
trials = 40
sampler = "random"
validation = 0.25
seed = 3
prune = true
name = "mine"
[model]
name = "MLP"
steps = 500
clip_norm = "none"
[parameters]
depth = [1, 2, 3]
width = {low = 10, high = 400, log = true}
learning_rate = {low = 1e-4, high = 1, log = true}
batch_size = [50, 100]
schedule = ["none", {kind = "CosineDecay"}]
"""
SMALL = ["--data", "small.npz", "--set", "hidden=6", "--set", "steps=20", "--trials", "3"]
RATES = ["--search", "learning_rate=1e-3..0.1:log"]


@pytest.fixture
def run(run_genlab):
    """`genlab select` in this process: exit status, standard output, standard error.

    Its pages have no pictures, and no worker is started.
    """
    with no_pictures(), no_workers():
        yield partial(run_genlab, "select")


@pytest.fixture(autouse=True)
def _few_forests(monkeypatch):
    """Intervals of importances from few resampled forests; they are the subject of other tests."""
    few = partial(importances, n_resamples=2)
    monkeypatch.setattr("genlab.selection._run_search.importances", few)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with 160 training and 40 test examples, and two searches."""
    write_mnist1d(tmp_path / "small.npz", 200)
    (tmp_path / "neighbours.toml").write_text(NEIGHBOURS)
    (tmp_path / "whole.toml").write_text(WHOLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def data():
    made = genlab.datasets.make_mnist1d(n_samples=200)
    return Dataset(made.x_train, made.y_train, made.x_test, made.y_test)


def test_an_estimator_s_search_is_the_library_s(run_genlab, here, data):
    status, out, err = run_genlab("select", "neighbours.toml", "-o", "chosen", "--json")
    assert (status, err) == (0, "")
    assert "<text" in (here / "chosen" / "configurations.svg").read_text()
    values = json.loads(out)
    assert values == json.loads((here / "chosen" / "selection.json").read_text())
    name = "kneighborsclassifier"
    space = Space(
        estimator=make_pipeline(StandardScaler(), KNeighborsClassifier(p=1)),
        parameters={
            f"{name}__n_neighbors": Integer(1, 5, step=2),
            f"{name}__weights": Choice("uniform", "distance"),
        },
    )
    with Store("sqlite://") as store:
        found = select(space, data, sampler="grid", n_trials=6, folds=3, seed=1, store=store)
    assert len(found.trials) == 6
    assert values["configuration"] == found.parameters
    for row, trial in zip(values["tables"]["trials"], found.trials, strict=True):
        assert {k: row[k] for k in trial.parameters} == trial.parameters
        assert row["validation_error"] == float(trial.validation_error.mean)
        assert row["validation_error_high"] == float(trial.validation_error.high)
    lowest = np.minimum.accumulate([float(t.validation_error.mean) for t in found.trials])
    assert [row["validation_error"] for row in values["tables"]["best_so_far"]] == lowest.tolist()
    assert values["tables"]["curves"] == []
    assert not (here / "chosen" / "model.json").exists()
    with (here / "chosen" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["validation_error_low"]) for row in rows] == [
        float(t.validation_error.low) for t in found.trials
    ]


def test_a_package_of_one_s_own_is_imported_where_the_user_says_so(run, here, monkeypatch):
    (here / "my_lab.py").write_text(
        "from sklearn.neighbors import KNeighborsClassifier as Base\nclass Mine(Base): ...\n"
    )
    monkeypatch.syspath_prepend(here)
    options = ["--data", "small.npz", "--estimator", "my_lab.Mine", "--sampler", "grid"]
    options += ["--search", "n_neighbors=1,3", "--json"]
    status, _, err = run(*options)
    assert (status, err.count("\n")) == (2, 1)
    assert "or in a package that you allow by --import, got 'my_lab.Mine'." in err
    status, _, err = run(*options, "--import", "my lab")
    assert (status, err) == (
        2,
        "genlab: --import must name a package, such as my_lab, got 'my lab'.\n",
    )
    status, out, _ = run(*options, "--import", "my_lab")
    assert status == 0
    assert "--import my_lab" in json.loads(out)["command"]
    status, _, err = run("--data", "small.npz", "--model", "my_lab:Mine", "--search", "steps=1,2")
    assert (status, err.count("\n")) == (2, 1)
    assert "must be of a package that you allow, by --import PACKAGE" in err


@pytest.mark.filterwarnings("always")
def test_a_class_rarer_than_folds_is_warned_of_once(run, here):
    """Neither the check beforehand nor the default configuration says it again."""
    y = np.repeat([0, 1, 2], [20, 20, 2])
    x = np.random.default_rng(0).normal(size=(42, 2)) + 10 * y[:, None]
    np.savez(here / "small.npz", x=x, y=y)
    status, _, err = run("neighbours.toml", "-o", "chosen")
    assert status == 0
    said = [line for line in err.splitlines() if "no validation example" in line]
    assert said == [
        "genlab: warning: 1 of 3 classes (2) have no validation example in some split; give fewer "
        "`folds`, or more examples of these classes."
    ]


def test_a_regressor_is_refused_for_classes(run, here):
    (here / "ridge.toml").write_text(
        '[data]\nfile = "small.npz"\n[model]\nestimator = "sklearn.linear_model.Ridge"\n'
        "[parameters]\nalpha = [1.0, 2.0]\n"
    )
    status, out, err = run("ridge.toml", "-o", "chosen")
    assert (status, out) == (2, "")
    assert "`estimator` must be a classifier or a pipeline that ends with one, got Ridge" in err
    assert len(err.splitlines()) == 1


def test_a_genlab_model_s_search(run, here, data):
    status, out, err = run(*SMALL, *RATES, "--sampler", "random", "-o", "chosen")
    assert status == 0
    assert "genlab: 3 of 3 trials, trial 2: validation error" in err
    assert "the default configuration is trained as well, for comparison." in err
    assert "The test set stays sealed." in out
    assert "chosen, corrected for selection" in out
    space = Space(
        parameters={"learning_rate": Real(1e-3, 0.1, log=True)}, fixed={"hidden": (6,), "steps": 20}
    )
    with Store("sqlite://") as store:
        found = select(space, data, n_trials=3, sampler="random", store=store)
    loaded = load_model(here / "chosen")
    np.testing.assert_array_equal(loaded.predict(data.x_test), found.predict(data.x_test))
    values = json.loads((here / "chosen" / "selection.json").read_text())
    assert values["configuration"] == found.parameters
    assert {row["number"] for row in values["tables"]["curves"]} == {0, 1, 2}
    kinds = [row["kind"] for row in values["tables"]["errors"]]
    assert kinds == ["trivial", "default", "claimed", "corrected"]
    page = (here / "chosen" / "index.html").read_text()
    assert "genlab select --data small.npz --search learning_rate=1e-3..0.1:log" in page
    # The same command takes all from the store, and more trials go on from there.
    status, _, err = run(*SMALL, *RATES, "--sampler", "random", "-o", "chosen")
    assert (status, err) == (0, "genlab: 3 of 3 trials are stored already.\n")
    more = [*SMALL[:-1], "4", *RATES, "--sampler", "random", "-o", "chosen"]
    status, _, err = run(*more)
    assert err.count("\n") == 2
    assert err.startswith("genlab: 3 of 4 trials are stored already.\ngenlab: 4 of 4 trials")


def test_the_test_set_is_opened_once(run, here):
    asked = ["neighbours.toml", "-o", "chosen", "--json"]
    status, out, err = run(*asked, "--open-test", "--reason", "the last look")
    assert (status, err) == (0, "")
    values = json.loads(out)
    assert [row["reason"] for row in values["opening"]] == ["the last look"] * 3
    sealed = values["tables"]["errors"][-1]
    assert sealed["kind"] == "sealed"
    assert sealed["error"] == values["opening"][0]["value"]
    # The same model's result is told again, and not evaluated again.
    for options in ([], ["--open-test", "--reason", "once more"]):
        status, out, err = run(*asked, *options)
        assert status == 0
        again = json.loads(out)
        assert again["opening"] == values["opening"]
    assert 'for "the last look". Only that model\'s recorded result can be shown' in err
    # Another model's look is refused, and its report is written nonetheless.
    other = [*asked[:2], "other", "--json", "--seed", "2"]
    status, out, err = run(*other, "--open-test", "--reason", "another")
    assert status == 1
    assert 'for "the last look": error' in err.splitlines()[-1]
    assert json.loads(out)["opening"] is None
    assert "was opened before, by another model" in json.loads(out)["answer"]
    assert (here / "other" / "index.html").exists()


def test_training_examples_alone(run, here, data):
    np.savez(here / "alone.npz", x=data.x_train, y=data.y_train)
    (here / "alone.toml").write_text(NEIGHBOURS.replace("small.npz", "alone.npz"))
    status, out, _ = run("alone.toml", "-o", "chosen")
    assert status == 0
    assert "sealed" not in out
    status, out, err = run("alone.toml", "-o", "chosen", "--open-test", "--reason", "why")
    assert (status, out) == (1, "")
    assert err == "genlab: alone.npz must hold test examples for --open-test.\n"


def test_a_file_says_what_is_searched(here):
    found = search_from_file("whole.toml", SearchOptions(trials=7, folds=4))
    assert found.space == Space(
        "MLP",
        {
            "depth": [1, 2, 3],
            "width": Integer(10, 400, log=True),
            "learning_rate": Real(1e-4, 1.0, log=True),
            "batch_size": [50, 100],
            "schedule": Choice(None, CosineDecay()),
        },
        fixed={"steps": 500, "clip_norm": None},
    )
    assert (found.dataset, found.file, found.n_trials, found.sampler) == (
        "mnist1d",
        None,
        7,
        "random",
    )
    assert (found.validation, found.folds, found.prune, found.seed, found.name) == (
        None,
        4,
        True,
        3,
        "mine",
    )


def test_configurations_first_and_a_time_limit(run, here):
    searched = ["hidden=4,5", "batch_size=50,none"]
    first = ["hidden=5 batch_size=none", "model=Logistic"]
    found = _search(
        "mnist1d", None, None, "mlp,logistic", None, searched, [], SearchOptions(minutes=2.5), first
    )
    assert found.try_first == ({"hidden": (5,), "batch_size": None}, {"model": "Logistic"})
    assert found.minutes == 2.5
    asked = ["--data", "small.npz", "--estimator", "sklearn.neighbors.KNeighborsClassifier"]
    asked += ["--search", "n_neighbors=1,3,5", "--sampler", "grid", "-o", "chosen", "--json"]
    status, out, _ = run(*asked, "--try-first", "n_neighbors=5", "--minutes", "1e-9")
    assert status == 0
    values = json.loads(out)
    assert "The time limit ended the search after 1 of 3 trials. Run the same" in values["answer"]
    assert values["configuration"] == {"n_neighbors": 5}
    assert values["command"].endswith("--try-first n_neighbors=5 --sampler grid --minutes 1e-09")
    status, _, err = run(*asked, "--try-first", "n_neighbors=4")
    assert (status, err) == (
        2,
        "genlab: `try_first` must give `n_neighbors` a value of Choice(1, 3, 5), got 4.\n",
    )


def test_the_simplest_within_one_standard_error(run, here):
    asked = ["neighbours.toml", "-o", "chosen", "--json"]
    name = "kneighborsclassifier__n_neighbors"
    rule = ["--choose", "one-standard-error", "--simplest", f"{name}=high"]
    rule += ["--simplest", "kneighborsclassifier__weights=uniform,distance"]
    status, out, err = run(*asked, *rule)
    assert (status, err) == (0, "")
    values = json.loads(out)
    rows = values["tables"]["within_one_standard_error"]
    assert rows[0]["role"].startswith("chosen")
    assert values["chosen"] == rows[0]["number"]
    assert rows[0][name] == max(row[name] for row in rows)
    assert "is chosen by the one-standard-error rule" in values["answer"]
    assert values["command"].endswith(" ".join(rule))
    status, _, err = run(*asked, *rule[:2])
    assert (status, err.endswith("where choose='one-standard-error', got None.\n")) == (2, True)
    status, out, err = run(*asked)  # the same trials, by the lowest error
    assert (status, err) == (0, "")
    assert json.loads(out)["tables"]["trials"] == values["tables"]["trials"]


def test_options_say_the_same(here):
    searched = [
        "depth=1,2,3",
        "width=10..400:log",
        "learning_rate=1e-4..1:log",
        "batch_size=50,100",
        "schedule=none",
    ]
    found = _search("mnist1d", None, None, "mlp", None, searched, ["steps=500"], SearchOptions())
    expected = search_from_file("whole.toml", SearchOptions()).space.parameters
    assert {**found.space.parameters, "schedule": expected["schedule"]} == expected
    assert (found.n_trials, found.sampler, found.validation, found.seed) == (50, "tpe", None, 0)
    several = _search(
        "mnist1d",
        None,
        None,
        "mlp,cnn",
        None,
        ["steps=10..50:step=20"],
        ["hidden=5,6"],
        SearchOptions(),
    )
    assert several.space.model == Choice("MLP", "CNN")
    assert several.space.fixed == {"hidden": (5, 6)}
    assert several.space.parameters["steps"] == Integer(10, 50, step=20)


def test_estimators_get_the_seed(here):
    text = NEIGHBOURS.split("[model]")[0] + (
        '[model]\nestimator = "sklearn.tree.DecisionTreeClassifier"\n'
        '[parameters]\nmax_depth = [2, "none"]\n'
    )
    (here / "tree.toml").write_text(text)
    found = search_from_file("tree.toml", SearchOptions())
    assert found.space.fixed == {"random_state": 1}
    assert found.space.parameters["max_depth"] == Choice(2, None)
    assert found.n_trials == 2  # the whole grid


CHANGED = {
    "dataset": ('file = "small.npz"', 'dataset = "mnist2"', "changed.toml: `dataset` must be one"),
    "both data": ('file = "small.npz"', 'file = "a.npz"\ndataset = "mnist"', "file`, got both."),
    "no data": ('file = "small.npz"', "", "must name either a `dataset` or a `file`, got neither."),
    "table": ("[search]", "[searching]", "[model], [parameters], [[try_first]] alone, got"),
    "key": ("folds", "fold", "minutes, choose, simplest alone, got 'fold'."),
    "range key": ("step =", "steps =", "must have low, high, log, step alone, got 'steps'."),
    "value": ('["uniform", "distance"]', "3", "must be a list or a range such as"),
    "bounds": ("low = 1,", "low = 9,", "`low` must be at most `high`, got 9 and 5."),
    "half": ("high = 5,", "", "must have both `low` and `high`, got"),
    "unknown": ("__weights", "__weight", "got 'kneighborsclassifier__weight'."),
    "elsewhere": (
        '"sklearn.pre',
        '"os.path.pre',
        "must be the import path of a class in sklearn,",
    ),
    "not there": ("StandardScaler", "Scaler", "got 'sklearn.preprocessing.Scaler': no such class."),
    "function": ("StandardScaler", "scale", "sklearn.preprocessing.scale': scale is no class of"),
    "import": ("kneighborsclassifier__p = 1", 'import = "os"', "`import` must be left out: a file"),
    "imports": ("[search]", '[import]\npackages = ["os"]\n[search]', "`import` must be left out"),
    "no model": ("KNeighborsClassifier", "NearestNeighbors", "must be or end with a classifier or"),
    "scoring": ("seed = 1", 'seed = 1\nscoring = "acuracy"', "the closest are accuracy, "),
    "of a regression": ("seed = 1", 'seed = 1\nscoring = "rmse"', "is one of a regression."),
    "order": ("preprocessing.StandardScaler", "svm.SVC", "transformers before its last step"),
    "cache": ("kneighborsclassifier__p = 1", 'memory = "."', "`memory` must be left out"),
    "two ways": ("folds = 3", "folds = 3\nvalidation = 0.2", "`folds` must be None where"),
    "sampler": ('"grid"', '"cma"', "`sampler` must be one of 'tpe', 'random', 'grid', got 'cma'."),
    "seed": ("seed = 1", 'seed = "x"', "`seed` must be an integer, got 'x'."),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_file_is_refused_in_one_sentence(case, run, here):
    old, new, words = CHANGED[case]
    assert old in NEIGHBOURS
    (here / "changed.toml").write_text(NEIGHBOURS.replace(old, new, 1))
    status, out, err = run("changed.toml", "-o", "chosen")
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert err.endswith(".\n")


OPTIONS = {
    "nothing": ([], "give either --dataset NAME or --data FILE, got neither."),
    "both": (["--dataset", "mnist1d", "--data", "small.npz"], "or --data FILE, got both."),
    "no parameters": (SMALL, "--search NAME=RANGE must name at least one parameter, got none."),
    "file and option": (["whole.toml", "--model", "mlp"], "--model must be left out where whole."),
    "no reason": (["whole.toml", "--open-test"], "--open-test must come with --reason TEXT"),
    "reason alone": (["whole.toml", "--reason", "why"], "--reason belongs to --open-test."),
    "range": ([*SMALL, "--search", "depth=1..x"], "--search must be LOW..HIGH, then :log or :step"),
    "no value": ([*SMALL, "--search", "depth"], "--search must be NAME=VALUE, got 'depth'."),
    "twice": ([*SMALL, *RATES, *RATES], "--search must name 'learning_rate' once, got it again."),
    "dataset": (["--dataset", "mnist2", *RATES], "cifar100, got 'mnist2'."),
    "model": ([*SMALL, *RATES, "--model", "mpl"], "`model` must be one of CNN, "),
    "two models": ([*SMALL, *RATES, "--model", "mlp", "--estimator", "a"], "PATH, got both."),
    "grid": ([*SMALL, *RATES, "--sampler", "grid"], "a grid needs a Choice or an Integer"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options_are_refused_in_one_sentence(case, run, here):
    options, words = OPTIONS[case]
    status, out, err = run(*options, "-o", "chosen")
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def fails(*_, **__):
    raise TypeError("shapes do not fit")


def test_a_failure_of_the_search_is_a_defect(run, here, monkeypatch):
    """What fails within the library is not told as the user's mistake, and has status 1."""
    monkeypatch.setattr("genlab.selection._running.run_here", fails)
    status, out, err = run("neighbours.toml", "-o", "chosen")
    assert (status, out) == (1, "")
    defect = "genlab: TypeError: shapes do not fit (this is a defect; --debug shows where)"
    assert err.splitlines()[-1] == defect


def test_what_does_not_go_with_the_data_is_usage(run, here):
    status, out, err = run("neighbours.toml", "--folds", "500", "-o", "chosen")
    assert (status, out) == (2, "")
    assert err == "genlab: `folds` must be at most the 160 training examples, got 500.\n"
    named = ["neighbours.toml", "--name", "mine", "-o", "chosen", "--json"]
    assert run(*named)[0] == 0
    status, _, err = run(*named, "--seed", "2")
    assert status == 2
    assert "`name` must be that of this search or a new one, and 'mine' is another" in err


def test_the_library_runs_the_whole_search(run, here, data):
    """`run_search` in Python, in a store of its own, has what the command writes."""
    asked = ["neighbours.toml", "-o", "chosen", "--json", "--open-test", "--reason", "to see"]
    status, out, _ = run(*asked)
    assert status == 0
    values = json.loads(out)
    search = search_from_file("neighbours.toml")
    with Store("sqlite://") as store:
        result = run_search(search, data, store, reason="to see", command=values["command"])
    mine = result.report.to_json()
    assert result.refused is None
    assert result.selection.opening.n == 40
    for name in ("name", "configuration", "chosen", "search", "costs", "command"):
        assert mine[name] == values[name]
    seconds = {row.pop("seconds") is None for t in (mine, values) for row in t["tables"]["trials"]}
    assert seconds == {False}
    assert mine["tables"] == values["tables"]
    assert mine["answer"] == values["answer"]
    with pytest.raises(ValueError, match="`reason` must be None where `data` has no test examples"):
        run_search(search, data.without_test(), reason="why")
    with pytest.raises(TypeError, match="`search` must be a Search, got 5"):
        run_search(5, data)


def test_files_that_cannot_be_read(run, here):
    (here / "broken.toml").write_text("[data")
    status, out, err = run("broken.toml")
    assert (status, out) == (1, "")
    assert err.startswith("genlab: broken.toml is no TOML: ")
    status, _, err = run("nothing.toml")
    assert (status, err) == (1, "genlab: nothing.toml cannot be read: No such file or directory.\n")


def test_a_model_of_another_command_is_not_replaced(run, here):
    (here / "model.json").write_text("{}")
    status, _, err = run("neighbours.toml", "-o", ".")
    assert status == 1
    assert "holds a model that no search has written" in err


def test_the_table_of_trials_so_far(here, data):
    from rich.console import Console

    from genlab.cli._select_progress import TrialsSoFar

    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 400, 2]})
    seen = []
    with Store("sqlite://") as store, pytest.warns(genlab.FailedTrialsWarning):
        found = select(space, data, sampler="grid", store=store, progress=seen.append)
    show = TrialsSoFar(None, quiet=True)
    for now in seen:
        show(now)
    text = io.StringIO()
    Console(file=text, width=100).print(show.table(seen[-1]))
    lines = text.getvalue().splitlines()
    assert lines[-1] == "3 of 3 trials, 1 failed"
    best = found.best
    shown = [line for line in lines if f"{float(best.validation_error.mean):.1%}" in line]
    assert f" {best.number} " in shown[0]
    assert f" {best.parameters['n_neighbors']} " in shown[0]
    left = [show.time_left(now) for now in seen]
    assert left[-1] == ""
    assert any(words.startswith("about 0 s left") for words in left)


def test_another_score_of_a_regression(run, here):
    """The table, the lines and the page have its name; the command is recorded with it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    y = x @ [3.0, 1.0] + rng.normal(size=60)
    rows = [f"{a:.3f},{b:.3f},{c:.3f}" for (a, b), c in zip(x, y, strict=True)]
    (here / "numbers.csv").write_text("\n".join(["a,b,price", *rows]) + "\n")
    options = ["--data", "numbers.csv", "--target", "price", "--search", "alpha=0.1,10,1000"]
    options += ["--estimator", "sklearn.linear_model.Ridge", "--sampler", "grid", "--folds", "3"]
    status, out, err = run(*options, "--scoring", "r2", "-o", "chosen")
    assert status == 0
    assert "validation R² 0.8" in err
    assert "has the highest validation R² of 3 configurations: 0.8" in " ".join(out.split())
    assert "the mean of the targets, validation" in out
    assert any("R²" in line and "95% interval" in line for line in out.splitlines())
    values = json.loads((here / "chosen" / "selection.json").read_text())
    assert "--scoring r2" in values["command"]
    best = max(values["tables"]["trials"], key=lambda row: row["validation_r2"])
    assert values["chosen"] == best["number"]
    status, out, err = run(*options, "--scoring", "r3", "-o", "chosen")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].endswith("got 'r3'; the closest are r2, rmse, error, recall.")
    status, out, err = run(*options, "--open-test", "--reason", "why", "-o", "chosen")
    assert status == 0
    assert "On the sealed test set: R² " in " ".join(out.split())
