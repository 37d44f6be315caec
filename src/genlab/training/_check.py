"""Whether a model and a recipe go with a data set: known before anything is compiled."""

from __future__ import annotations

from genlab.datasets import Dataset
from genlab.models import ModelSpec
from genlab.training._augment import check_images
from genlab.training._recipe import Recipe


def check_fit(model: ModelSpec, data: Dataset, recipe: Recipe) -> None:
    """Check that a model can be trained on data by a recipe.

    Raises
    ------
    TypeError, ValueError
        Where the model does not take inputs of this shape, a batch or the part held out for
        early stopping does not fit the number of training examples, or the augmentation needs
        images.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> check_fit(MLP(), make_mnist1d(n_samples=100), Recipe.adam(batch_size=80))
    """
    model.layers(data.input_shape, data.n_classes)
    recipe.examples_a_step(data.n_train)
    if recipe.augment is not None:
        check_images(recipe.augment, data.input_shape)
    if recipe.early_stopping is not None:
        recipe.early_stopping.split(data.y_train)
