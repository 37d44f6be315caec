"""The sentences of `toy-error-sources`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.experiments.toy_error_sources.noise_kinds import (
    MEASUREMENT,
    MISLABELLED,
    MISLABELLED_FRACTION,
    NOISE_KINDS,
    NOISE_SD,
    UNOBSERVED,
)
from genlab.experiments.toy_error_sources.protocol import Protocol

KIND_TEXTS = {
    MEASUREMENT.name: "measurement error",
    UNOBSERVED.name: "unobserved variable",
    MISLABELLED.name: "mislabelled points",
}


def answer(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """The three parts and the test error; then the limit that noise sets."""
    part = {row["part"]: estimate(row, 4) for row in tables["parts"] if row["low"] is not None}
    n = protocol.sizes[-1]
    error = {
        (row["kind"], row["given"]): estimate(row, 4)
        for row in tables["large_model"]
        if row["n"] == n
    }
    return (
        f"Test error has three sources: noise, bias and variance. Noise {part['noise']}, bias² "
        f"{part['bias_squared']} and variance {part['variance']} add up to {part['sum']}. The test "
        f"error, measured independently, is {part['test_error']}. Whatever its origin, noise "
        f"limits the error of every model. With noise of variance {NOISE_SD**2:g}, a large model "
        f"fitted to {n:,} points still has an error of {error[MEASUREMENT.name, 'x']} with "
        f"measurement error, {error[UNOBSERVED.name, 'x']} with an unobserved variable and "
        f"{error[MISLABELLED.name, 'x']} with mislabelled points. Only observing the variable "
        f"lowers the error further, to {error[UNOBSERVED.name, 'x_and_h']}."
    )


def finding(tables: Mapping[str, Sequence[Row]]) -> str:
    """The answer in one sentence."""
    rest = next(row for row in tables["parts"] if row["part"] == "test_error_minus_sum")
    return (
        "Test error is the sum of noise, bias² and variance: the test error minus this sum is "
        f"{estimate(rest, 4)}."
    )


def notes(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and how the kinds of noise are made and differ."""
    part = {row["part"]: row for row in tables["parts"]}
    kinds = {(row["kind"], row["quantity"]): row for row in tables["kinds_of_noise"]}
    beyond, kurtosis = (
        {kind.name: estimate(kinds[kind.name, quantity], digits) for kind in NOISE_KINDS}
        for quantity, digits in (("beyond_2_sd", 4), ("kurtosis", 1))
    )
    return [
        f"Intervals of the parts: 95%, over {protocol.n_datasets:,} data sets. Noise, fits and "
        "test error come from independent draws, so the sum need not equal the test error. Test "
        f"error minus sum is {estimate(part['test_error_minus_sum'], 4)}. 'exact' integrates the "
        f"noise in closed form, over {protocol.n_exact:,} draws of the inputs. The lowest possible "
        f"bias² of {protocol.model.n_hidden} straight lines is "
        f"{part['best_bias_squared']['exact']:.4f}. It is computed without data, so it has no "
        "interval.",
        f"Intervals of the kinds of noise: 95%, over {protocol.n_kind_datasets:,} data sets; those "
        f"of fractions over all points. With the unobserved variable, y = f(x) + a·h, where h is "
        f"uniform from −1 to 1 and a = {NOISE_SD:g}·√3. Of the points "
        f"{100 * MISLABELLED_FRACTION:.1f}% are mislabelled: they have the target of another "
        f"example. The variance of all three kinds of noise is therefore {NOISE_SD**2:g}. The "
        f"large model has {protocol.large_model.n_hidden} hidden units. Once h is observed, its "
        f"bias is the error that remains.",
        f"The kinds of noise differ in shape. The fraction of the points more than two standard "
        f"deviations from E[y|x] is {beyond[MEASUREMENT.name]} with measurement error, "
        f"{beyond[UNOBSERVED.name]} with an unobserved variable and {beyond[MISLABELLED.name]} "
        f"with mislabelled points. The kurtosis is {kurtosis[MEASUREMENT.name]}, "
        f"{kurtosis[UNOBSERVED.name]} and {kurtosis[MISLABELLED.name]}. Mislabelled points also "
        f"move the mean: E[y|x] = {1 - MISLABELLED_FRACTION:.3f}·f(x) + "
        f"{MISLABELLED_FRACTION:.3f}·(mean of f). The function f is then no longer the best "
        f"prediction: its error is higher than the noise by "
        f"{estimate(kinds[MISLABELLED.name, 'error_of_f_minus_noise'], 4)}.",
    ]
