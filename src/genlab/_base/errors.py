"""The few exceptions of genlab, under one root.

Invalid arguments raise ValueError or TypeError; these are for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping


class GenlabError(Exception):
    """Root of the errors that genlab raises for other reasons than an argument's value."""


class StoreError(GenlabError):
    """A store cannot be opened, or is not one of genlab's."""


class WorkerError(GenlabError):
    """Some cells of a sweep have no result: they failed, or a process ended before they were done.

    `failed` says why in a sentence for each of them, by its key. All others are stored.
    """

    def __init__(self, sentence: str, failed: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.failed: dict[str, str] = dict(failed or {})


class DataFileError(GenlabError):
    """A data file is missing, damaged, not what it should be, not safe to read, or not writable."""


class ModelFileError(GenlabError):
    """A saved model cannot be written, or is missing, damaged or not what its spec says."""


class ScaleError(ValueError):
    """Inputs lie so far from the scale of the training data that a model's outputs overflow."""


class SealedError(GenlabError):
    """A sealed test set was opened before, or its opening left no result."""


class SearchError(GenlabError):
    """Every trial of a search failed, so there is nothing to choose from."""


class DivergedError(GenlabError):
    """Every model of a run diverged, so there is nothing to report."""


class FailedFitsError(GenlabError):
    """Every fit of an estimator failed, so there is nothing to report."""


class ConformanceError(GenlabError, AssertionError):
    """A model, a generator or an estimator breaks a rule that `genlab.testing` checks."""


class DataWarning(UserWarning):
    """The data are probably not what was meant: copies in the test set, inputs of other scales."""


class DivergenceWarning(UserWarning):
    """Some models of a run diverged; their rows hold NaN."""


class RetriedWarning(UserWarning):
    """Some cells of a sweep were run again, because the process that ran them had ended."""


class WaitingWarning(UserWarning):
    """A run waits: for a cluster without workers, a database, or a cell that is not heard of."""


class UntrainedWarning(UserWarning):
    """Early stopping kept the untrained weights of step 0 of some models."""


class FailedTrialsWarning(UserWarning):
    """Some trials of a search failed; their rows hold the error."""


class FailedFitsWarning(UserWarning):
    """Some fits of an estimator failed; their rows hold NaN and the error."""


class UnseededWarning(UserWarning):
    """An estimator gave other predictions when it was fitted again with the same seed."""


class MissingClassWarning(UserWarning):
    """A class is missing from a part of the data that a search fits, or chooses by."""
