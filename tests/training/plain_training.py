"""A second trainer: NumPy in float64, one model, gradients by hand."""

import numpy as np


def forward(weights, x):
    activations = [x]
    for i, (w, b) in enumerate(weights):
        x = x @ w.T + b
        if i < len(weights) - 1:
            x = np.maximum(x, 0)
        activations.append(x)
    return activations


def loss_and_error(weights, x, y):
    logits = forward(weights, x)[-1]
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean(), np.mean(logits.argmax(axis=1) != y)


def gradients(weights, x, y):
    activations = forward(weights, x)
    logits = activations[-1] - activations[-1].max(axis=1, keepdims=True)
    delta = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    found = []
    for i in range(len(weights) - 1, -1, -1):
        found.append((delta.T @ activations[i], delta.sum(axis=0)))
        if i > 0:
            delta = (delta @ weights[i][0]) * (activations[i] > 0)
    return found[::-1]


def batches(seed, n, batch_size, steps):
    """The documented order: permutations of a Philox stream (seed, 2), end to end."""
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2], dtype=np.uint64)))
    stream = np.concatenate([rng.permutation(n) for _ in range(steps * batch_size // n + 1)])
    return [stream[i * batch_size : (i + 1) * batch_size] for i in range(steps)]


def train(weights, x, y, order, learning_rates, momentum=0.0, adam=False):
    weights = [tuple(np.array(part, np.float64) for part in layer) for layer in weights]
    first = [tuple(np.zeros_like(part) for part in layer) for layer in weights]
    second = [tuple(np.zeros_like(part) for part in layer) for layer in weights]
    for step, (batch, rate) in enumerate(zip(order, learning_rates, strict=True), start=1):
        slopes = gradients(weights, x[batch], y[batch])
        if adam:
            first = _each(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
            second = _each(lambda v, g: 0.999 * v + 0.001 * g**2, second, slopes)
            change = _each(
                lambda m, v, k=step: m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8),
                first,
                second,
            )
        else:
            first = _each(lambda m, g: momentum * m + g, first, slopes)
            change = first
        weights = _each(lambda w, c, r=rate: w - r * c, weights, change)
    return weights


def _each(function, *layers):
    return [tuple(map(function, *parts)) for parts in zip(*layers, strict=True)]
