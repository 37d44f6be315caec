"""A search over estimators, and a sealed test set, on sparse inputs that never become dense."""

import jax
import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.svm import SVC, LinearSVC

import genlab
from genlab import SealedError
from genlab.datasets import Dataset
from genlab.models import MLP
from genlab.selection import Search, Space, run_search, select
from genlab.sweep import Store
from genlab.training import SavedModel

STREAM = np.random.default_rng(0)
DENSE = STREAM.poisson(0.3, (150, 30)).astype(float)
Y = (DENSE[:, :3].sum(axis=1) > 0.5).astype(int)


@pytest.fixture(autouse=True)
def never_dense(monkeypatch):
    """Raises where a matrix of all 30 inputs is made dense."""
    for kind in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        for base in kind.__mro__:
            for name in ("toarray", "todense"):
                if name in vars(base):
                    monkeypatch.setattr(base, name, _refusing(vars(base)[name]))


def _refusing(made_dense):
    def refuse(self, *args, **kwargs):
        is_thin = len(self.shape) < 2 or 1 in self.shape or self.shape[-1] < 30
        assert is_thin, f"a matrix of shape {self.shape} was made dense"
        return made_dense(self, *args, **kwargs)

    return refuse


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


def data(kind=sparse.csr_array):
    return Dataset(kind(DENSE[:120]), Y[:120], kind(DENSE[120:]), Y[120:])


class Strict(KNeighborsClassifier):
    """As strict as CatBoost: no `csr_array`, and nothing that is read-only."""

    def fit(self, x, y):
        self._check(x)
        return super().fit(x, y)

    def predict(self, x):
        self._check(x)
        return super().predict(x)

    def _check(self, x):
        assert isinstance(x, sparse.csr_matrix)
        assert x.indices.dtype == np.int32
        assert x.data.flags.writeable


ESTIMATORS = {
    "logistic": (LogisticRegression(max_iter=500), {"C": [0.01, 1.0]}),
    "liblinear": (LogisticRegression(solver="liblinear"), {"C": [0.01, 1.0]}),
    "saga": (
        LogisticRegression(solver="saga", max_iter=20, tol=1, random_state=0),
        {"C": [0.01, 1.0]},
    ),
    "sgd": (SGDClassifier(random_state=0), {"alpha": [1e-4, 1e-2]}),
    "linear svc": (make_pipeline(MaxAbsScaler(), LinearSVC()), {"linearsvc__C": [0.01, 1.0]}),
    "svc": (SVC(kernel="linear"), {"C": [0.01, 1.0]}),
    "bayes": (MultinomialNB(), {"alpha": [0.1, 10.0]}),
    "neighbours": (KNeighborsClassifier(), {"n_neighbors": [1, 20]}),
    "forest": (RandomForestClassifier(5, random_state=0), {"max_depth": [1, 4]}),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_search_is_the_library_s_on_the_same_matrix(name, store):
    estimator, parameters = ESTIMATORS[name]
    whole = data()
    cv = KFold(3, shuffle=True, random_state=0)
    theirs = GridSearchCV(estimator, parameters, cv=cv).fit(whole.x_train, whole.y_train)
    space = Space(estimator=estimator, parameters=parameters)
    found = select(space, whole, sampler="grid", cv=cv, store=store)
    assert found.parameters == theirs.best_params_
    scores = {
        repr(tried): score
        for tried, score in zip(
            theirs.cv_results_["params"], theirs.cv_results_["mean_test_score"], strict=True
        )
    }
    for trial in found.trials:
        error = float(trial.validation_error.mean)
        assert 1 - error == pytest.approx(scores[repr(trial.parameters)])
    ours = found.predict(whole.x_test)
    np.testing.assert_array_equal(ours, theirs.best_estimator_.predict(whole.x_test))


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_a_whole_search_with_a_sealed_test_set(kind, store):
    space = Space(estimator=Strict(), parameters={"n_neighbors": [1, 9]})
    result = run_search(Search(space, sampler="grid"), data(kind), store, reason="to see")
    opening = result.selection.opening
    model = result.selection.model
    assert opening.n_wrong == np.count_nonzero(
        result.selection.predict(data(kind).x_test) != Y[120:]
    )
    assert opening.loss is not None
    assert result.refused is None
    # The same content, in another order and kept another way, stays opened.
    order = np.random.default_rng(1).permutation(30)
    again = Dataset(
        sparse.csr_matrix(DENSE[:120]),
        Y[:120],
        sparse.csr_matrix(DENSE[120:] * (1 + 1e-9))[order],
        Y[120:][order],
    )
    sealed = genlab.seal(again, store)[1]
    assert sealed.fingerprint == opening.fingerprint
    with pytest.raises(SealedError, match="was opened on"):
        sealed.open(model, reason="again")
    other = genlab.seal(Dataset(DENSE[:120], Y[:120], DENSE[120:], Y[120:]), store)[1]
    assert other.fingerprint != opening.fingerprint


@pytest.mark.parametrize("scoring", ["log_loss", "auc"])
def test_a_score_of_probabilities_is_the_library_s(scoring, store):
    estimator, parameters = LogisticRegression(max_iter=500), {"C": [0.01, 1.0]}
    space = Space(estimator=estimator, parameters=parameters)
    cv = KFold(3, shuffle=True, random_state=0)
    found = select(space, data(), sampler="grid", cv=cv, scoring=scoring, store=store)
    name = {"log_loss": "neg_log_loss", "auc": "roc_auc"}[scoring]
    theirs = GridSearchCV(estimator, parameters, cv=cv, scoring=name)
    theirs.fit(data().x_train, data().y_train)
    assert found.parameters == theirs.best_params_


def test_a_whole_search_of_a_regression(store):
    y = DENSE @ np.arange(30.0) + np.sin(np.arange(150))
    whole = Dataset(
        *(sparse.csr_array(DENSE[:120]), y[:120], sparse.csr_array(DENSE[120:]), y[120:]),
        task="regression",
    )
    space = Space(estimator=Ridge(), parameters={"alpha": [0.1, 1e4]})
    result = run_search(Search(space, sampler="grid"), whole, store, reason="to see")
    assert result.selection.parameters == {"alpha": 0.1}
    assert result.selection.opening.n == 30
    theirs = Ridge(alpha=0.1).fit(whole.x_train, whole.y_train)
    ours = result.selection.predict(whole.x_test)
    np.testing.assert_allclose(ours, theirs.predict(whole.x_test), rtol=1e-10)


def test_a_network_of_dense_inputs_does_not_open_it(store):
    model, whole = MLP(hidden=(2,)), data()
    module = model.build((30,), 2, jax.random.key(0))
    saved = SavedModel.of_data(whole, model, module, genlab.Recipe.sgd(0.1, steps=1), 0)
    sealed = genlab.seal(whole, store)[1]
    for network in (saved, module):
        with pytest.raises(ValueError, match="`x` must be a dense array, got a sparse csr_array"):
            sealed.open(network, reason="to see")
    assert sealed.openings == ()
