"""Whether a model and a recipe go with a data set: known before anything is compiled."""

from __future__ import annotations

from genlab.datasets import Dataset, LabelNoise, check_dense
from genlab.models import ModelSpec
from genlab.training._augment import check_images
from genlab.training._recipe import Recipe
from genlab.training._targets import TargetScale


def check_fit(
    model: ModelSpec, data: Dataset, recipe: Recipe, label_noise: LabelNoise | None = None
) -> None:
    """Check that a model can be trained on data by a recipe.

    Raises
    ------
    TypeError, ValueError
        Where the inputs are sparse, or the model does not take inputs of this shape, the loss or
        the label noise does not suit the task, the class weights name a class that is not there,
        all targets of a regression are equal, a batch or the part held out for early stopping does
        not fit the number of training examples, or the augmentation needs images.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> check_fit(MLP(), make_mnist1d(n_samples=100), Recipe.adam(batch_size=80))
    """
    check_dense(data)
    recipe = recipe.for_data(data)
    check_task(data.task, recipe, label_noise, grouped=data.groups is not None)
    model.layers(data.input_shape, data.n_outputs)
    recipe.examples_a_step(data.n_train)
    if recipe.augment is not None:
        check_images(recipe.augment, data.input_shape)
    fitted = None
    if recipe.early_stopping is not None:
        fitted, _ = recipe.early_stopping.split(data.y_train)
    if data.task == "regression":
        TargetScale.of(data.y_train if fitted is None else data.y_train[fitted])


def check_task(
    task: str, recipe: Recipe, label_noise: LabelNoise | None = None, *, grouped: bool = False
) -> None:
    """Check that a recipe and label noise suit a task, and examples in groups or not.

    Raises
    ------
    ValueError
        Where the loss is of the other task, labels of a regression are to be resampled or its
        classes weighted, or early stopping would divide the groups.
    """
    recipe.check_task(task)
    if label_noise is not None and task == "regression":
        raise ValueError(
            "`label_noise` must be 0 for a regression, which has no labels to resample, got "
            f"{label_noise.fraction!r}."
        )
    if recipe.early_stopping is not None and grouped:
        raise ValueError(
            "`early_stopping` must be None for data with groups, which its part that is held out "
            f"would divide, got {recipe.early_stopping!r}."
        )
