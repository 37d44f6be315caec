"""Runs, curves and openings of a store, and what the page about MNIST-1D asks."""

import dataclasses
import time

import numpy as np
import pytest
import scipy

import genlab
from genlab.datasets import DataSpec
from genlab.explorer._jobs import Jobs
from genlab.explorer._mnist1d import Plan, Signal, Trainer, read, stages
from genlab.explorer._published import published_errors
from genlab.explorer._questions import questions
from genlab.explorer._results import width_curves
from genlab.sweep import TrainingCell

PLAN = {"model": "Logistic", "steps": 100, "seed": 3, "label_noise": 0.1}


@pytest.fixture(scope="module")
def asked(results_store):
    return questions(results_store)


def test_runs_are_cells_that_differ_in_the_seed_alone(asked):
    found = asked["runs"]({})
    assert (found["n_cells"], found["n_shown"]) == (5, 5)
    runs = {run["settings"].get("label_noise.fraction"): run for run in found["runs"]}
    assert {noise: run["n"] for noise, run in runs.items()} == {0.1: 2, 0.2: 2, None: 1}
    assert runs[None]["model"] == "DummyClassifier"
    assert runs[None]["has_curves"] is False
    error = runs[0.1]["test_error"]
    assert 0 < error["low"] < error["estimate"] < error["high"] < 1


def test_curves_are_those_of_the_cells(asked, trained):
    run = next(
        run
        for run in asked["runs"]({})["runs"]
        if run["settings"].get("label_noise.fraction") == 0.2
    )
    (curves,) = asked["curves"]({"ids": [run["id"]]})["curves"]
    results = [r for cell, r in trained.items() if "fraction=0.2" in repr(cell)]
    assert len(results) == 2
    assert curves["steps"] == results[0].steps.tolist()
    mean = np.mean([result.test_error for result in results], axis=0)
    np.testing.assert_allclose(curves["test_error"]["mean"], mean)


def test_networks_that_differ_in_their_width_alone_are_a_family(trained):
    """Results of other cells, stored as those of networks of three widths."""
    logistic, result = next(iter(trained.items()))
    with genlab.sweep.Store("sqlite://") as store:
        for hidden in [(5, 5), (2, 2), (9, 9), (3,)]:
            cell = dataclasses.replace(logistic, model=genlab.models.MLP(hidden=hidden))
            store.put(cell, result, seconds=1.0, environment={})
        (family,) = width_curves(store)
    assert [point["width"] for point in family["points"]] == [2, 5, 9]
    assert (family["model"], family["label_noise"]) == ("MLP", 0.1)
    error = family["points"][0]["test_error"]
    assert error["estimate"] == pytest.approx(result.end("test_error"))


def test_cells_that_predict_more_than_test_examples_are_left_out(trained):
    """Their test errors count places between examples, or the training examples."""
    cell, result = next(iter(trained.items()))
    paths = DataSpec.of_part("paths", cell.data, n_paths=2, n_places=5)
    parts = [paths, *(DataSpec.of_part("fitted_too", of) for of in (cell.data, paths))]
    parts.append(DataSpec.of_part("drawn", paths, n=10, seed=0))
    with genlab.sweep.Store("sqlite://") as store:
        for one in (cell, *(dataclasses.replace(cell, data=part) for part in parts)):
            store.put(one, result, seconds=1.0, environment={})
        found = questions(store)["runs"]({})
    assert (found["n_cells"], found["n_shown"], len(found["runs"])) == (5, 1, 1)
    assert found["runs"][0]["dataset"] == cell.data.name


@pytest.mark.parametrize("ids", [["x"], [1], [[]], "abc", None, list("1234567")])
def test_runs_that_are_not_there(asked, ids):
    with pytest.raises((TypeError, ValueError), match="`ids` must"):
        asked["curves"]({"ids": ids})


def test_openings_are_those_of_the_store(asked):
    (row,) = asked["openings"]({})["rows"]
    assert (row["reason"], row["number"]) == ("to see", 1)


def test_stages_are_those_of_the_library():
    """The template, and how the last stage is made from the one before."""
    found, example = stages(Signal(digit=4, slope=0.5)), genlab.datasets.mnist1d_stages(0)
    assert list(found) == list(example)
    assert [len(x) for x in found.values()][2:] == [len(x) for x in example.values()][2:]
    templates = genlab.datasets.mnist1d_templates()[0]
    np.testing.assert_allclose(found["template"], templates[4], atol=1e-7)
    slope, offset = np.polyfit(example["subsample"], example["standardise"], 1)
    last = slope * np.array(found["subsample"]) + offset
    np.testing.assert_allclose(found["standardise"], last, atol=1e-9)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"digit": 10}, "`digit` must"),
        ({"iid": "x"}, "`iid` must"),
        ([1], "must be values by name"),
    ],
)
def test_signals_that_are_refused(values, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        read(Signal, values)


def test_a_signal_is_drawn_by_hand(asked):
    drawn = [0.5] * 40
    assert asked["mnist1d"]({"drawn": drawn})["stages"]["standardise"] == drawn
    for junk in ([1.0], "x" * 40, [None] * 40, [1e9] * 40):
        with pytest.raises((TypeError, ValueError), match="`drawn` must be"):
            asked["mnist1d"]({"drawn": junk})


def ended(jobs, job):
    """What a job told last."""
    for _ in range(600):
        if not (state := jobs.progress(job))["running"]:
            return state
        time.sleep(0.05)
    raise AssertionError(state)


def test_a_network_is_trained_and_classifies():
    jobs = Jobs()
    trainer = Trainer(jobs)
    signal = stages(Signal())["standardise"]
    assert trainer.probabilities(signal) is None
    assert "error" not in ended(jobs, trainer.start(read(Plan, PLAN)))
    assert sum(trainer.probabilities(signal)) == pytest.approx(1)


@pytest.mark.parametrize("name", ["mnist1d-mlp", "model-comparison", "double-descent-mnist1d"])
def test_published_runs_are_runs_of_the_experiment(name):
    """Each is trained like a cell that the experiment itself makes at the published scale."""
    asked, experiment = [], genlab.experiments.EXPERIMENTS[name]

    class AskedError(Exception):
        pass

    class Listening(genlab.experiments.Context):
        def run_cells(self, cells):
            asked.extend(cells)
            raise AskedError

    with pytest.raises(AskedError):
        experiment.run(Listening(seed=0, store=None), experiment.protocols["paper"])
    networks = [cell for cell in asked if isinstance(cell, TrainingCell)]
    made = [dataclasses.replace(cell, seed=0) for cell in networks]
    runs = experiment.published_runs()
    assert runs
    for run in runs:
        assert run.cell in made
        for curve, step, value in run.points:
            assert curve in ("train_error", "test_error")
            assert step in run.cell.recipe.evaluation_steps()
            assert 0 <= value <= 1


def test_published_errors_are_those_of_networks_trained_alike():
    """The book's figure 8.10 at width 77: 48.6% with 15% label noise, 32.9% with clean labels."""
    runs = genlab.experiments.EXPERIMENTS["double-descent-mnist1d"].published_runs()
    of_width = [run.cell for run in runs if run.cell.model.hidden == (77, 77)]
    clean, noisy = (dataclasses.replace(cell, seed=7) for cell in of_width)
    found = published_errors(noisy.to_dict())
    assert [(one["curve"], one["step"], one["value"]) for one in found] == [
        ("test_error", 4000, pytest.approx(0.486)),
        ("train_error", 4000, pytest.approx(0.001)),
    ]
    assert "fig. 8.10" in found[0]["source"]
    assert [one["value"] for one in published_errors(clean.to_dict())] == [pytest.approx(0.329)]
    for other in (
        {"label_noise": genlab.datasets.LabelNoise(0.1)},
        {"model": genlab.models.MLP((78, 78), init="fan_in")},
        {"recipe": dataclasses.replace(noisy.recipe, steps=5000)},
        {"data": genlab.datasets.make_mnist1d().spec},
    ):
        assert published_errors(dataclasses.replace(noisy, **other).to_dict()) == []


def test_an_experiment_need_not_offer_published_runs():
    assert genlab.experiments.EXPERIMENTS["toy-data"].published_runs() == ()


def test_curves_are_told_while_a_network_trains():
    """Row after row, and the same as those of a run that nobody follows."""
    seen = []
    Trainer(Jobs())._train(read(Plan, PLAN), lambda **told: seen.append(told["rows"]))
    assert [len(rows) for rows in seen] == list(range(1, 52))
    recipe = genlab.Recipe.sgd(0.1, batch_size=100, steps=100, evaluate_every=2)
    data = genlab.datasets.make_mnist1d()
    run = genlab.train(genlab.models.Logistic(), data, recipe, [3], label_noise=0.1)
    for name in ("train_loss", "train_error", "test_error"):
        assert [row[name] for row in seen[-1]] == getattr(run, name)[0].tolist()
    wrong = np.round(run.test_error[0] * 1000).astype(int)
    for row, count in zip(seen[-1], wrong, strict=True):
        truth = scipy.stats.binomtest(int(count), 1000).proportion_ci(method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((truth.low, truth.high))


def test_a_training_is_stopped_and_another_begins():
    jobs = Jobs()
    trainer = Trainer(jobs)
    job = trainer.start(read(Plan, {**PLAN, "steps": 6000}))
    with pytest.raises(genlab.GenlabError, match="another training is under way"):
        trainer.start(read(Plan, PLAN))
    jobs.stop(job)
    assert ended(jobs, job)["stopped"] is True
    assert trainer.probabilities(stages(Signal())["standardise"]) is None
    later = jobs.start(lambda tell: tell(half=1) or {"whole": 2})
    jobs.stop(job)  # that one is no more
    assert ended(jobs, later) == {"running": False, "half": 1, "whole": 2}


def test_what_ends_a_job_is_told():
    jobs = Jobs()
    found = ended(jobs, jobs.start(lambda tell: int("x")))
    assert found["error"].startswith("invalid literal")

    def out_of_memory(tell):
        raise MemoryError

    assert ended(jobs, jobs.start(out_of_memory))["error"] == "MemoryError"
    for junk in (None, [], {}, {"job": 9}, {"job": "1"}):
        with pytest.raises((TypeError, ValueError), match="`job` must be"):
            jobs.progress(junk)
    for _ in range(30):
        job = jobs.start(lambda tell: {})
        ended(jobs, job)
    assert len(jobs._states) == 20
