"""Columns that the tables of several experiments have."""

from __future__ import annotations

ESTIMATE = {
    "estimate": "estimate, mostly a mean over seeds",
    "low": "lower end of its 95% interval; empty where there is none",
    "high": "upper end of its 95% interval; empty where there is none",
}
SEEDS = {"n_seeds": "networks behind the estimate; diverged ones are left out"}
FITS = {"n_fits": "networks behind the estimate; diverged ones are left out"}
LABELS = {"labels": "clean or noisy: the training labels"}
PEAK = {
    "before": "hidden width before the rise",
    "top": "hidden width after it",
    "after": "hidden width after the fall",
    "rise": "mean at top minus mean at before",
    "rise_low": "lower end of its interval",
    "rise_high": "upper end of its interval",
    "fall": "mean at top minus mean at after",
    "fall_low": "lower end of its interval",
    "fall_high": "upper end of its interval",
}
NETWORK = {
    "dataset": "generator of the data set",
    "model": "kind of model",
    "capacity": "hidden width",
    "n_parameters": "weights and biases",
    "label_noise": "fraction of the training labels that are corrupted",
    "seed": "seed of label noise, initial weights and batch order",
    "step": "training steps taken",
    "train_loss": "loss on the training examples",
    "test_loss": "loss on the test examples",
    "train_error": "fraction of training examples misclassified",
    "test_error": "fraction of test examples misclassified",
}
LAYERS = {
    "layer": "kind of layer and its number; the last row is the total",
    "output_shape": "shape of its output",
    "n_parameters": "weights and biases",
    "n_multiply_adds": "multiply-adds per example",
    "output_bytes": "bytes of its output, per example",
    "parameter_bytes": "bytes of its weights and biases",
}
