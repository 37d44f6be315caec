"""Every experiment by name. A new one is a folder beside this file, and an entry below.

The entries are plain data, so that listing them loads nothing.
"""

from __future__ import annotations

from genlab._base.registry import Registry
from genlab.experiments._experiment import Experiment

# The sections of the chapter that the experiments follow, in its order.
_TRAINING = "8.1 Training a model"
_SOURCES = "8.2 Sources of error"
_REDUCING = "8.3 Reducing error"
_DOUBLE_DESCENT = "8.4 Double descent"
_CHOOSING = "8.5 Choosing hyperparameters"

_ALL = (
    Experiment(
        name="mnist1d-construction",
        title="How MNIST-1D is made",
        question="How are the examples of MNIST-1D made from ten templates?",
        seconds={"quick": 5, "default": 5, "paper": 5},
        module="genlab.experiments.mnist1d_construction",
        section=_TRAINING,
    ),
    Experiment(
        name="mnist1d-tsne",
        title="Nearest neighbours in MNIST and MNIST-1D",
        question="Are examples of the same class close to each other?",
        seconds={"quick": 30, "default": 60, "paper": 60},
        module="genlab.experiments.mnist1d_tsne",
        section=_TRAINING,
    ),
    Experiment(
        name="mnist1d-mlp",
        title="The book's network (2 hidden layers of 100 units) on MNIST-1D",
        question="How do training and test error diverge during training?",
        seconds={"quick": 15, "default": 15, "paper": 40},
        module="genlab.experiments.mnist1d_mlp",
        section=_TRAINING,
    ),
    Experiment(
        name="model-comparison",
        title="Comparison of four models",
        question="Which of four models generalises best to new examples, and why?",
        seconds={"quick": 25, "default": 420, "paper": 1700},
        module="genlab.experiments.model_comparison",
        section=_TRAINING,
    ),
    Experiment(
        name="toy-data",
        title="A regression problem with a known true function",
        question="What do the data look like, and which model is fitted to them?",
        seconds={"quick": 1, "default": 1, "paper": 5},
        module="genlab.experiments.toy_data",
        section=_SOURCES,
    ),
    Experiment(
        name="toy-error-sources",
        title="Noise, bias and variance",
        question="Where does test error come from?",
        seconds={"quick": 1, "default": 3, "paper": 20},
        module="genlab.experiments.toy_error_sources",
        section=_SOURCES,
    ),
    Experiment(
        name="variance-sources",
        title="Sources of variation in test error",
        question="How much does test error vary with data, labels, initial weights and batches?",
        seconds={"quick": 40, "default": 120, "paper": 570},
        module="genlab.experiments.variance_sources",
        section=_SOURCES,
    ),
    Experiment(
        name="toy-more-data",
        title="More training data",
        question="Which part of the error does more data reduce?",
        seconds={"quick": 1, "default": 3, "paper": 30},
        module="genlab.experiments.toy_more_data",
        section=_REDUCING,
    ),
    Experiment(
        name="toy-more-capacity",
        title="More capacity",
        question="Which part of the error does more capacity reduce, and which does it increase?",
        seconds={"quick": 1, "default": 2, "paper": 10},
        module="genlab.experiments.toy_more_capacity",
        section=_REDUCING,
    ),
    Experiment(
        name="toy-tradeoff",
        title="The bias–variance trade-off",
        question="Which capacity has the lowest test error, and how certain is that?",
        seconds={"quick": 2, "default": 4, "paper": 30},
        module="genlab.experiments.toy_tradeoff",
        section=_REDUCING,
    ),
    Experiment(
        name="what-helps",
        title="More training examples or a better-suited model",
        question="How many training examples does an MLP need to match a better-suited model?",
        seconds={"quick": 40, "default": 250, "paper": 1200},
        module="genlab.experiments.what_helps",
        section=_REDUCING,
    ),
    Experiment(
        name="toy-double-descent",
        title="Double descent in toy regression",
        question="How does the error change once there are more parameters than training points?",
        seconds={"quick": 2, "default": 5, "paper": 60},
        module="genlab.experiments.toy_double_descent",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="double-descent-mnist1d",
        title="Double descent on MNIST-1D",
        question="How does test error change with width, past the point where parameters "
        "outnumber examples?",
        seconds={"quick": 30, "default": 360, "paper": 90_000},
        module="genlab.experiments.double_descent_mnist1d",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="epoch-wise-double-descent",
        title="Test error against width and training step",
        question="Does test error fall, rise and fall again in the course of training?",
        seconds={"quick": 12, "default": 310, "paper": 12_000},
        module="genlab.experiments.epoch_wise_double_descent",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="removing-the-peak",
        title="What makes the peak vanish",
        question="Do weight decay, early stopping and cleaner labels remove the peak of test "
        "error?",
        seconds={"quick": 15, "default": 300, "paper": 30_000},
        module="genlab.experiments.removing_the_peak",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="more-data-can-hurt",
        title="Test error against the number of examples near the threshold",
        question="Can more training examples raise the test error of a network?",
        seconds={"quick": 8, "default": 95, "paper": 8000},
        module="genlab.experiments.more_data_can_hurt",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="why-double-descent",
        title="Bias and variance behind double descent",
        question="Is it variance or bias that peaks at the interpolation threshold?",
        seconds={"quick": 35, "default": 240, "paper": 50_000},
        module="genlab.experiments.why_double_descent",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="variance-along-width",
        title="Sources of variance along width",
        question="Which source of variance peaks at the interpolation threshold?",
        seconds={"quick": 22, "default": 190, "paper": 15_000},
        module="genlab.experiments.variance_along_width",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="double-descent-mnist",
        title="Double descent on MNIST",
        question="Does test loss peak at the interpolation threshold?",
        seconds={"quick": 50, "default": 300, "paper": 10_000},
        module="genlab.experiments.double_descent_mnist",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="double-descent-cifar100",
        title="Double descent in residual networks",
        question="How does test error change with width, with and without label noise?",
        # Default and paper: estimated for one GPU, without which nothing is trained.
        seconds={"quick": 25, "default": 1000, "paper": 1_000_000},
        module="genlab.experiments.double_descent_cifar100",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="theory-double-descent",
        title="Theory of the peak beside simulations",
        question="Does theory predict the peak at the interpolation threshold?",
        seconds={"quick": 10, "default": 100, "paper": 700},
        module="genlab.experiments.theory_double_descent",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="toy-smoothness",
        title="Smoothness between few training points",
        question="Why can more capacity than needed reduce the test error?",
        seconds={"quick": 1, "default": 2, "paper": 30},
        module="genlab.experiments.toy_smoothness",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="roughness-along-width",
        title="Smoothness between examples along width",
        question="Do networks become smoother between examples where test error falls again?",
        seconds={"quick": 7, "default": 105, "paper": 20_000},
        module="genlab.experiments.roughness_along_width",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="bias-for-smoothness",
        title="Smoothness at equal training loss",
        question="At equal training loss, do smoother functions have a lower test error?",
        seconds={"quick": 12, "default": 60, "paper": 3000},
        module="genlab.experiments.bias_for_smoothness",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="between-points",
        title="Distances in high dimensions",
        question="How far apart are examples as the number of inputs grows?",
        seconds={"quick": 3, "default": 6, "paper": 25},
        module="genlab.experiments.between_points",
        section=_DOUBLE_DESCENT,
    ),
    Experiment(
        name="hyperparameter-choice",
        title="Choosing hyperparameters",
        question="How optimistic is the lowest validation error among many configurations?",
        seconds={"quick": 40, "default": 400, "paper": 1300},
        module="genlab.experiments.hyperparameter_choice",
        section=_CHOOSING,
    ),
)

_BUILTIN = {experiment.name: experiment for experiment in _ALL}
if len(_BUILTIN) < len(_ALL):
    raise ValueError("two experiments have one name.")

#: Every experiment by name: genlab's own, then those of installed packages, which bring an
#: `Experiment` as an entry point of the group "genlab.experiments".
EXPERIMENTS: Registry[Experiment] = Registry("genlab.experiments", _BUILTIN)


def get_experiment(name: str) -> Experiment:
    """The experiment called `name`; ValueError listing the names where there is none."""
    if name not in EXPERIMENTS:
        raise ValueError(f"unknown experiment {name!r}; there are: {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[name]
