"""Sparse inputs stay sparse: nothing here may call what makes a matrix dense."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_classification

import genlab
from genlab import DataWarning
from genlab.datasets import Dataset, load_table, open_content, write_content
from genlab.models import MLP
from genlab.training import Recipe, check_fit

KINDS = {
    name: getattr(sparse, name)
    for name in ("csr_array", "csr_matrix", "csc_array", "coo_matrix", "lil_array")
}
DATA = np.random.default_rng(0)
DENSE = DATA.poisson(0.4, (60, 12)) * DATA.normal(size=(60, 12))
Y = np.arange(60) % 3


@pytest.fixture
def never_dense(monkeypatch):
    """Raises where a sparse matrix is made dense."""

    def refuse(self, *args, **kwargs):
        raise AssertionError(f"a {type(self).__name__} of shape {self.shape} was made dense")

    for kind in {base for made in KINDS.values() for base in made.__mro__}:
        for name in ("toarray", "todense", "__array__"):
            if name in vars(kind):
                monkeypatch.setattr(kind, name, refuse)


def sparse_data(kind=sparse.csr_array, **fields):
    return Dataset(kind(DENSE[:45]), Y[:45], kind(DENSE[45:]), Y[45:], **fields)


@pytest.mark.parametrize("kind", KINDS)
def test_a_data_set_keeps_rows_of_what_is_not_0(kind, never_dense):
    data = sparse_data(KINDS[kind])
    assert data.x_train.format == data.x_test.format == "csr"
    assert isinstance(data.x_train, sparse.sparray) == issubclass(KINDS[kind], sparse.sparray)
    assert (data.n_train, data.n_test, data.input_shape, data.n_classes) == (45, 15, (12,), 3)
    np.testing.assert_array_equal(data.x_train.data, DENSE[:45][DENSE[:45] != 0])
    assert repr(data).endswith("test examples of shape (12,), sparse, 3 classes)")
    with pytest.raises(ValueError, match="read-only"):
        data.x_train.data[0] = 3.0


def test_equal_content_has_an_equal_fingerprint(never_dense):
    """In another order, in parts that add up, with zeros that are stored, with wider indices."""
    data = sparse_data()
    rows, columns = np.nonzero(DENSE[:45])
    values = DENSE[rows, columns]
    order = np.random.default_rng(1).permutation(len(rows))
    twice = np.r_[order, order[:7]]
    halved = values[twice] / np.where(np.isin(twice, order[:7]), 2, 1)
    others = {
        "order": sparse.coo_matrix((values[order], (rows[order], columns[order])), (45, 12)),
        "twice": sparse.coo_array((halved, (rows[twice], columns[twice])), (45, 12)),
        "zeros": sparse.coo_array(
            (np.r_[values, 0.0, -0.0], (np.r_[rows, 3, 4], np.r_[columns, 0, 1])), (45, 12)
        ),
    }
    wide = sparse.csr_array(DENSE[:45])
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    for x in (*others.values(), wide):
        given = x.copy()
        same = Dataset(x, Y[:45], sparse.csr_array(DENSE[45:]), Y[45:])
        assert same.fingerprint == data.fingerprint
        assert same.x_train.indices.dtype == same.subset(train=9).x_train.indptr.dtype == np.int32
        assert (given.tocoo().data == x.tocoo().data).all()  # what was given is as it was
    changed = sparse.csr_array(DENSE[:45])
    changed.data[0] += 1e-12
    other = Dataset(changed, Y[:45], sparse.csr_array(DENSE[45:]), Y[45:])
    assert other.fingerprint != data.fingerprint
    dense = Dataset(DENSE[:45], Y[:45], DENSE[45:], Y[45:])
    assert dense.fingerprint != data.fingerprint
    float32 = Dataset(changed.astype(np.float32), Y[:45], DENSE[45:], Y[45:])
    assert float32.x_train.dtype == np.float32
    assert float32.x_test.format == "csr"  # a dense test set becomes sparse as the other


def test_every_division_is_that_of_the_dense_arrays():
    groups = np.repeat(np.arange(9), 5)
    thin = sparse_data(groups=groups)
    whole = Dataset(DENSE[:45], Y[:45], DENSE[45:], Y[45:], groups=groups)
    rows = np.array([3, 1, 40])
    pairs = [
        (thin.subset(train=7, test=[2, 0]), whole.subset(train=7, test=[2, 0])),
        (thin.subset(train=Y[:45] == 1), whole.subset(train=Y[:45] == 1)),
        (thin.divided(rows, rows + 1), whole.divided(rows, rows + 1)),
        (thin.without_test(), whole.without_test()),
        (pickle.loads(pickle.dumps(thin)), whole),
    ]
    for one, other in pairs:
        np.testing.assert_array_equal(one.x_train.toarray(), other.x_train)
        np.testing.assert_array_equal(one.x_test.toarray(), other.x_test)
        np.testing.assert_array_equal(one.y_train, other.y_train)
        np.testing.assert_array_equal(one.groups, other.groups)
    for one, other in zip(thin.split(0.3), whole.split(0.3), strict=True):
        np.testing.assert_array_equal(one.x.toarray(), other.x)
        np.testing.assert_array_equal(one.y, other.y)
    frame = thin.to_frame()
    assert str(frame.dtypes["x0"]).startswith("Sparse")
    np.testing.assert_array_equal(frame.to_numpy(), whole.to_frame().to_numpy())


def test_copies_are_counted(never_dense):
    x = sparse.csr_array(DENSE)
    near = x[:3].copy()
    near.data *= 1 + 1e-9  # the same in float32
    data = Dataset(x, Y, sparse.vstack([near, 2 * x[3:5]]), [0, 1, 2, 0, 1])
    with pytest.warns(DataWarning, match="3 of 5 test examples have the same inputs"):
        genlab.datasets.warn_of_copies(data)


def test_another_process_reads_it(tmp_path):
    data = sparse_data(columns=[f"word {i}" for i in range(12)])
    write_content(data, tmp_path / "data")
    read = open_content(tmp_path / "data", data.fingerprint)
    np.testing.assert_array_equal(read.x_train.toarray(), DENSE[:45])
    assert (read.columns, read.n_test) == (data.columns, 15)


UNFIT = {
    "missing": (lambda x: x * np.nan, r"`x_train` must be finite, got \d+ values that are not"),
    "large": (lambda x: x * 1e300, "`x_train` must hold values within"),
    "complex": (lambda x: x * 1j, "`x_train` must hold numbers, got values of type complex128"),
    "one row": (lambda x: sparse.coo_array(np.arange(12.0)), r"\(examples, inputs\), got \(12,\)"),
    "no row": (lambda x: x[:0], r"with at least one example and one input, got \(0, 12\)"),
    "lengths": (lambda x: x[:5], r"`y_train` must have shape \(5,\)"),
    "shapes": (lambda x: x[:, :5], r"`x_test` must have examples of the shape \(5,\)"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_cannot_be_inputs_is_refused_in_one_sentence(case, never_dense):
    change, words = UNFIT[case]
    x = sparse.csr_array(DENSE)
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=words):
        Dataset(change(x), Y, x, Y)


def test_genlab_s_own_models_are_refused_before_any_work(never_dense):
    data, recipe = sparse_data(), Recipe.adam(steps=10)
    words = r"must have dense inputs for genlab's own models, got sparse ones of shape \(\d+, 12"
    with pytest.raises(ValueError, match=words):
        genlab.train(MLP(hidden=(3,)), data, recipe)
    with pytest.raises(ValueError, match=words):
        check_fit(MLP(hidden=(3,)), data, recipe)
    with pytest.raises(ValueError, match=words):
        genlab.capacity_curve(lambda h: MLP(hidden=(h,)), [2], data, recipe)
    with pytest.raises(ValueError, match=words):
        genlab.select(genlab.selection.Space(parameters={"steps": [10, 20]}), data)


def test_a_pair_of_sparse_inputs_and_words_is_a_table(never_dense):
    words = np.array(["no", "yes", "perhaps"])[Y]
    data = load_table((sparse.csr_matrix(DENSE), words), groups=np.arange(60) // 4)
    dense = load_table((DENSE, words), groups=np.arange(60) // 4)
    np.testing.assert_array_equal(data.y_train, dense.y_train)
    np.testing.assert_array_equal(data.groups, dense.groups)
    assert (data.classes, data.target, data.encoder) == (dense.classes, "y", None)
    assert data.x_train.format == "csr"
    numbers = load_table((sparse.csr_matrix(DENSE), Y + 0.5), test=0)
    assert (numbers.task, numbers.n_test) == ("regression", 0)


def test_constant_and_revealing_columns_are_found_as_in_the_dense_table():
    x, y = make_classification(200, 8, n_informative=4, n_classes=3, random_state=0)
    x[np.abs(x) < 0.6] = 0.0
    x[:, 1], x[:, 2] = 0.0, 7.0
    x[:, 3] = np.where(y == 1, 0.0, y + 1.0)  # tells the class, 0 for one of them
    x[:, 4] = np.where(y == 1, 0.0, y + 1.0) * (np.arange(200) > 3)  # ... but for a few
    x[:, 5] = (y == 2) * 1.0
    with pytest.warns(DataWarning) as said:
        dense = load_table((x, y), test=0)
    with pytest.warns(DataWarning) as sparsely:
        data = load_table((sparse.csr_array(x), y), test=0)
    assert str(said[0].message).startswith(
        "The columns 'x1', 'x2' are the same in every training row"
    )
    assert [str(one.message) for one in sparsely] == [
        "The columns 'x1', 'x2' are the same in every training row; they are kept.",
        str(said[1].message),
    ]
    assert "The column 'x3' is enough to predict the target" in str(sparsely[1].message)
    assert sparsely[0].filename == sparsely[1].filename == said[1].filename == __file__
    assert len(dense.columns) == 6
    assert data.input_shape == (8,)


REFUSED = {
    "target": ({"target": "kind"}, "`target` must be None or 'y' for sparse inputs"),
    "test": ({"test": "part"}, "`test` must be a fraction of the rows for sparse inputs"),
    "groups": ({"groups": "who"}, "`groups` must be one group per row for sparse inputs"),
    "drop": ({"drop": "x1"}, "`drop` must be empty for sparse inputs, whose columns have no names"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_needs_names_of_columns_is_refused(case):
    given, words = REFUSED[case]
    with pytest.raises(ValueError, match=words):
        load_table((sparse.csr_array(DENSE), Y), **given)
    with pytest.raises(ValueError, match="must have one value of y for each of 60 rows, got 59"):
        load_table((sparse.csr_array(DENSE), Y[1:]))
