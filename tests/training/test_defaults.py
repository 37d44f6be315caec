"""What a default decided, and what early stopping kept, is said."""

import numpy as np
import pytest

from genlab import Recipe, UntrainedWarning, train
from genlab._base import specs
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import TrainingCell
from genlab.training import EarlyStopping

FEW = make_mnist1d(n_samples=100)  # 80 training examples, 64 without those held out


@pytest.mark.parametrize(
    ("options", "n"), [({}, 80), ({"early_stopping": EarlyStopping(0.2)}, 64)], ids=["all", "part"]
)
def test_a_batch_size_that_nobody_gave_is_at_most_all_examples(options, n):
    """The bits of the same batch size given, and the result says what was decided."""
    default = train(MLP((5,)), FEW, Recipe.adam(0.003, steps=30, evaluate_every=10, **options))
    given = train(
        MLP((5,)), FEW, Recipe.adam(0.003, steps=30, evaluate_every=10, batch_size=n, **options)
    )
    assert default.recipe == given.recipe
    assert default.train_loss.tobytes() == given.train_loss.tobytes()
    sentence = (
        f"Each batch holds all {n} training examples, which are fewer than the default batch "
        "size of 100."
    )
    assert (default.notes, given.notes) == ((sentence,), ())
    assert sentence.rstrip(".") in repr(default)
    assert sentence in default._repr_html_()
    assert "Each batch" not in repr(given)


def test_a_batch_size_that_was_given_is_not_changed():
    for recipe in (Recipe.adam(batch_size=100), Recipe("sgd", 0.1, steps=10, batch_size=100)):
        with pytest.raises(ValueError, match="`batch_size` must be at most the 80 training examp"):
            train(MLP((5,)), FEW, recipe)
        assert recipe.for_examples(80) is recipe
    enough = Recipe.adam().for_examples(100)
    assert (enough.batch_size, enough.notes) == (100, ())
    assert Recipe.sgd(batch_size=None).for_examples(80).batch_size is None


def test_who_decided_the_batch_size_is_no_part_of_a_recipes_identity():
    default, given = Recipe.adam(steps=10), Recipe.adam(steps=10, batch_size=100)
    assert (default, hash(default), repr(default)) == (given, hash(given), repr(given))
    assert specs.to_dict(default) == specs.to_dict(given)
    enough = make_mnist1d(n_samples=200).spec
    cells = [
        TrainingCell(enough, MLP((5,)), recipe, 0)
        for recipe in (default, given, default.for_examples(160))
    ]
    assert len({cell.key for cell in cells}) == 1
    # A cell runs as its JSON says, so the batch size of its recipe counts as given.
    with pytest.raises(ValueError, match="`batch_size` must be at most the 80 training examples"):
        TrainingCell(FEW.spec, MLP((5,)), default, 0).check()


def test_early_stopping_says_where_it_kept_untrained_weights():
    recipe = Recipe.sgd(2.0, batch_size=20, steps=20, early_stopping=EarlyStopping(0.2))
    with pytest.warns(UntrainedWarning, match=r"weights of step 0 in 2 of 2 models, because no"):
        run = train(MLP((5,)), FEW, recipe, (3, 7))
    assert run.kept.tolist() == [0, 0]
    note = (
        "Seeds 3 and 7 keep the untrained weights of step 0: no later evaluation had a lower "
        "validation loss."
    )
    assert run.notes == (note,)
    assert note.rstrip(".") in repr(run)
    # They are those that the model begins with, and say no more than guessing does.
    start = train(MLP((5,)), FEW, Recipe.sgd(1e-30, batch_size=20, steps=1), (3, 7))
    assert np.array_equal(run.test_wrong, start.test_wrong)
    with pytest.warns(UntrainedWarning, match="in 1 of 1 models"):
        alone = train(MLP((5,)), FEW, recipe, (3,))
    assert alone.notes[0].startswith("The model keeps the untrained weights of step 0: ")


def test_early_stopping_that_kept_trained_weights_says_nothing():
    recipe = Recipe.adam(0.01, batch_size=20, steps=60, early_stopping=EarlyStopping(0.2))
    run = train(MLP((5,)), FEW, recipe)
    assert run.kept[0] > 0
    assert run.notes == ()
