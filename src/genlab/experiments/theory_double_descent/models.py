"""The three models: what their training sets are drawn with, and what theory says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from genlab.experiments.theory_double_descent.protocol import Protocol
from genlab.measure.theory import Risk, isotropic_risk, random_features_risk, ridge_risk

MODELS = ("isotropic", "general", "random_features")


@dataclass(frozen=True)
class Model:
    """A model and its theory.

    Attributes
    ----------
    name
        One of `MODELS`.
    ridges
        Without a ridge, and with one.
    drawn
        What a `SimulatedRisk` of it is given beside its sizes, ridges and seed.
    limit
        Number of features and ridge -> theory of the limit.
    finite
        The same -> theory for this number of examples, or None.
    """

    name: str
    ridges: tuple[float, float]
    drawn: Mapping[str, Any]
    limit: Callable[[Any, float], Risk]
    finite: Callable[[Any, float], Risk | None]


def models(protocol: Protocol, n: int) -> tuple[Model, ...]:
    """The models of a protocol with `n` training examples, in the order of `MODELS`."""
    d, noise = protocol.n_inputs * n // protocol.n_examples, protocol.noise
    ridges = (0.0, protocol.ridge)
    feature_ridges = (0.0, protocol.features_ridge)
    spectrum, signal = protocol.eigenvalues, protocol.signal
    return (
        Model(
            "isotropic",
            ridges,
            {},
            lambda p, ridge: ridge_risk(p / n, 1.0, noise, ridge),
            lambda p, ridge: isotropic_risk(n, p, 1.0, noise, ridge),
        ),
        Model(
            "general",
            ridges,
            {"eigenvalues": spectrum, "signal": signal},
            lambda p, ridge: ridge_risk(p / n, signal, noise, ridge, spectrum),
            # The least-squares fit of fewer features than examples knows no covariance.
            lambda p, ridge: isotropic_risk(n, p, 1.0, noise) if ridge == 0 and p < n else None,
        ),
        Model(
            "random_features",
            feature_ridges,
            {"n_inputs": d, "nonlinear": protocol.nonlinear},
            lambda p, ridge: random_features_risk(
                p / d, n / d, 1.0, protocol.nonlinear, noise, ridge
            ),
            lambda *_: None,
        ),
    )
