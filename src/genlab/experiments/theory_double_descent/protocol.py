"""The protocol of `theory-double-descent`."""

from __future__ import annotations

from dataclasses import dataclass

#: Twenty ratios of features to examples, closer together near 1, where the peak is.
RATIOS = (
    *(0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
    *(1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0),
)


@dataclass(frozen=True)
class Protocol:
    """What is simulated.

    Attributes
    ----------
    n_examples
        Training examples n.
    n_draws
        Training sets of each model at each ratio, with a new target and new features each.
    n_smaller, n_draws_smaller
        Training examples and training sets of a second simulation at the same ratios, from which
        the first is extrapolated to infinitely many examples.
    n_inputs
        Inputs d of the random features with `n_examples` examples; with fewer examples there are
        fewer in proportion. The linear models have as many inputs as features.
    ratios
        Features / examples.
    noise
        Standard deviation of the label noise. The linear target has the variance 1.
    nonlinear
        Standard deviation of the quadratic part of the target of the random features.
    eigenvalues
        Variances of the features with general covariance, equally frequent.
    signal
        Squared length of the coefficients in the direction of each; their products with the
        eigenvalues sum to 1.
    ridge
        Ridge λ of the linear models, where there is one.
    features_ridge
        Ridge λ of the random features, where there is one, as in Mei and Montanari's formula.
    n_train_mnist1d, n_test_mnist1d
        Examples of MNIST-1D for networks of infinite width.
    depth
        Hidden layers of these networks.
    label_noise
        Label noise of the second of their two training sets.
    """

    n_examples: int
    n_draws: int
    n_smaller: int
    n_draws_smaller: int
    n_inputs: int
    n_train_mnist1d: int
    n_test_mnist1d: int
    ratios: tuple[float, ...] = RATIOS
    noise: float = 0.5
    nonlinear: float = 0.3
    eigenvalues: tuple[float, ...] = (1.0, 0.1)
    signal: tuple[float, ...] = (0.9, 1.0)
    ridge: float = 0.1
    features_ridge: float = 0.001
    depth: int = 2
    label_noise: float = 0.15


PROTOCOLS = {
    "quick": Protocol(100, 40, 60, 80, 100, 1_000, 1_000),
    "default": Protocol(400, 30, 200, 120, 400, 4_000, 5_000),
    "paper": Protocol(400, 200, 200, 800, 400, 10_000, 5_000),
}
