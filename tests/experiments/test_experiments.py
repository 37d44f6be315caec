"""The registry, and what holds of every result."""

import ast
import dataclasses
import importlib
import json
from pathlib import Path

import numpy as np
import pytest

import genlab
from genlab._base import specs
from genlab._base.jsons import finite
from genlab.experiments import (
    EXPERIMENTS,
    SCALES,
    Context,
    Experiment,
    ExperimentResult,
    Findings,
    Missing,
    Table,
    get_experiment,
    missing_sentences,
    run_experiment,
)
from genlab.sweep import Store

SOURCE = Path(genlab.__file__).parent
FOLDERS = {path.parent.name for path in (SOURCE / "experiments").glob("*/__init__.py")}

each_experiment = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)


@each_experiment
def test_every_experiment_is_whole(experiment):
    assert set(experiment.seconds) == set(SCALES)
    assert experiment.question.endswith("?")
    assert callable(importlib.import_module(experiment.module).run)
    assert callable(importlib.import_module(f"{experiment.module}.figures").figures)


@each_experiment
def test_every_scale_has_a_protocol_that_becomes_json(experiment):
    assert tuple(experiment.protocols) == SCALES
    for protocol in experiment.protocols.values():
        assert json.dumps(finite(specs.to_dict(protocol)), allow_nan=False)
        name = dataclasses.fields(protocol)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(protocol, name, None)
        for field in dataclasses.fields(protocol):
            assert field.name in type(protocol).__doc__, f"{field.name} is not documented"


@each_experiment
def test_every_table_says_what_it_holds(experiment):
    assert experiment.tables
    for table in experiment.tables.values():
        assert table.about.endswith(".")
        assert table.columns
        assert all(text.strip() for text in table.columns.values())


def test_the_folders_are_the_registry():
    modules = [experiment.module for experiment in EXPERIMENTS.values()]
    assert sorted(modules) == sorted(f"genlab.experiments.{name}" for name in FOLDERS)


def imports_of_experiments(path):
    """Each name that a file imports from an experiment's folder, and the folder."""
    text = path.read_text("utf-8")
    if "genlab.experiments" not in text:
        return  # parsing takes most of the time
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                parts = f"{node.module}.{alias.name}".split(".")
                if parts[:2] == ["genlab", "experiments"] and set(parts[2:3]) & FOLDERS:
                    yield alias.asname or alias.name, parts[2]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[:2] == ["genlab", "experiments"] and set(parts[2:3]) & FOLDERS:
                    yield alias.asname or parts[0], parts[2]


def test_an_experiment_is_imported_within_its_folder_alone():
    for path in SOURCE.rglob("*.py"):
        foreign = {folder for _, folder in imports_of_experiments(path)} - {path.parent.name}
        assert not foreign, f"{path} imports {foreign}"


def test_no_test_sets_a_name_of_an_experiment():
    """A test that needs less work passes a protocol."""
    setters = {"setattr", "delattr", "setitem", "delitem", "patch", "object"}
    for path in Path(__file__).parents[1].rglob("*.py"):
        names = {name for name, _ in imports_of_experiments(path)}
        if not names and "genlab.experiments." not in path.read_text("utf-8"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if getattr(node.func, "attr", getattr(node.func, "id", "")) in setters:
                for part in ast.walk(node.args[0]):
                    name = getattr(part, "id", None)  # of a variable
                    path_of_name = str(getattr(part, "value", ""))  # of a text
                    assert name not in names, f"{path}:{node.lineno}"
                    assert not path_of_name.startswith("genlab.experiments."), path


@dataclasses.dataclass(frozen=True)
class Small:
    """A protocol of one number."""

    n: int = 1
    most: float = float("inf")


@dataclasses.dataclass(frozen=True)
class Made(Experiment):
    """An experiment that finds the tables it is given."""

    found: dict = dataclasses.field(default_factory=dict)

    @property
    def protocols(self):
        return dict.fromkeys(SCALES, Small())

    @property
    def tables(self):
        return {"one": Table("One row.", {"a": "a number", "b": "another"})}

    def run(self, context, protocol):
        return Findings(self.found, [], "It is.", missing=[Missing("MNIST", "no file.")])


def made(tables, **options):
    with Store("sqlite://") as store:
        return run_experiment(Made("made", "", "?", {}, "", found=tables), store, **options)


def test_a_result_holds_its_protocol_and_its_schema():
    result = made({"one": [{"a": 1, "b": 2}]}, scale="paper")
    assert result.scale == "paper"
    assert result.protocol == {"n": 1, "most": None}
    assert result.schema == {
        "one": {"about": "One row.", "columns": {"a": "a number", "b": "another"}}
    }
    assert result.missing == [{"name": "MNIST", "reason": "no file."}]
    custom = made({"one": []}, protocol=Small(3))
    assert (custom.scale, custom.protocol["n"]) == ("custom", 3)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "made must make the tables one, got "),
        ({"one": [], "two": []}, "made must make the tables one, got one, two"),
        ({"one": [{"a": 1}]}, "made: a row of one must have the columns a, b, got a"),
        ({"one": [{"b": 1, "a": 2}]}, "must have the columns a, b, got b, a"),
    ],
)
def test_tables_must_be_as_declared(tables, message):
    with pytest.raises(ValueError, match=message):
        made(tables)


def test_what_is_missing_is_said_once():
    result = made({"one": []})
    other = dataclasses.replace(result, experiment="other")
    (sentence,) = missing_sentences([result, other])
    assert "ran without MNIST: " in sentence
    assert "made and other" in sentence
    assert sentence.endswith("no file.")
    assert missing_sentences([dataclasses.replace(result, missing=[])]) == []


def test_an_unknown_name_lists_the_names():
    with pytest.raises(
        ValueError,
        match=r"unknown experiment 'mnist2d'; there are: mnist1d-construction, .*mnist1d-mlp",
    ):
        get_experiment("mnist2d")


def test_the_seeds_of_different_seeds_do_not_meet():
    one, two = (set(Context(seed, None).seeds(100)) for seed in (0, 1))
    assert not one & two


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"scale": "huge"}, ValueError, "`scale` must be one of 'quick', 'default', 'paper'"),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0"),
        ({"seed": 1.5}, TypeError, r"`seed` must be an integer, got 1\.5"),
        ({"jobs": 0}, ValueError, "`jobs` must be an integer >= 1, got 0"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with Store("sqlite://") as store, pytest.raises(error, match=message):
        run_experiment(EXPERIMENTS["mnist1d-mlp"], store, **arguments)


def test_results_survive_json(mnist1d_mlp):
    values = json.loads(json.dumps(mnist1d_mlp.to_json(), allow_nan=False))
    assert ExperimentResult.from_json(values).to_json() == values
    assert "jax" in values["machine"]["trained with"]


def test_missing_numbers_are_null():
    result = ExperimentResult("x", "quick", 0, {"t": [{"a": float("nan")}]}, [], "", np.inf)
    assert result.to_json()["tables"] == {"t": [{"a": None}]}
    assert result.to_json()["seconds"] is None


def test_frames(mnist1d_mlp):
    assert len(mnist1d_mlp.to_frame("curves")) == 610
    assert list(mnist1d_mlp.to_frame()["name"]) == [row["name"] for row in mnist1d_mlp.published]
    assert "<table" in mnist1d_mlp._repr_html_()
    with pytest.raises(ValueError, match="`table` must be one of layers, training"):
        mnist1d_mlp.to_frame("nothing")
