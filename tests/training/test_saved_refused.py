"""Saved models that were damaged, changed or meant ill: each refused in a sentence."""

import contextlib
import hashlib
import json
import pickle
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training import plain_safetensors

import genlab
from genlab.models import MLP
from genlab.training import Recipe, load_model, save_model, train

MODEL = MLP(hidden=(6, 5))


@pytest.fixture(scope="module")
def data():
    return genlab.datasets.make_mnist1d(n_samples=100)


@pytest.fixture(scope="module")
def run(data):
    recipe = Recipe.adam(0.01, steps=30, batch_size=20)
    return train(MODEL, data, recipe, seeds=(3, 4), label_noise=0.25)


@pytest.fixture
def folder(tmp_path, run, data):
    save_model(tmp_path / "model", run, data)
    return tmp_path / "model"


def change_spec(**changes):
    """Another model.json: fields with new values, those of None left out."""

    def change(folder):
        spec = json.loads((folder / "model.json").read_text()) | changes
        spec = {name: value for name, value in spec.items() if value is not ...}
        (folder / "model.json").write_text(json.dumps(spec))

    return change


def change_text(old, new):
    def change(folder):
        text = (folder / "model.json").read_text()
        assert old in text
        (folder / "model.json").write_text(text.replace(old, new, 1))

    return change


def change_bytes(name, function):
    def change(folder):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        if (changed := function(content)) is not None:
            (folder / name).write_bytes(changed)

    return change


def change_arrays(function):
    """Another weights file, its SHA-256 put into model.json as one would who means it."""

    def change(folder):
        path = folder / "weights.safetensors"
        arrays = plain_safetensors.read(path.read_bytes())
        path.write_bytes(plain_safetensors.write(function(dict(arrays))))
        change_spec(weights_sha256=hashlib.sha256(path.read_bytes()).hexdigest())(folder)

    return change


def another_seed(folder):
    """The weights of another model of the same spec."""
    path = folder / "weights.safetensors"
    arrays = plain_safetensors.read(path.read_bytes())
    path.write_bytes(
        plain_safetensors.write([(name, array + np.float32(1)) for name, array in arrays.items()])
    )


def a_folder(folder):
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").mkdir()


WEIGHT = "layers.3.weight"
MLP_JSON = {"kind": "MLP", "hidden": [6, 5], "init": "fan_in"}
REFUSED = {
    "no spec": (
        change_bytes("model.json", lambda _: None),
        "model holds no model: it has no model.json",
    ),
    "empty spec": (
        change_bytes("model.json", lambda _: b""),
        "model.json is damaged: Expecting value",
    ),
    "cut spec": (change_bytes("model.json", lambda c: c[:100]), "model.json is damaged: "),
    "no text": (change_bytes("model.json", lambda _: b"\xff\xfe\xfa"), "model.json is damaged: "),
    "a list": (change_bytes("model.json", lambda _: b"[1]"), "must hold a JSON object, got a list"),
    "deep": (change_bytes("model.json", lambda _: b"[" * 60_000), "its JSON is nested too deeply"),
    "long": (
        change_bytes("model.json", lambda c: c + b" " * 2**22),
        "more than the 4194304 it could",
    ),
    "twice": (change_text('"seed"', '"seed": 1, "seed"'), "model.json holds 'seed' twice"),
    "nan": (
        change_text('"fraction": 0.25', '"fraction": NaN'),
        "must hold finite numbers, got NaN",
    ),
    "foreign": (change_spec(format="torch"), "model.json is not the spec of a genlab model"),
    "version": (change_spec(version=2), "has the format version 2; this genlab reads 1"),
    "unknown": (change_spec(code="x"), "format 1 has no field 'code'"),
    "missing": (change_spec(recipe=...), "the field 'recipe' is missing"),
    "kind": (change_spec(model={"kind": "os.system"}), "`kind` must be one of CNN"),
    "kind of recipe": (
        change_text('"kind": "Recipe"', '"kind": "MLP"'),
        "`kind` must be one of Cosine",
    ),
    "a schedule": (
        change_spec(recipe={"kind": "StepDecay"}),
        "`kind` must be Recipe, got 'StepDecay'",
    ),
    "no kind": (change_spec(model=[1]), "a spec must be a mapping with the key 'kind', got [1]"),
    "list kind": (change_spec(model={"kind": [1]}), "model.json: "),
    "field": (change_spec(model={**MLP_JSON, "run": 1}), "MLP has no field 'run'"),
    "range": (change_spec(model={**MLP_JSON, "hidden": [0]}), "`hidden` must be an integer >= 1"),
    "type": (
        change_spec(model={**MLP_JSON, "hidden": [0.5]}),
        "`hidden` must be an integer, got 0.5",
    ),
    "noise": (
        change_text('"fraction": 0.25', '"fraction": 7'),
        "`fraction` must be a number from 0",
    ),
    "data": (change_text('"name": "mnist1d"', '"name": "x"'), "`name` must be one of cifar10"),
    "shape": (change_spec(input_shape=[0]), "`input_shape` must be an integer from 1 to"),
    "no shape": (
        change_spec(input_shape=[]),
        "`input_shape` must be a list of 1 to 8 sizes, got []",
    ),
    "text shape": (change_spec(input_shape="40"), "`input_shape` must be a list of 1 to 8 sizes"),
    "text columns": (change_spec(columns="ab"), "`columns` must be a list of names, got str"),
    "number columns": (change_spec(columns=[1] * 40), "`columns` must be a list of names, got lis"),
    "few columns": (
        change_spec(columns=["a", "b"]),
        "`columns` must be a different name for each input of an example of shape (40,), got 2 n",
    ),
    "columns twice": (change_spec(columns=["a"] * 40), "`columns` must be a different name for"),
    "outputs": (change_spec(n_outputs=0), "`n_outputs` must be an integer from 1 to"),
    "seed": (change_spec(seed=-1), "`seed` must be an integer from 0 to"),
    "promise": (
        change_spec(model={**MLP_JSON, "hidden": [10**12, 10**12]}),
        "bytes, too few for the 1000000000052000000000010 parameters",
    ),
    "no image": (change_spec(model={"kind": "CNN5"}), "the data of CNN5 must be images"),
    "other spec": (
        change_spec(model={**MLP_JSON, "hidden": [5, 6]}),
        "layers.1.weight must have shape (5, 40), got (6, 40)",
    ),
    "other depth": (
        change_spec(model={**MLP_JSON, "hidden": [6]}),
        "weights.safetensors holds an array layers.5.bias, which the model does not have",
    ),
    "other classes": (
        change_spec(n_outputs=9),
        "layers.5.weight must have shape (9, 5), got (10, 5)",
    ),
    "no weights": (
        change_bytes("weights.safetensors", lambda _: None),
        "weights.safetensors cannot be read: No such file",
    ),
    "a folder": (a_folder, "weights.safetensors is not a file"),
    "empty": (
        change_bytes("weights.safetensors", lambda _: b""),
        "has 0 bytes, too few for the 341",
    ),
    "cut": (change_bytes("weights.safetensors", lambda c: c[:-1]), "is damaged: "),
    "more": (change_bytes("weights.safetensors", lambda c: c + b"x"), "is damaged: "),
    "much more": (
        change_bytes("weights.safetensors", lambda c: c + bytes(20_000)),
        "bytes, more than the ",
    ),
    "long header": (
        change_bytes("weights.safetensors", lambda c: struct.pack("<Q", 2**60) + c[8:]),
        "is damaged: ",
    ),
    "promised": (
        change_bytes("weights.safetensors", lambda c: c.replace(b"[5,6]", b"[9,9]")),
        "is damaged: ",
    ),
    "another": (another_seed, "weights.safetensors is not the file that"),
    "transposed": (
        change_arrays(lambda a: (a | {WEIGHT: a[WEIGHT].T.copy()}).items()),
        "layers.3.weight must have shape (5, 6), got (6, 5)",
    ),
    "wide": (
        change_arrays(lambda a: (a | {WEIGHT: a[WEIGHT].astype("<f8")}).items()),
        "layers.3.weight must be of type F32, got F64",
    ),
    "narrow": (
        change_arrays(lambda a: (a | {WEIGHT: a[WEIGHT].astype("<f2")}).items()),
        "layers.3.weight must be of type F32, got F16",
    ),
    "lacks": (
        change_arrays(lambda a: [pair for pair in a.items() if pair[0] != WEIGHT]),
        "weights.safetensors lacks the array layers.3.weight",
    ),
    "extra": (
        change_arrays(lambda a: [*a.items(), ("layers.7.weight", a[WEIGHT])]),
        "holds an array layers.7.weight, which the model does not have",
    ),
    "infinite": (
        change_arrays(lambda a: (a | {WEIGHT: a[WEIGHT] / np.float32(1e-45)}).items()),
        "layers.3.weight must be finite, got values that are not",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=list(REFUSED))
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_refused(folder, change, sentence):
    change(folder)
    with pytest.raises(genlab.ModelFileError, match=re.escape(sentence)) as error:
        load_model(folder)
    assert str(error.value).startswith(str(folder))
    assert str(error.value).endswith(".")


def test_a_name_twice_is_refused(folder):
    path = folder / "weights.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    entry = re.search(rb'"layers\.1\.bias":\{.*?\}', content)[0]
    header = content[8 : 8 + length].replace(entry, entry + b"," + entry)
    path.write_bytes(struct.pack("<Q", len(header)) + header + content[8 + length :])
    with pytest.raises(genlab.ModelFileError, match=r"holds 'layers\.1\.bias' twice"):
        load_model(folder)


class _RunsCode:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def test_a_pickle_is_not_run(folder, tmp_path):
    marker = tmp_path / "ran"
    attack = pickle.dumps([_RunsCode(marker), bytes(1000)])
    pickle.loads(attack)
    assert marker.exists()  # it would run
    marker.unlink()
    for name in ("weights.safetensors", "model.json"):
        (folder / name).write_bytes(attack)
        with pytest.raises(genlab.ModelFileError, match=f"{name} is damaged"):
            load_model(folder)
    assert not marker.exists()


@settings(max_examples=60, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_bit_is_noticed(tmp_path_factory, run, data, at, bit):
    """In the weights always; in the spec it is refused, or is another spec of the same arrays."""
    folder = tmp_path_factory.mktemp("bit")
    save_model(folder, run, data)
    for name in ("model.json", "weights.safetensors"):
        content = bytearray((folder / name).read_bytes())
        content[int(at * len(content))] ^= 1 << bit
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        if name == "model.json":
            with contextlib.suppress(genlab.ModelFileError):
                load_model(folder)
            (folder / name).write_bytes(kept)
        else:
            with pytest.raises(genlab.ModelFileError):
                load_model(folder)
