"""One MNIST-1D example stage by stage, and a network that is trained on MNIST-1D."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from genlab._base.checks import choice, integer, real, several
from genlab._base.words import received
from genlab.explorer._jobs import Jobs, Tell

_MODELS = ("MLP", "CNN", "Logistic")
# Points of the curves beside the first.
_EVALUATIONS = 50


@dataclass(frozen=True)
class Signal:
    """What makes one example: its template, and the parameter of each transformation.

    Attributes
    ----------
    digit
        Class, whose template it is.
    padding, amplitude, shift, slope
        Number of zeros appended, factor, places of the rotation, and slope of the line.
    correlated, iid
        Standard deviations of the noise in the padding before smoothing, and at every point.
    seed
        Seed of the noise.
    """

    digit: int = 3
    padding: int = 48
    amplitude: float = 1.0
    shift: int = 12
    correlated: float = 0.25
    iid: float = 0.02
    slope: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        integer("digit", self.digit, low=0, high=9)
        integer("padding", self.padding, low=0, high=200)
        integer("shift", self.shift, low=0, high=200)
        integer("seed", self.seed, low=0, high=2**32 - 1)
        for name in ("amplitude", "correlated", "iid", "slope"):
            low = -10 if name == "slope" else 0
            object.__setattr__(self, name, real(name, getattr(self, name), low=low, high=10))


@dataclass(frozen=True)
class Plan:
    """What is trained, and how long.

    Attributes
    ----------
    model
        "MLP", "CNN" or "Logistic", as in the MNIST-1D paper but for the width of the MLP.
    hidden
        Hidden units of each of the two layers of an MLP, from 1 to 200.
    label_noise
        Fraction of the training labels that are drawn again, from 0 to 1.
    steps, seed
        Steps, from 100 to 6,000, and the seed.
    """

    model: str = "MLP"
    hidden: int = 100
    label_noise: float = 0.0
    steps: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        choice("model", self.model, _MODELS)
        integer("hidden", self.hidden, low=1, high=200)
        real("label_noise", self.label_noise, low=0, high=1)
        integer("steps", self.steps, low=100, high=6000)
        integer("seed", self.seed, low=0, high=2**32 - 1)


def read(cls: Any, values: Any) -> Any:
    """An instance of a dataclass here from JSON values by name; others are left out."""
    if not isinstance(values, dict):
        raise TypeError(f"a question must be values by name, got {received(values)}.")
    names = {one.name for one in fields(cls)}
    return cls(**{name: value for name, value in values.items() if name in names})


def stages(signal: Signal) -> dict[str, list[float]]:
    """The signal after each stage, in the order of `genlab.datasets.mnist1d_stages`.

    >>> list(stages(Signal()))[-2:]
    ['subsample', 'standardise']
    """
    import numpy as np

    from genlab._base import streams
    from genlab.datasets import mnist1d_templates, transforms

    length, final, mean, deviation = _standard()
    # A template's zeros are no padding, which alone takes the correlated noise.
    template = mnist1d_templates()[0][signal.digit][None] + 1e-8
    padded, lengths = transforms.pad(template, np.array([signal.padding]))
    dilated = transforms.dilate(padded, lengths, length)
    stream = streams.numpy_stream(signal.seed, streams.FRESH_MNIST1D)
    smooth, rough = stream.standard_normal((2, 1, length))
    scaled = transforms.scale(dilated, np.array([signal.amplitude]))
    moved = transforms.translate(scaled, np.array([signal.shift]))
    noisy = transforms.add_correlated_noise(moved, signal.correlated * smooth)
    rougher = transforms.add_iid_noise(noisy, signal.iid * rough)
    sheared = transforms.shear(rougher, np.array([signal.slope]))
    sampled = transforms.subsample(sheared, final)
    found = {
        "template": template,
        "pad": padded,
        "dilate": dilated,
        "scale": scaled,
        "translate": moved,
        "correlated noise": noisy,
        "i.i.d. noise": rougher,
        "shear": sheared,
        "subsample": sampled,
        "standardise": (sampled - mean) / deviation,
    }
    return {name: x[0].tolist() for name, x in found.items()}


def drawn_signal(values: Any, n: int) -> list[float]:
    """An example drawn by hand: `n` numbers from −20 to 20, or TypeError or ValueError."""
    numbers = several("drawn", values)
    if len(numbers) != n:
        raise ValueError(f"`drawn` must be {n} numbers, got {len(numbers)}.")
    return [real("drawn", one, low=-20, high=20) for one in numbers]


@cache
def _standard() -> tuple[int, int, float, float]:
    """Points of a signal before and after it is subsampled; mean and deviation of the set."""
    import numpy as np

    from genlab.datasets import mnist1d_stages

    example = mnist1d_stages()
    before, after = example["subsample"], example["standardise"]
    slope, offset = np.polyfit(before, after, 1)
    return len(example["dilate"]), len(before), float(-offset / slope), float(1 / slope)


class Trainer:
    """Trains a network as a job, and keeps the last one: what it has learnt can be asked."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._module: Any = None

    def start(self, plan: Plan) -> dict[str, int]:
        """Begin a job that tells `rows`, the curves so far, and `steps`, where they will end.

        A row holds the step, the training loss, training and test error, and low and high: the
        95% interval of the test error over test examples.
        """
        return self._jobs.start(lambda tell: self._train(plan, tell))

    def probabilities(self, signal: list[float]) -> list[float] | None:
        """The trained network's probability of each class; None where there is no network."""
        module: Any = self._module
        if module is None:
            return None
        import numpy as np

        from genlab.training import class_probabilities

        outputs = np.asarray(module(np.asarray(signal, dtype=np.float32)))[None]
        values: list[float] = class_probabilities(outputs, "cross_entropy")[0].tolist()
        return values

    def _train(self, plan: Plan, tell: Tell) -> dict[str, Any]:
        from genlab.datasets import make_mnist1d
        from genlab.measure import wilson_interval
        from genlab.models import CNN, MLP, Logistic
        from genlab.training import Progress, Recipe, train

        data = make_mnist1d()
        model: Any = MLP(hidden=(plan.hidden, plan.hidden))
        if plan.model != "MLP":
            model = CNN() if plan.model == "CNN" else Logistic()
        rows: list[dict[str, float]] = []

        def follow(now: Progress) -> None:
            if not math.isfinite(now.test_error):
                return  # it has diverged, which `train` says at its end
            interval = wilson_interval(round(now.test_error * data.n_test), data.n_test).row()
            row = {"step": now.step, "low": interval["low"], "high": interval["high"]}
            errors = {"train_error": now.train_error, "test_error": now.test_error}
            rows.append(row | errors | {"train_loss": now.train_loss})
            tell(rows=list(rows), steps=plan.steps)

        recipe = Recipe.sgd(
            learning_rate=0.1,
            batch_size=100,
            steps=plan.steps,
            evaluate_every=max(1, plan.steps // _EVALUATIONS),
        )
        noise = plan.label_noise
        run = train(model, data, recipe, [plan.seed], label_noise=noise, progress=follow)
        self._module = run.modules[0]
        return {}
