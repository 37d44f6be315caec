"""Identity: keys of genlab's own cells stay, and nobody's class is taken for another's."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from packages import OUTSIDE, forget

import genlab
from genlab import ModelFileError, Recipe, WorkerError
from genlab.datasets import GENERATORS, DataSpec, make_mnist1d
from genlab.models import CNN, MLP, MODELS, get_model
from genlab.sweep import Store, TrainingCell, run_cells
from genlab.training import load_model, save_model, train

STORED = json.loads((Path(__file__).parent / "stored_specs.json").read_text())
DATA = make_mnist1d(n_samples=100).spec
RECIPE = Recipe.sgd(0.1, steps=20, batch_size=10, evaluate_every=10)
BLOBS = {"n_train": 40, "distance": 4.0, "seed": 7}


@pytest.fixture
def not_installed(tmp_path, monkeypatch):
    """The same package as plain files beside the user's script: no entry points."""
    forget("outside_lab")
    shutil.copytree(OUTSIDE / "outside_lab", tmp_path / "plain" / "outside_lab")
    monkeypatch.syspath_prepend(tmp_path / "plain")
    yield tmp_path / "plain"
    forget("outside_lab")


@pytest.mark.parametrize("key", STORED)
def test_keys_and_json_are_those_of_stored_cells(key):
    """Specs and keys as databases hold them that an earlier genlab wrote."""
    cell = TrainingCell.from_dict(STORED[key])
    assert cell.to_dict() == STORED[key]
    assert cell.key == key


def test_every_built_in_is_among_them():
    kinds = {spec["model"]["kind"] for spec in STORED.values()}
    assert kinds == set(MODELS.builtin)
    names = {spec["data"]["name"] for spec in STORED.values()}
    assert names == {*GENERATORS.builtin, "content"}


def test_a_package_from_outside_runs_in_workers(outside, tmp_path):
    from outside_lab import models as lab
    from outside_lab.data import blobs

    spec = DataSpec("blobs", BLOBS)
    assert spec.name == "outside_lab.data:blobs"
    assert spec == DataSpec("outside_lab.data:blobs", BLOBS)
    data = spec.make()
    assert data.spec == spec
    assert np.array_equal(data.x_train, blobs(**BLOBS).x_train)
    model = lab.CNN(lab.Scaling(2.0))
    cells = [TrainingCell(spec, model, RECIPE, seed) for seed in range(2)]
    part = DataSpec.of_part("held_out", spec, validation=0.25, seed=0)
    cells.append(TrainingCell(part, model, RECIPE, 0))
    with Store(tmp_path / "s.db") as store:
        results = run_cells(cells, store, jobs=1)
        assert len(store) == 3
    run = train(model, data, RECIPE, range(2))
    for i in range(2):
        assert np.array_equal(results[i].test_loss, run.test_loss[i])
    assert results[0].test_wrong.sum() < 10  # the classes lie four standard deviations apart
    assert len(results[2].test_wrong) == 10  # a quarter of its 40 training examples
    again = [TrainingCell.from_dict(json.loads(json.dumps(cell.to_dict()))) for cell in cells]
    assert again == cells
    kinds = cells[0].to_dict()["model"]
    assert kinds["kind"] == "outside_lab.models:CNN"
    assert kinds["scaling"] == {"kind": "outside_lab.models:Scaling", "factor": 2.0}


def test_two_classes_of_one_name_have_two_keys(outside, tmp_path, monkeypatch):
    from outside_lab import models as lab

    ours, theirs = TrainingCell(DATA, CNN(), RECIPE, 0), TrainingCell(DATA, lab.CNN(), RECIPE, 0)
    assert ours.to_dict()["model"]["kind"] == "CNN"
    assert ours.key != theirs.key
    # Of the same fields, too: only the class tells them apart.
    code = "from genlab.models import MLP as Base\nclass MLP(Base):\n    pass\n"
    (tmp_path / "my_models.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    import my_models

    mine = TrainingCell(DATA, my_models.MLP(), RECIPE, 0)
    fields = [json.loads(json.dumps(c.to_dict()["model"])) for c in (mine, ours_of(MLP()))]
    assert [one.pop("kind") for one in fields] == ["my_models:MLP", "MLP"]
    assert fields[0] == fields[1]
    assert mine.key != ours_of(MLP()).key
    assert type(TrainingCell.from_dict(mine.to_dict()).model) is my_models.MLP


def ours_of(model):
    return TrainingCell(DATA, model, RECIPE, 0)


SCRIPT = """
import sys
from genlab import Recipe
from genlab.datasets import DataSpec, make_mnist1d
from genlab.models import MLP
from genlab.sweep import Store, TrainingCell, run_cells
from beside import Mine

class InTheScript(MLP):
    pass

def digits(seed):
    return make_mnist1d(n_samples=100, seed=seed)

recipe = Recipe.sgd(0.1, steps=2, batch_size=10)
spec = make_mnist1d(n_samples=100).spec
for data, model in ((spec, InTheScript()), (DataSpec("__main__:digits", {"seed": 1}), MLP())):
    try:
        TrainingCell(data, model, recipe, 0)
    except ValueError as error:
        print(error)
cell = TrainingCell(DataSpec("beside:digits", {"seed": 1}), Mine((3,)), recipe, 0)
with Store("sqlite://") as store:
    print(run_cells([cell], store, jobs=1)[0].test_wrong.shape)
"""
BESIDE = """
from genlab.datasets import make_mnist1d
from genlab.models import MLP

class Mine(MLP):
    pass

def digits(seed):
    return make_mnist1d(n_samples=100, seed=seed)
"""


def test_a_module_beside_the_script_is_found_and_the_script_is_not(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "beside.py").write_text(BESIDE)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    sentence = "must be what other processes can import, got '__main__:{}': it is defined in the "
    sentence += "script or notebook that is running; put it in a module that can be imported, or "
    sentence += "install a package with an entry point."
    assert done.stdout.splitlines() == [
        "`model` " + sentence.format("InTheScript"),
        "`data` " + sentence.format("digits"),
        "(20,)",
    ]


def test_the_callers_folders_shadow_nothing(tmp_path, monkeypatch, started_workers):
    (tmp_path / "optax.py").write_text("raise RuntimeError('not that one')")
    monkeypatch.syspath_prepend(tmp_path)
    with Store(tmp_path / "s.db") as store:
        (result,) = run_cells([ours_of(MLP((2,)))], store, jobs=1)
    assert np.array_equal(result.test_loss, ours_of(MLP((2,))).run().test_loss)


def test_an_older_copy_that_only_workers_find_is_refused(tmp_path, monkeypatch):
    """As where a script stands beside a newer copy of a package than the installed one."""
    for folder in ("installed", "newer"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "two_copies.py").write_text(BESIDE)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'installed'}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.syspath_prepend(tmp_path / "newer")
    import two_copies

    cell = TrainingCell(DATA, two_copies.Mine((2,)), RECIPE, 0)
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(
            WorkerError,
            match=r"module 'two_copies' is .*newer.* in the calling .* find .*installed.* first",
        ),
    ):
        run_cells([cell], store, jobs=1)


def made_up(name, module):
    return dataclasses.dataclass(frozen=True)(type(name, (MLP,), {"__module__": module}))


def in_a_function():
    class Inside(MLP):
        pass

    return Inside()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (in_a_function, r"got '.*<locals>\.Inside': it is defined inside a function"),
        (lambda: made_up("Mine", "__main__")(), "it is defined in the script or notebook"),
        (lambda: made_up("Mine", "nowhere.at_all")(), "no module 'nowhere.at_all' is found"),
        (lambda: made_up("Mine", "json.nothing")(), "no module 'json.nothing' is found"),
        (lambda: made_up("Mine", "json")(), "json has no 'Mine'"),
        (lambda: made_up("JSONDecoder", "json")(), "json has another object of that name"),
    ],
)
def test_a_model_that_no_worker_can_import_is_refused(make, reason):
    with pytest.raises(ValueError, match=f"`model` must be what other .*{reason}.*; put it in a"):
        TrainingCell(DATA, make(), RECIPE, 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("json:<lambda>", "a lambda has no name that can be imported"),
        ("json:f.<locals>.g", "it is defined inside a function"),
        ("__main__:f", "it is defined in the script or notebook that is running"),
        ("nowhere:f", "no module 'nowhere' is found"),
        ("json:nothing", "json has no 'nothing'"),
    ],
)
def test_a_generator_that_no_worker_can_import_is_refused(name, reason):
    spec = DataSpec(name, {})
    with pytest.raises(ValueError, match=f"`data` must be what other .*, got '{name}': {reason}"):
        TrainingCell(spec, MLP(), RECIPE, 0)
    part = DataSpec.of_part("development", spec)
    with pytest.raises(ValueError, match=f"`data` must be what other .*, got '{name}': {reason}"):
        TrainingCell(part, MLP(), RECIPE, 0)


def test_a_module_of_another_file_is_refused(tmp_path, monkeypatch):
    """The name leads a worker to another file than the one that was loaded."""
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twice.py").write_text(BESIDE)
    monkeypatch.syspath_prepend(tmp_path / "first")
    import twice

    assert TrainingCell(DATA, twice.Mine(), RECIPE, 0).model == twice.Mine()
    monkeypatch.syspath_prepend(tmp_path / "second")
    with pytest.raises(
        ValueError, match=r"the module 'twice' that is found is another file, .*second"
    ):
        TrainingCell(DATA, twice.Mine(), RECIPE, 0)


def test_what_is_no_dataset_or_no_dataclass_is_told():
    with pytest.raises(TypeError, match="the generator 'json:dumps' must return a Dataset, got"):
        DataSpec("json:dumps", {"obj": 1}).make()
    values = ours_of(MLP()).to_dict()
    for kind, sentence in {
        "os:system": "`kind` must name a dataclass, got 'os:system'",
        "os:nothing": "'os:nothing' cannot be imported: os has no 'nothing'",
        "nowhere:X": "'nowhere:X' cannot be imported: no module 'nowhere'",
        "genlab.models:MLP": "`kind` must be the class's own name 'MLP', got 'genlab.models:MLP'",
    }.items():
        with pytest.raises(ValueError, match=sentence):
            TrainingCell.from_dict(values | {"model": {"kind": kind}})


def test_models_by_name(outside):
    from outside_lab import models as lab

    assert list(MODELS)[-1] == "outside-cnn"
    assert MODELS["outside-cnn"] is lab.CNN
    assert get_model("Outside-CNN") is lab.CNN
    assert get_model("outside_lab.models:CNN") is lab.CNN
    assert get_model("cnn") is get_model("CNN") is CNN
    with pytest.raises(ValueError, match=r"must be one of CNN, .*outside-cnn, or the import .*'x'"):
        get_model("x")
    with pytest.raises(ValueError, match="must name a frozen dataclass that extends ModelSpec"):
        get_model("json:dumps")
    with pytest.raises(ValueError, match="'json:nothing' cannot be imported: json has no"):
        get_model("json:nothing")


def saved_outside(folder):
    from outside_lab import models as lab

    data = DataSpec("outside_lab.data:blobs", BLOBS).make()
    run = train(lab.CNN(), data, RECIPE)
    save_model(folder, run, data)
    return load_model(folder).predict(data.x_test), data.x_test


def test_a_saved_model_of_an_installed_package_is_loaded(outside, tmp_path):
    expected, x = saved_outside(tmp_path / "model")
    np.save(tmp_path / "x.npy", x)
    code = (
        "import sys, numpy; from genlab import load_model; model = load_model(sys.argv[1]);"
        "print(model.predict(numpy.load(sys.argv[2])).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model"), str(tmp_path / "x.npy")],
        env=os.environ | {"PYTHONPATH": f"{OUTSIDE}:{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == expected.tolist()


def test_a_file_has_no_module_imported(not_installed, tmp_path):
    saved_outside(tmp_path / "model")
    forget("outside_lab")
    sentence = (
        r"model.json: 'outside_lab.models:CNN' is neither genlab's own nor brought by an installed "
        r"package with an entry point in genlab.models; import outside_lab.models first if you "
        r"trust it\."
    )
    with pytest.raises(ModelFileError, match=sentence):
        load_model(tmp_path / "model")
    assert "outside_lab" not in sys.modules  # nor is the data's generator imported
    with pytest.raises(ModelFileError, match="is neither genlab's own nor brought by"):
        load_model(tmp_path / "model", packages=["outside_labs"])
    allowed = load_model(tmp_path / "model", packages=["outside_lab"]).model
    assert type(allowed) is sys.modules["outside_lab.models"].CNN
    forget("outside_lab")
    import outside_lab.models

    assert type(load_model(tmp_path / "model").model) is outside_lab.models.CNN
    assert "outside_lab.data" not in sys.modules


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "outside_lab.untrusted:Untrusted"}, "is neither genlab's own nor brought by"),
        ({"kind": "os:system"}, "`kind` must name a model, got 'os:system'"),
        ({"kind": "json:JSONDecoder"}, "`kind` must name a model, got 'json:JSONDecoder'"),
        ({"kind": "scipy:nothing_loaded"}, "is neither genlab's own nor brought by"),
        ({"scaling": {"kind": "json:JSONDecoder"}}, "`kind` must be of the package of 'outside_"),
        ({"scaling": {"kind": "outside_lab.models:jax"}}, "`kind` must be of the package of"),
    ],
)
def test_a_file_may_name_no_other_class(outside, tmp_path, change, sentence):
    saved_outside(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"model": values["model"] | change}))
    with pytest.raises(ModelFileError, match=sentence):
        load_model(tmp_path / "model")
    assert "outside_lab.untrusted" not in sys.modules


def test_a_model_of_the_script_is_not_saved(tmp_path):
    data = genlab.datasets.make_mnist1d(n_samples=100)
    run = train(in_a_function(), data, RECIPE)
    with pytest.raises(ValueError, match="`run` must be what other processes can import, got"):
        save_model(tmp_path / "model", run, data)
