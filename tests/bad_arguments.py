"""Public functions with arguments that work, and values that no argument should be given.

A function returns, or raises a TypeError, a ValueError or a GenlabError whose sentence names a
parameter. An IndexError, a KeyError, a warning of NumPy's, or a sentence of NumPy's own is a fault.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier

import genlab
from genlab import GenlabError, measure
from genlab.datasets import (
    Dataset,
    LabelNoise,
    corrupt_labels,
    load_table,
    make_mnist1d,
    make_toy_regression,
    split_indices,
)
from genlab.measure import theory
from genlab.models import MLP

#: Values of wrong types, shapes and sizes, and what is not finite.
JUNK: dict[str, Any] = {
    "None": None,
    "text": "x",
    "bytes": b"x",
    "object": object(),
    "dict": {},
    "class": int,
    "true": True,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "0": 0,
    "-1": -1,
    "1": 1,
    "half": 0.5,
    "huge": 10**400,
    "large": 2.0**63,
    "complex": 1j,
    "empty list": [],
    "texts": ["a", "b"],
    "ragged": [[1, 2], [3]],
    "nested": [[[1.0]]],
    "empty array": np.zeros(0),
    "no columns": np.zeros((3, 0)),
    "no rows": np.zeros((0, 3)),
    "nans": np.full(30, np.nan),
    "infinite": np.full((30, 2), np.inf),
    "zeros": np.zeros((30, 2)),
    "constant": np.ones(30),
    "one": np.ones(1),
    "vast": np.full(30, 1e308),
    "tiny": np.full((30, 2), 1e-320),
    "integers": np.arange(30),
    "negative": -np.arange(30),
    "objects": np.array([None, 1, "a"], dtype=object),
    "dates": np.array(["2024-01-01"], dtype="datetime64[D]"),
    "booleans": np.array([True, False] * 15),
    "generator": (i for i in range(0)),
    "range": range(3),
}

_rng = np.random.default_rng(0)
_values = _rng.normal(size=30)
_y = np.arange(30) % 2
_p = np.linspace(0.1, 0.9, 30)
_crossed = np.random.default_rng(1).random((6, 2, 2, 3, 4))
_components = measure.variance_components(_crossed, ["data", "weights"], [0, 1, 2])
_probabilities = np.stack([1 - _p, _p], axis=1)
_fits = _rng.normal(size=(6, 30))
_votes = (_rng.random((6, 30)) < _p).astype(int)
_class_fits = np.stack([_probabilities] * 6) * 0.9 + 0.05
_wrong = (_rng.random((4, 30)) < 0.3).astype(float)
_sizes = np.array([10, 20, 40, 80])
_errors = np.array([[0.5, 0.4, 0.3, 0.25]] * 3).T + 0.01 * _rng.random((4, 3))
_table = {"a": list(range(30)), "b": ["u", "v", "w"] * 10, "y": list("pq" * 15)}
_data = Dataset(_rng.normal(size=(20, 2)), _y[:20], _rng.normal(size=(10, 2)), _y[:10])

#: Name -> a function and arguments that it takes.
CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "mean_interval": (measure.mean_interval, {"values": _values, "axis": 0, "confidence": 0.9}),
    "loss_interval": (measure.loss_interval, {"values": _values**2, "axis": 0, "confidence": 0.9}),
    "error_interval": (
        measure.error_interval,
        {"values": _p, "n": 100, "axis": 0, "confidence": 0.9},
    ),
    "percent_interval": (
        measure.percent_interval,
        {"values": 100 * _p, "n": 100, "axis": 0, "confidence": 0.9},
    ),
    "difference_interval": (
        measure.difference_interval,
        {"first": _p[:5], "second": _p[5:9], "confidence": 0.9},
    ),
    "quantile_interval": (
        measure.quantile_interval,
        {"values": _values, "quantile": 0.5, "axis": 0, "confidence": 0.9},
    ),
    "variance_interval": (
        measure.variance_interval,
        {"values": _values, "axis": 0, "confidence": 0.9, "about": 0.0},
    ),
    "deviation_interval": (
        measure.deviation_interval,
        {"values": _values, "axis": 0, "confidence": 0.9, "about": 0.0},
    ),
    "wilson_interval": (measure.wilson_interval, {"successes": 3, "n": 10, "confidence": 0.9}),
    "clopper_pearson_interval": (
        measure.clopper_pearson_interval,
        {"successes": 3, "n": 10, "confidence": 0.9},
    ),
    "proportion_difference_interval": (
        measure.proportion_difference_interval,
        {"first": 3, "n_first": 10, "second": 4, "n_second": 12, "confidence": 0.9},
    ),
    "student_interval": (
        measure.student_interval,
        {"mean": 0.5, "variance": 0.1, "n": 5, "confidence": 0.9},
    ),
    "jackknife_interval": (
        measure.jackknife_interval,
        {"estimate": 0.5, "left_out": _p, "confidence": 0.9},
    ),
    "tail_index": (measure.tail_index, {"values": _p, "share": 0.2, "confidence": 0.9}),
    "cross_validated_interval": (
        measure.cross_validated_interval,
        {"errors": _p[:5], "n_validation": 6, "n_fitted": 24, "n_examples": 30, "confidence": 0.9},
    ),
    "cross_validated_difference": (
        measure.cross_validated_difference,
        {
            "first": [_p[:6], _p[6:12]],
            "second": [_p[3:9], _p[9:15]],
            "n_fitted": 24,
            "examples": [np.arange(6), np.arange(6, 12)],
            "confidence": 0.9,
        },
    ),
    "total_effect_shares": (measure.total_effect_shares, {"values": _rng.normal(size=(3, 3, 3))}),
    "total_effect_variances": (
        measure.total_effect_variances,
        {"values": _rng.normal(size=(3, 3, 3))},
    ),
    "variance_components": (
        measure.variance_components,
        {
            "predictions": _crossed,
            "sources": ["data", "weights"],
            "truth": [0, 1, 2],
            "noise_variance": 0.5,
            "confidence": 0.9,
        },
    ),
    "ensemble_components": (
        measure.ensemble_components,
        {"components": _components, "size": 2, "over": ["weights"]},
    ),
    "ensemble_difference": (
        measure.ensemble_difference,
        {
            "members": _crossed[:, 0],
            "truth": [0, 1, 2],
            "components": _components,
            "over": ["weights"],
        },
    ),
    "trivial_error": (
        measure.trivial_error,
        {"y_train": _y, "y_test": _y, "task": "classification"},
    ),
    "trivial_error of numbers": (
        measure.trivial_error,
        {"y_train": _values, "y_test": _values[:9], "task": "regression"},
    ),
    "evaluate": (
        measure.evaluate,
        {"labels": _y, "predicted": _y, "log_probabilities": np.log(_probabilities)},
    ),
    "evaluate_regression": (
        measure.evaluate_regression,
        {"targets": _values, "predicted": _p, "confidence": 0.9},
    ),
    "evaluate_score": (
        measure.evaluate_score,
        {
            "name": "log_loss",
            "y": _y,
            "outputs": _probabilities,
            "task": "classification",
            "n_classes": 2,
            "sample_weight": np.ones(30),
            "confidence": 0.9,
        },
    ),
    "get_score": (measure.get_score, {"name": "auc", "task": "classification"}),
    "confusion_matrix": (measure.confusion_matrix, {"y": _y, "predicted": _y, "n_classes": 2}),
    "class_errors": (measure.class_errors, {"confusion": [[3, 1], [2, 4]], "confidence": 0.9}),
    "most_confused": (
        measure.most_confused,
        {"confusion": [[3, 1], [2, 4]], "n": 1, "confidence": 0.9},
    ),
    "reliability": (
        measure.reliability,
        {"probabilities": _probabilities, "y": _y, "n_bins": 5},
    ),
    "calibration_test": (
        measure.calibration_test,
        {"probabilities": _probabilities, "y": _y, "n_bins": 5, "seed": 0, "confidence": 0.9},
    ),
    "label_issues": (
        measure.label_issues,
        {"probabilities": _probabilities, "y": _y, "min_margin": 0.5, "confidence": 0.9},
    ),
    "unusual_targets": (
        measure.unusual_targets,
        {"predictions": _p, "y": _values, "false_discovery_rate": 0.05},
    ),
    "pure_error": (
        measure.pure_error,
        {"x": np.arange(30)[:, None] // 2, "y": _values, "loss": "squared", "confidence": 0.9},
    ),
    "squared_error_parts": (
        measure.squared_error_parts,
        {"predictions": _fits, "truth": _values, "noise": 0.1, "confidence": 0.9},
    ),
    "squared_loss_parts": (
        measure.squared_loss_parts,
        {
            "predictions": _fits,
            "truth": _values,
            "noise": 0.1,
            "confidence": 0.9,
            "row_intervals": False,
        },
    ),
    "absolute_error_parts": (
        measure.absolute_error_parts,
        {"predictions": _fits, "truth": _values, "confidence": 0.9},
    ),
    "zero_one_parts": (
        measure.zero_one_parts,
        {"predictions": _votes, "truth": _y, "confidence": 0.9},
    ),
    "kohavi_wolpert_parts": (
        measure.kohavi_wolpert_parts,
        {"predictions": _votes, "truth": _y, "confidence": 0.9, "row_intervals": False},
    ),
    "brier_parts": (
        measure.brier_parts,
        {"predictions": _class_fits, "truth": _y, "confidence": 0.9, "row_intervals": False},
    ),
    "cross_entropy_parts": (
        measure.cross_entropy_parts,
        {"predictions": _class_fits, "truth": _y, "confidence": 0.9},
    ),
    "fit_power_law": (
        measure.fit_power_law,
        {"n": _sizes, "values": _errors, "floor": False, "confidence": 0.9},
    ),
    "fit_forecast": (
        measure.fit_forecast,
        {"n": _sizes, "values": _errors, "at_most_1": True, "confidence": 0.9},
    ),
    "equivalent_sample_size": (
        measure.equivalent_sample_size,
        {"sizes": _sizes, "errors": _errors, "error": 0.35, "confidence": 0.9},
    ),
    "interpolation_threshold": (
        measure.interpolation_threshold,
        {"capacities": [1, 2, 3], "train_error": [[0.5], [0.1], [0.0]], "level": 0.01},
    ),
    "double_descent": (
        measure.double_descent,
        {"capacities": [1, 2, 3, 4, 5], "test_error": [[0.5, 0.4]] * 5, "threshold": 3.0},
    ),
    "peak_test": (measure.peak_test, {"values": [_p[:5], _p[3:8], _p[:5]], "confidence": 0.9}),
    "pairwise_intervals": (
        measure.pairwise_intervals,
        {"values": [_p[:5], _p[4:9]], "paired": False},
    ),
    "peak_test, paired": (
        measure.peak_test,
        {"values": [_values[:5], _values[3:8], _values[9:14]], "paired": True},
    ),
    "rise_test": (measure.rise_test, {"values": [_p[:5], _p[3:8], _p[:5]], "confidence": 0.9}),
    "highest_positions": (
        measure.highest_positions,
        {"values": [_p[:5], _p[4:9]], "paired": True},
    ),
    "optimism": (
        measure.optimism,
        {"wrong": _wrong, "n_resamples": 20, "n_splits": 5, "seed": 0, "confidence": 0.9},
    ),
    "gain_over_default": (
        measure.gain_over_default,
        {"wrong": _wrong, "chosen": 1, "default": 0, "n_splits": 5, "seed": 0},
    ),
    "ranking_uncertainty": (
        measure.ranking_uncertainty,
        {"wrong": _wrong, "n_resamples": 20, "seed": 0},
    ),
    "expected_best_of": (
        measure.expected_best_of,
        {"scores": _p, "values": _p, "m": 3},
    ),
    "binned_means": (measure.binned_means, {"x": _p, "values": _fits, "n_bins": 3}),
    "path_roughness": (
        measure.path_roughness,
        {"values": _class_fits, "norm": "euclidean"},
    ),
    "class_changes": (measure.class_changes, {"predicted": _votes}),
    "neither_fraction": (measure.neither_fraction, {"predicted": _votes}),
    "agreement": (
        measure.agreement,
        {"low": 0.1, "high": 0.2, "published": 0.15, "tolerance": 0.1},
    ),
    "ridge_risk": (
        theory.ridge_risk,
        {
            "aspect_ratio": [0.5, 2.0],
            "signal": [1.0, 2.0],
            "noise": 0.5,
            "ridge": 0.1,
            "eigenvalues": [1.0, 0.1],
        },
    ),
    "optimal_ridge": (theory.optimal_ridge, {"aspect_ratio": 2.0, "signal": 1.0, "noise": 0.5}),
    "isotropic_risk": (
        theory.isotropic_risk,
        {"n": 20, "p": [10, 40], "signal": 1.0, "noise": 0.5, "ridge": 0.1},
    ),
    "isotropic_variance_quantile": (
        theory.isotropic_variance_quantile,
        {"n": 20, "p": [10, 40], "noise": 0.5, "quantile": 0.9},
    ),
    "random_features_risk": (
        theory.random_features_risk,
        {
            "features_per_input": [0.5, 3.0],
            "examples_per_input": 2.0,
            "linear": 1.0,
            "nonlinear": 0.3,
            "noise": 0.5,
            "ridge": 0.1,
            "moments": theory.RELU,
        },
    ),
    "activation_moments": (theory.activation_moments, {"activation": np.tanh}),
    "ActivationMoments": (
        theory.ActivationMoments,
        {"constant": 0.0, "linear": 0.5, "nonlinear": 0.3},
    ),
    "wide_network": (
        theory.wide_network,
        {
            "x": _fits.T,
            "other": _fits.T[:3],
            "depth": 2,
            "init": "he",
            "width": 100.0,
            "n_outputs": 2,
            "parametrization": "ntk",
        },
    ),
    "predict_with_kernel": (
        theory.predict_with_kernel,
        {
            "kernel": np.eye(30),
            "targets": _values,
            "test_kernel": _fits,
            "ridge": 0.0,
            "time": 1.0,
        },
    ),
    "centred_classes": (theory.centred_classes, {"labels": _y, "n_classes": 3}),
    "load_table": (
        load_table,
        {
            "path_or_frame": _table,
            "target": "y",
            "test": 0.2,
            "task": None,
            "groups": None,
            "drop": (),
            "seed": 0,
            "encoder": None,
        },
    ),
    "Dataset": (
        Dataset,
        {
            "x_train": _data.x_train,
            "y_train": _data.y_train,
            "x_test": _data.x_test,
            "y_test": _data.y_test,
            "n_classes": 2,
            "columns": ("a", "b"),
            "task": "classification",
        },
    ),
    "make_mnist1d": (
        make_mnist1d,
        {
            "n_samples": 20,
            "train_split": 0.5,
            "padding": (36, 60),
            "scale_coeff": 0.4,
            "max_translation": 48,
            "final_seq_length": 40,
            "seed": 1,
        },
    ),
    "make_toy_regression": (
        make_toy_regression,
        {"n": 9, "noise": 0.1, "function": "exp_sin", "seed": 1},
    ),
    "split_indices": (split_indices, {"y": _y, "fractions": (0.8, 0.2), "groups": None, "seed": 0}),
    "corrupt_labels": (
        corrupt_labels,
        {"y": _y, "fraction": 0.2, "n_classes": 2, "how": "other", "seed": 0},
    ),
    "LabelNoise": (LabelNoise, {"fraction": 0.1}),
    "log_spaced_steps": (genlab.training.log_spaced_steps, {"steps": 20, "n": 5}),
    "Recipe.adam": (
        genlab.Recipe.adam,
        {"learning_rate": 0.1, "batch_size": 5, "steps": 3, "loss": "squared"},
    ),
    "Recipe.sgd": (
        genlab.Recipe.sgd,
        {"learning_rate": 0.1, "batch_size": 5, "steps": 3, "evaluate_at": (1, 2)},
    ),
    "MLP": (MLP, {"hidden": (2, 2)}),
    "Space": (
        genlab.selection.Space,
        {
            "parameters": {"constant": [0, 1]},
            "estimator": DummyClassifier(),
            "fixed": {"strategy": "constant"},
        },
    ),
    "learning_curve": (
        genlab.learning_curve,
        {
            "model": DummyClassifier(),
            "data": _data,
            "recipe": None,
            "sizes": [8, 12],
            "seeds": range(2),
            "cv": None,
            "store": "sqlite://",
            "jobs": 1,
        },
    ),
    "capacity_curve": (
        genlab.capacity_curve,
        {
            "model_of_capacity": lambda c: DummyClassifier(),
            "capacities": [1, 2],
            "data": _data,
            "recipe": None,
            "seeds": range(2),
            "cv": None,
            "label_noise": 0.0,
            "store": "sqlite://",
            "jobs": 1,
        },
    ),
    "decompose": (
        genlab.decompose,
        {
            "model": DummyClassifier(),
            "problem": _data,
            "n_datasets": 4,
            "loss": "zero_one",
            "sampling": "bootstrap",
            "rows": None,
            "fraction": None,
            "label_noise": 0.0,
            "seed": 0,
            "store": "sqlite://",
            "jobs": 1,
        },
    ),
    "decomposition_curve": (
        genlab.studies.decomposition_curve,
        {
            "model_of_capacity": lambda c: DummyClassifier(),
            "capacities": [1, 2],
            "problem": _data,
            "n_datasets": 4,
            "losses": ["zero_one"],
            "sampling": "bootstrap",
            "rows": None,
            "fraction": None,
            "label_noise": 0.0,
            "parameter": None,
            "n_groups": 2,
            "seed": 0,
            "store": "sqlite://",
            "jobs": 1,
        },
    ),
    "State": (
        genlab.explorer.State,
        {
            "hidden": 3,
            "n": 15,
            "noise": 0.3,
            "ridge": 0.1,
            "sets": 20,
            "design": "grid",
            "function": "drawn",
            "seed": 0,
            "fresh": 1,
            "drawn": [0.5] * 41,
        },
    ),
    "read_state": (genlab.explorer.read_state, {"link": "#fit?hidden=3"}),
    "select": (
        genlab.select,
        {
            "space": genlab.selection.Space(
                parameters={"strategy": ["prior", "uniform"]}, estimator=DummyClassifier()
            ),
            "data": _data,
            "n_trials": 2,
            "sampler": "grid",
            "validation": None,
            "folds": 2,
            "scoring": "error",
            "seed": 0,
            "minutes": None,
            "choose": "best",
            "store": "sqlite://",
            "jobs": 1,
            "fresh": False,
        },
    ),
    "diagnose": (
        genlab.diagnose,
        {
            "model": DummyClassifier(),
            "data": _data,
            "recipe": None,
            "capacity": None,
            "minutes": 0.01,
            "effort": 1,
            "seed": 0,
            "store": "sqlite://",
            "jobs": 1,
        },
    ),
}


def calls(name: str, junk: dict[str, Any] = JUNK) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each argument of a case replaced by each value: parameter, value's name, arguments."""
    _, arguments = CASES[name]
    for parameter in arguments:
        for what, value in junk.items():
            if parameter == "function" and callable(value):
                continue  # what it raises is its own
            yield parameter, what, {**arguments, parameter: value}


def fault(name: str, arguments: dict[str, Any]) -> str:
    """What is wrong with how a function takes these arguments, or ""."""
    function, _ = CASES[name]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", RuntimeWarning)
            found = function(**arguments)
    except (TypeError, ValueError, GenlabError) as error:
        known = [*inspect.signature(function).parameters, *arguments]
        if isinstance(error, GenlabError) or any(f"`{one}`" in str(error) for one in known):
            return ""
        return f"{type(error).__name__}: {str(error)[:150]}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:150]}"
    return _out_of_order(found)


def _out_of_order(found: Any) -> str:
    """An interval that does not hold its estimate."""
    for one in found if isinstance(found, tuple) else (found,):
        if isinstance(one, measure.Interval):
            mean, low, high = (np.asarray(one.mean), np.asarray(one.low), np.asarray(one.high))
            known = np.isfinite(mean) & np.isfinite(low) & np.isfinite(high)
            # The estimate may be rounded otherwise than the ends.
            slack = 1e-9 * np.maximum(1.0, np.abs(mean))
            with np.errstate(invalid="ignore"):
                wrong = known & ((low > mean + slack) | (high < mean - slack))
            if wrong.any():
                return f"the interval {one} does not hold its estimate"
    return ""
