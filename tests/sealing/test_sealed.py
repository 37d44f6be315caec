"""A sealed test set opens once, says what it showed, and is not closed again by any remake."""

import copy
import hashlib
import json
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge
from sklearn.pipeline import make_pipeline

import genlab
from genlab import Recipe, SealedError, StoreError, seal
from genlab.datasets import Dataset
from genlab.models import MLP
from genlab.sealing import sealed_openings
from genlab.sealing._openings import Openings
from genlab.sweep import Store

QUICK = Recipe.adam(0.01, steps=60, batch_size=50)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.db") as made:
        yield made


@pytest.fixture(scope="module")
def trained(small_data):
    return genlab.train(MLP(hidden=(10,)), small_data.without_test(), QUICK)


class Fixed:
    """Says what it was given, of as many examples as it is asked for."""

    def __init__(self, labels, probabilities=None):
        self.labels, self.probabilities, self.asked = np.asarray(labels), probabilities, []
        if probabilities is not None:
            self.predict_proba = lambda x: np.resize(probabilities, (len(x), *probabilities.shape))

    def predict(self, x):
        self.asked.append(len(x))
        return np.resize(self.labels, len(x))


def small(x_test=None, y_test=(0, 1, 1, 2), **changed):
    x_test = np.arange(8.0).reshape(4, 2) if x_test is None else x_test
    parts = {"x_train": np.ones((3, 2)), "y_train": [0, 1, 2]} | changed
    return Dataset(parts["x_train"], parts["y_train"], x_test, list(y_test), n_classes=3)


# What it is


def test_what_may_be_looked_at_has_no_test_examples(small_data, store):
    development, sealed = seal(small_data, store)
    assert development.n_test == 0
    assert np.array_equal(development.x_train, small_data.x_train)
    assert (sealed.n, sealed.openings) == (100, ())
    run = genlab.train(MLP(hidden=(3,)), development, Recipe.adam(steps=2))
    assert np.isnan(run.test_error).all()


def test_there_is_no_public_way_to_the_examples(small_data, store):
    _, sealed = seal(small_data, store)
    public = {name for name in dir(sealed) if not name.startswith("_")}
    assert public == {"fingerprint", "n", "open", "openings", "reopen"}
    assert repr(sealed) == f"SealedTestSet({sealed.fingerprint[:12]}, 100 examples: not opened)"
    assert "not opened" in sealed._repr_html_()
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            take(sealed)


def test_the_fingerprint_is_the_examples_own(store):
    """By a second implementation; remakes that change nothing of the examples change nothing."""

    def fingerprint(data):
        return seal(data, store)[1].fingerprint

    x, y = np.array([[0.5, 1.0], [2.0, -0.0], [2.0, 0.0], [0.5, 1.0]]), [0, 1, 1, 2]
    bits = [np.array(row, "<f8").tobytes() for row in ([0.5, 1], [2, 0], [2, 0], [0.5, 1])]
    each = sorted(
        hashlib.sha256(inputs + label.to_bytes(8, "little")).digest()
        for inputs, label in zip(bits, y, strict=True)
    )
    expected = hashlib.sha256(b"genlab sealed test set 4" + b"".join(each)).hexdigest()
    assert fingerprint(small(x, y)) == expected
    order = [3, 1, 0, 2]
    assert fingerprint(small(x[order], np.array(y)[order])) == expected
    assert fingerprint(small(x.astype(np.float32), y)) == expected
    assert fingerprint(small(x, y, x_train=np.zeros((5, 2)), y_train=[0] * 5)) == expected
    assert fingerprint(Dataset(np.ones((1, 2)), [0], x, y, n_classes=9)) == expected
    images = Dataset(np.ones((1, 2, 1)), [0], x.reshape(4, 2, 1), y)
    assert fingerprint(images) == expected
    others = [
        small(x, [0, 1, 2, 2]),
        small(x[:3], y[:3]),
        small(x[[0, 1, 1, 2, 3]], [0, 1, 1, 1, 2]),
    ]
    others.append(small(x + np.eye(4, 2) * 1e-6, y))
    assert len({expected, *map(fingerprint, others)}) == 5


def hash_of(inputs, labels):
    """The fingerprint of inputs that are written as they are, by a second implementation."""
    each = sorted(
        hashlib.sha256(struct.pack(f"<{len(row)}dq", *row, label)).digest()
        for row, label in zip(inputs, labels, strict=True)
    )
    head = f"genlab sealed test set {len(each)}".encode()
    return hashlib.sha256(head + b"".join(each)).hexdigest()


def in_single(values):
    """Numbers to the nearest float32 and back, by the C library."""
    return [struct.unpack("<f", struct.pack("<f", value))[0] for value in values]


X = np.random.default_rng(3).normal(size=(12, 2)) * [0.1, 1e4]
Y = np.arange(12) % 3


def test_inputs_are_the_same_where_float32_says_so(store):
    """None of these numbers is one that float32 holds exactly."""
    assert (X.astype(np.float32) != X).all()

    def fingerprint(x):
        return seal(small(x, Y), store)[1].fingerprint

    expected = hash_of([in_single(row) for row in X], Y)
    single = X.astype(np.float32)
    for same in (X, single, single.astype(float), X.astype(np.longdouble), X * (1 + 2e-16)):
        assert fingerprint(same) == expected
    up = np.nextafter(single, np.float32(np.inf))
    one = np.where(np.arange(24).reshape(12, 2) == 5, up, single)
    written = [[float(f"{value:.6g}") for value in row] for row in X]
    others = [up, one, X * (1 + 1e-6), X.astype(np.float16), np.array(written), X[:, ::-1], X * 2]
    assert len({expected, *map(fingerprint, others)}) == 8
    # Beyond float32's largest number there is no data set.
    with pytest.raises(ValueError, match=r"`x_test` must hold values within ±3.4e\+38"):
        small(X * 1e200, Y)
    # Below its smallest they are 0, as they become in float32.
    assert fingerprint(X * 1e-200) == fingerprint(np.zeros((12, 2)))


@pytest.mark.parametrize("first", [np.float64, np.float32])
def test_another_kind_of_float_does_not_close_it_again(store, first):
    second = np.float32 if first is np.float64 else np.float64
    seal(small(X.astype(first), Y), store)[1].open(Fixed([0]), reason="to see")
    _, again = seal(small(X.astype(second), Y), store)
    with pytest.raises(SealedError, match=r'was opened .*, for "to see": error .*, opened once; '):
        again.open(Fixed([0]), reason="as another float")
    assert again.reopen(Fixed([0]), reason="as another float").n_openings == 2
    assert [opening.number for opening in sealed_openings(store)] == [1, 2]


def test_openings_of_earlier_versions_are_known(store):
    """They hashed float64 as it is; counted together, also by a copy that they did not know."""
    former = {"n": 12, "model": "m", "by": {"hash": "h"}, "reason": "long ago"}
    openings = Openings(store)
    openings.finish(openings.claim(hash_of(X, Y), **former), {"n_wrong": 8, "loss": None})
    _, sealed = seal(small(X, Y), store)
    assert [opening.reason for opening in sealed.openings] == ["long ago"]
    with pytest.raises(SealedError, match=r'was opened .* by m, for "long ago": error 66\.7 '):
        sealed.open(Fixed([0]), reason="to see")
    again = sealed.reopen(Fixed([0]), reason="again")
    assert (again.number, again.n_openings, again.n_wrong) == (2, 2, 8)
    _, copied = seal(small(X.astype(np.float32), Y), store)
    third = copied.reopen(Fixed([0]), reason="a copy")
    assert (third.number, third.n_openings, third.confidence) == (3, 3, 1 - 0.05 / 3)
    everything = sealed_openings(store)
    assert [o.reason for o in everything] == ["long ago", "again", "a copy"]
    assert [o.number for o in everything] == [1, 2, 3]
    assert {(o.fingerprint, o.n_openings) for o in everything} == {(sealed.fingerprint, 3)}
    assert [o.sentence for o in sealed.openings] == [o.sentence for o in copied.openings]
    assert [sorted(o.by) for o in everything] == [["hash"], *[["hash", "spec", "type"]] * 2]


def test_a_copy_that_was_opened_before_the_openings_of_an_earlier_version_were_found(store):
    """Both were numbered 1: together they are two openings, and a third has a number of its own."""
    former = {"n": 12, "model": "m", "by": {}, "reason": "long ago"}
    Openings(store).claim(hash_of(X, Y), **former)
    seal(small(X.astype(np.float32), Y), store)[1].open(Fixed([0]), reason="a copy")
    _, sealed = seal(small(X, Y), store)
    assert [(o.number, o.n_openings) for o in sealed.openings] == [(1, 2), (2, 2)]
    assert sealed.reopen(Fixed([0]), reason="again").number == 3
    assert [o.number for o in sealed_openings(store)] == [1, 2, 3]


# Opening


def test_it_opens_once(small_data, tmp_path):
    """Not even another object, another order, another process's data: the content is known."""
    place = tmp_path / "s.db"
    development, sealed = seal(small_data, place)
    model = LogisticRegression(max_iter=300).fit(development.x_train, development.y_train)
    opening = sealed.open(model, reason="  to see\nwhether ")
    assert opening.reason == "to see whether"
    n_wrong = int((model.predict(small_data.x_test) != small_data.y_test).sum())
    assert (opening.n_wrong, opening.n, opening.number, opening.n_openings) == (n_wrong, 100, 1, 1)
    reordered = small_data.subset(test=np.arange(100)[::-1])
    for data in (small_data, reordered, small_data.subset(train=50)):
        again = seal(data, f"sqlite:///{place}")[1]
        quoted = (
            rf"the test set {sealed.fingerprint[:12]} of 100 examples was opened on 20..-..-.. "
            rf"..:..:.. UTC by LogisticRegression\(max_iter=300\) \(sha1 .{{12}}\), for \"to see "
            rf"whether\": error {n_wrong}\.0 \[.*\]% on 100 examples, opened once; `reopen`"
        )
        with pytest.raises(SealedError, match=quoted):
            again.open(model, reason="once more")
    assert len(sealed.openings) == 1


OPEN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import genlab.sealing, sklearn.utils, sqlalchemy.dialects.sqlite  # once for all processes
from forked import run_together
class Model:
    def predict(self, x):
        if len(x) == 100:
            print("asked")
        return [0] * len(x)
data = genlab.datasets.make_mnist1d(n_samples=500)
def attempt():
    for _ in range(12):
        try:
            genlab.seal(data, sys.argv[1])[1].open(Model(), reason="to see")
            print("opened")
        except genlab.SealedError as error:
            assert "was opened on" in str(error), error
run_together(4, attempt)
"""


def test_many_attempts_of_processes_open_once(tmp_path):
    command = [sys.executable, "-c", OPEN, str(tmp_path / "s.db"), str(Path(__file__).parents[1])]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=300, check=True, text=True)
    assert done.stdout.split() == ["asked", "opened"]


def test_no_connection_is_kept_that_a_forked_process_would_share(small_data, tmp_path):
    _, sealed = seal(small_data, tmp_path / "s.db")
    sealed.open(Fixed([0]), reason="to see")
    assert repr(sealed).endswith("opened once)")
    assert sealed._store._database.engine.pool.checkedin() == 0


def test_where_the_store_is_stays_when_the_folder_changes(small_data, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    _, sealed = seal(small_data, "s.db")
    monkeypatch.chdir(tmp_path / "elsewhere")
    sealed.open(Fixed([0]), reason="to see")
    assert not (tmp_path / "elsewhere" / "s.db").exists()
    assert len(seal(small_data, tmp_path / "s.db")[1].openings) == 1


# What is evaluated


def test_every_kind_of_genlab_model_is_asked_alike(small_data, trained, store, tmp_path):
    """Against the module itself, its softmax and cross-entropy written out in float64."""
    saved = genlab.save_model(tmp_path / "model", trained, small_data.without_test())
    logits = np.array([trained.modules[0](x) for x in small_data.x_test.astype(np.float32)], float)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(100), small_data.y_test]
    _, sealed = seal(small_data, store)
    first = sealed.open(trained, reason="history")
    openings = [first, *(sealed.reopen(m, reason="again") for m in (saved, trained.modules[0]))]
    hashes = {opening.by["hash"] for opening in openings}
    written = json.loads((tmp_path / "model" / "model.json").read_text())["weights_sha256"]
    assert hashes == {f"sha256:{written}"}
    for opening in openings:
        assert opening.n_wrong == (logits.argmax(axis=1) != small_data.y_test).sum()
        np.testing.assert_allclose(opening.loss, losses.mean(), rtol=1e-5)
    assert "MLP(hidden=(10,)" in first.model
    assert "trained on development of mnist1d, seed 0 (sha256 " in first.model


def test_a_model_of_the_squared_loss(small_data, store):
    development, sealed = seal(small_data, store)
    recipe = Recipe.adam(0.01, steps=200, batch_size=50, loss="squared")
    run = genlab.train(MLP(hidden=(10,)), development, recipe)
    outputs = np.array([run.modules[0](x) for x in small_data.x_test.astype(np.float32)], float)
    opening = sealed.open(run, reason="to see")
    assert opening.n_wrong == (outputs.argmax(axis=1) != small_data.y_test).sum()
    shares = np.maximum(outputs, 0)
    n_impossible = int((shares[np.arange(100), small_data.y_test] == 0).sum())
    assert n_impossible > 0
    assert opening.loss == np.inf
    assert f"gave the classes of {n_impossible} examples the probability 0" in opening.notes[0]


def test_estimators(store):
    """Of images too, with classes that were never seen, and without probabilities."""
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(90, 3, 2)), np.arange(90) % 3
    x[:, 0, 0] += y
    data = Dataset(x[:60][y[:60] != 1], y[:60][y[:60] != 1], x[60:], y[60:])
    development, sealed = seal(data, store)
    flat = development.x_train.reshape(40, 6)
    model = LogisticRegression().fit(flat, development.y_train)
    opening = sealed.open(model, reason="flat")
    assert opening.n_wrong == (model.predict(data.x_test.reshape(30, 6)) != data.y_test).sum()
    assert opening.loss == np.inf  # class 1 was not among the training labels
    assert opening.by["spec"]["C"] == "1.0"
    blunt = sealed.reopen(Perceptron().fit(flat, development.y_train), reason="labels")
    assert blunt.loss is None
    assert "The model gives no probabilities, so there is no loss." in blunt.notes
    forest = RandomForestClassifier(5, random_state=0).fit(flat, development.y_train)
    twin = RandomForestClassifier(5, random_state=0).fit(flat, development.y_train)
    other = RandomForestClassifier(5, random_state=1).fit(flat, development.y_train)
    words = [sealed.reopen(m, reason="trees").by["hash"] for m in (forest, twin, other)]
    assert words[0] == words[1] != words[2]


SIX = np.arange(6.0).reshape(3, 2)
NOT_MODELS = [
    (MLP(hidden=(3,)), TypeError, r"must be trained: .*; got MLP"),
    (LogisticRegression, TypeError, r"must be trained: .*; got sklearn"),
    (LogisticRegression(), ValueError, "is not fitted yet"),
    (Ridge().fit(SIX, [0, 1, 2]), ValueError, "`model` must be a classifier .*got Ridge, a regr"),
    (KMeans(3, n_init=1).fit(SIX), ValueError, "`model` must be a .*got KMeans, a clusterer"),
    (make_pipeline(PCA(1)).fit(SIX), TypeError, "must be a SavedModel, .*; got Pipeline"),
    (42, TypeError, "must be a SavedModel, .*; got 42"),
    (Fixed([0, 3]), ValueError, "labels from 0 to 2, got 3"),
    (Fixed([-1]), ValueError, "labels from 0 to 2, got -1"),
    (Fixed([0.5]), TypeError, "whole numbers, got values of type float64"),
    (Fixed(["a"]), TypeError, "whole numbers, got values of type <U1"),
    (Fixed([0], np.array([np.nan, 1, 0])), ValueError, "from 0 to 1, got 3 below 0 or NaN"),
    (Fixed([0], np.array([-0.5, 1, 0.5])), ValueError, "from 0 to 1, got 3 below 0 or NaN"),
    (Fixed([0], np.array([0.5, 1, 0.5])), ValueError, "that sum to 1, got a sum of 2"),
    (Fixed([0], np.array([0.5, 0.5])), ValueError, r"shape \(3, 3\), got \(3, 2\)"),
]


@pytest.mark.parametrize(("model", "kind", "message"), NOT_MODELS)
def test_what_is_no_model_opens_nothing(store, model, kind, message):
    _, sealed = seal(small(), store)
    with pytest.raises(kind, match=message) as told:
        sealed.open(model, reason="to see")
    assert "the test set was not opened" in told.value.__notes__[0]
    assert sealed.openings == ()


def test_models_of_other_data_open_nothing(small_data, trained, store):
    _, sealed = seal(small(), store)
    with pytest.raises(ValueError, match=r"shape \(2,\) and have 3 classes"):
        sealed.open(genlab.training.SavedModel(**saved_fields(trained)), reason="to see")
    with pytest.raises((TypeError, ValueError)):
        sealed.open(trained.modules[0], reason="to see")
    two = genlab.train(MLP(hidden=(3,)), small_data, Recipe.adam(steps=1), (0, 1))
    with pytest.raises(ValueError, match="a History of one seed, got 2; give one of its"):
        sealed.open(two, reason="to see")
    count = Fixed([0])
    count.predict = lambda x: [0]
    with pytest.raises(ValueError, match=r"one label per example, 3 in all, got shape \(1,\)"):
        sealed.open(count, reason="to see")
    assert sealed.openings == ()


def saved_fields(run):
    return {
        "model": run.model,
        "module": run.modules[0],
        "input_shape": (40,),
        "n_outputs": 10,
        "data": run.data,
        "recipe": run.recipe,
        "seed": 0,
    }


@pytest.mark.parametrize("reason", ["", " \n", "a\0b", "\x1b[2J"])
def test_an_empty_reason(store, reason):
    _, sealed = seal(small(), store)
    for way in (sealed.open, sealed.reopen):
        with pytest.raises(ValueError, match="`reason` must be a line that says why"):
            way(Fixed([0]), reason=reason)
    with pytest.raises(TypeError, match="`reason` must be a text, got None"):
        sealed.open(Fixed([0]), reason=None)


def test_an_evaluation_that_fails_has_opened_it(store):
    class Fails(Fixed):
        def predict(self, x):
            if len(x) == 4:  # the test examples; there are three to train on
                raise RuntimeError("out of memory")
            return super().predict(x)

    _, sealed = seal(small(), store)
    with pytest.raises(SealedError, match=r"has no result, for its .* \(RuntimeError: out of mem"):
        sealed.open(Fails([0]), reason="to see")
    (opening,) = sealed.openings
    assert (opening.n_wrong, opening.error, opening.loss) == (None, None, None)
    assert np.isnan([opening.wilson.low, opening.exact.high, opening.loss_interval.mean]).all()
    assert opening.sentence == "no result on 4 examples, opened once"
    assert "left no result" in opening.notes[0]
    with pytest.raises(SealedError, match=r'for "to see": no result on 4 examples, opened once'):
        sealed.open(Fixed([0]), reason="again")
    assert sealed.reopen(Fixed([1]), reason="it failed").n_wrong == 2
    assert all(row["value"] is None for row in sealed.openings[0].rows())


def test_reopening_needs_an_opening(store):
    _, sealed = seal(small(), store)
    with pytest.raises(SealedError, match="was never opened: `open` comes first"):
        sealed.reopen(Fixed([0]), reason="to see")


def test_what_cannot_be_sealed(tmp_path, small_data):
    with pytest.raises(TypeError, match="`data` must be a Dataset, got int"):
        seal(3)
    with pytest.raises(ValueError, match="must have test examples to seal, got Dataset"):
        seal(small_data.without_test())
    with pytest.raises(ValueError, match=r"in memory forgets what was opened; got sqlite://"):
        seal(small_data, "sqlite://")
    with pytest.raises(StoreError, match="is a folder"):
        seal(small_data, tmp_path)


def test_a_store_that_is_gone_is_told(small_data, tmp_path):
    place = tmp_path / "there" / "s.db"
    with Store(place) as store:
        store.make()
    _, sealed = seal(small_data, place)
    for path in place.parent.iterdir():
        path.unlink()
    place.parent.rmdir()
    asked = Fixed([0])
    with pytest.raises(StoreError, match="unable to open database file"):
        sealed.open(asked, reason="to see")
    assert asked.asked == []
    assert "unable to open" in repr(sealed)
    assert not place.parent.exists()  # nor is an empty one made in its place


def test_its_store_is_made_with_the_first_opening(small_data, tmp_path):
    place = tmp_path / "there" / "s.db"
    _, sealed = seal(small_data, place)
    assert (sealed.openings, list(tmp_path.iterdir())) == ((), [])
    sealed.open(Fixed(np.zeros(100, int)), reason="to see")
    assert place.is_file()
    assert [opening.reason for opening in seal(small_data, place)[1].openings] == ["to see"]
