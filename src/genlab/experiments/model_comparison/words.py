"""The sentences of `model-comparison`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.words import percent
from genlab.experiments.model_comparison.protocol import Protocol
from genlab.measure import Interval

DATASETS = {
    "mnist": "MNIST",
    "mnist1d": "MNIST-1D",
    "mnist1d_shuffled": "shuffled MNIST-1D",
}
#: Legend of the ways of training.
TRAININGS = {"last_step": "last step, all examples", "early_stopping": "early stopping"}

#: (Data set, model) -> mean test accuracy after the last step.
Accuracies = Mapping[tuple[str, str], Interval]


def answer(accuracies: Accuracies) -> str:
    """The finding, then its numbers."""
    sentences = []
    if _neighbours_help(accuracies):
        sentences.append(
            "On MNIST-1D the CNN, which makes use of neighbouring positions, clearly outperforms "
            "the MLP; with shuffled positions the advantage vanishes."
        )
    for dataset in dict.fromkeys(dataset for dataset, _ in accuracies):
        listed = [
            f"{model} {percent(accuracy.row())}"
            for (where, model), accuracy in accuracies.items()
            if where == dataset
        ]
        sentences.append(f"Test accuracy on {DATASETS[dataset]}: {', '.join(listed)}.")
    return " ".join(sentences)


def finding(accuracies: Accuracies) -> str:
    """The answer in one sentence."""
    datasets = [dataset for dataset, _ in accuracies]
    if not datasets:
        return "No network was trained: the data set is not available on this machine."
    dataset = "mnist1d" if "mnist1d" in datasets else datasets[0]
    best = max(
        (model for where, model in accuracies if where == dataset),
        key=lambda model: float(accuracies[dataset, model].mean),
    )
    accuracy = percent(accuracies[dataset, best].row())
    if (dataset, best) == ("mnist1d", "CNN") and _neighbours_help(accuracies):
        return (
            "The CNN generalises best, because it makes use of neighbouring positions: its test "
            f"accuracy on MNIST-1D is {accuracy}."
        )
    return f"The {best} has the highest mean test accuracy on {DATASETS[dataset]}, {accuracy}."


def _neighbours_help(accuracies: Accuracies) -> bool:
    """Whether the CNN beats the MLP on MNIST-1D beyond the intervals, and not on the shuffled."""
    needed = [
        (dataset, model) for dataset in ("mnist1d", "mnist1d_shuffled") for model in ("CNN", "MLP")
    ]
    if not all(key in accuracies for key in needed):
        return False
    cnn, mlp, shuffled_cnn, shuffled_mlp = (accuracies[key] for key in needed)
    return bool(cnn.low > mlp.high and not shuffled_cnn.high > shuffled_mlp.high)


def stopping(
    accuracy: Mapping[str, Interval], calibration: Mapping[str, Interval], evaluate_every: int
) -> str:
    """What early stopping does to the MLP on MNIST-1D; mappings by way of training."""
    stopped, last = (
        (percent(accuracy[training].row()), percent(calibration[training].row()))
        for training in ("early_stopping", "last_step")
    )
    return (
        f"On MNIST-1D, where the validation loss is evaluated every {evaluate_every:,} steps, "
        f"early stopping gives the MLP an accuracy of {stopped[0]} and a calibration error of "
        f"{stopped[1]}; without it they are {last[0]} and {last[1]}."
    )


def notes(protocol: Protocol, datasets: Sequence[str], stopped: str) -> list[str]:
    """Over what the intervals are taken, and how accuracy, calibration and cost are measured.

    Parameters
    ----------
    protocol
        The protocol that was followed.
    datasets
        Data sets that were available.
    stopped
        A sentence on the MLP with early stopping, or "".
    """
    seeds = " or ".join(
        str(n) for n in sorted({protocol.problems[dataset].n_seeds for dataset in datasets})
    )
    patience = protocol.early_stopping.patience
    ended = ""
    if patience is not None:
        ended = f"Training ends after {patience} evaluations in a row without a lower one. "
    lines = [
        f"Intervals: 95%, over {seeds} seeds (initial weights, batch order), from 0 to "
        f"100%. The training and test sets are the same for all seeds. Human accuracy is "
        f"quoted from the paper, without an interval.",
        f"Accuracy is measured in two ways. One is after the last step of training on all training "
        f"examples. The other is with early stopping: {protocol.early_stopping.validation:.0%} of "
        f"the training examples are held out, and the weights with the lowest validation loss are "
        f"kept. {ended}{stopped}".strip(),
        "The paper reports the best accuracy during training, so the best test accuracy during "
        "training is compared as well as that at the end. It is optimistic, because it is chosen "
        "on the test examples on which it is measured.",
        "Calibration error is the expected calibration error over 15 bins of confidence, listed "
        "with the error that a calibrated model shows by chance with these counts. One "
        "multiply–add counts as two FLOPs. Seconds are for one network on one thread, evaluations "
        "included: median, minimum and maximum over seeds. The first network in each process "
        "compiles the program for the others.",
    ]
    lines.append(
        "On MNIST-1D the MLP is that of the paper, with a skip connection. The book's network has "
        "none."
    )
    if "mnist" in datasets:
        lines.append(
            "On MNIST the widths, learning rates and numbers of steps were chosen by test "
            "accuracy, so its accuracies are slightly optimistic. On MNIST-1D they are the "
            "paper's."
        )
    if "mnist" not in protocol.problems:
        lines.append("MNIST is left out here.")
    if "GRU" not in protocol.trained:
        lines.append("The GRU, which takes longest, is left out here.")
    return lines
