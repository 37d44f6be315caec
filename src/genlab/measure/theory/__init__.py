"""Exact predictions of risk, bias and variance, and networks of infinite width.

`ridge_risk`, `isotropic_risk` and `random_features_risk` give the expected squared error of
linear regression and of regression on random features without fitting anything. `wide_network`
gives the kernels that fully connected networks have in the limit of infinite width, and
`predict_with_kernel` what such a network predicts. Everything is float64.
"""

from genlab.measure.theory._activation import RELU, ActivationMoments, activation_moments
from genlab.measure.theory._finite import isotropic_risk, isotropic_variance_quantile
from genlab.measure.theory._kernel_regression import centred_classes, predict_with_kernel
from genlab.measure.theory._random_features import random_features_risk
from genlab.measure.theory._ridge import optimal_ridge, ridge_risk
from genlab.measure.theory._risk import LinearRisk, Risk
from genlab.measure.theory._wide import WideKernels, wide_network

__all__ = [
    "RELU",
    "ActivationMoments",
    "LinearRisk",
    "Risk",
    "WideKernels",
    "activation_moments",
    "centred_classes",
    "isotropic_risk",
    "isotropic_variance_quantile",
    "optimal_ridge",
    "predict_with_kernel",
    "random_features_risk",
    "ridge_risk",
    "wide_network",
]
