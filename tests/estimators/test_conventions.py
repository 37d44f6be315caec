"""scikit-learn's own checks on every estimator."""

from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from genlab import estimators
from genlab.estimators._network import NetworkClassifier


@pytest.fixture(autouse=True)
def _rows_of_one_number(monkeypatch):
    """Most checks have at most 512 rows: filled up to these they share a program."""
    monkeypatch.setattr("genlab.estimators._rows._STEP", 512)


FEW = {"learning_rate": 0.05, "steps": 60}
SMALL = (
    estimators.CNNClassifier((4,), kernels=(3,), **FEW),
    estimators.GRUClassifier(2, **FEW),
    estimators.HingeRegressor(),
    estimators.LogisticClassifier(**FEW),
    estimators.MLPClassifier((8,), **FEW),
    estimators.MLPRegressor((8,), **FEW),
    estimators.RandomFeaturesRegressor(20),
)

#: Checks of what `NetworkClassifier` alone does: its rows, weights and labels. Each compiles
#: programs of other shapes, so one of its classes passes them for all.
CHECKED_WHOLLY = "MLPClassifier"
OF_THE_BASE = {
    "check_estimators_dtypes",
    "check_sample_weights_pandas_series",
    "check_sample_weight_equivalence_on_dense_data",
    "check_dtype_object",
    "check_pipeline_consistency",
    "check_classifiers_one_label",
    "check_classifiers_one_label_sample_weights",
    "check_n_features_in_after_fitting",
    "check_fit2d_1sample",
}


def test_every_estimator_is_checked():
    assert [type(estimator).__name__ for estimator in SMALL] == estimators.__all__


@pytest.mark.parametrize("estimator", SMALL, ids=lambda estimator: type(estimator).__name__)
def test_the_checks_pass(estimator):
    """The one check that is left out needs SciPy to have been imported with its switch on."""
    elsewhere, left_out = set(), {}
    if isinstance(estimator, NetworkClassifier) and type(estimator).__name__ != CHECKED_WHOLLY:
        elsewhere = OF_THE_BASE
    checks = list(estimator_checks_generator(estimator))
    assert len(checks) > 50
    assert elsewhere <= {check.func.__name__ for _, check in checks}
    for checked, check in checks:
        if check.func.__name__ not in elsewhere:
            try:
                check(checked)
            except SkipTest as reason:
                left_out[check.func.__name__] = str(reason)
    assert set(left_out) <= {"check_array_api_input"}
    assert all("SCIPY_ARRAY_API is not set" in reason for reason in left_out.values())


@pytest.mark.parametrize("kind", NetworkClassifier.__subclasses__(), ids=lambda kind: kind.__name__)
def test_what_is_checked_once_is_the_same_code(kind):
    """No classifier has methods of its own for what one of them is checked for."""
    assert kind.__name__ in estimators.__all__
    shared = {"fit", "partial_fit", "predict", "predict_proba"}
    assert not vars(kind).keys() & {*shared, "_learn", "_train", "_inputs", "_logits"}
