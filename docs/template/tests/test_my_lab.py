"""The model, the loss and the data set keep genlab's rules."""

import pytest
from my_lab.data import blobs
from my_lab.losses import smoothed
from my_lab.models import TanhNetwork

from genlab.testing import dataset_checks, loss_checks, model_checks


@pytest.mark.parametrize("check", model_checks(TanhNetwork(width=4)), ids=str)
def test_model(check):
    check()


@pytest.mark.parametrize("check", loss_checks(smoothed), ids=str)
def test_loss(check):
    check()


@pytest.mark.parametrize("check", dataset_checks(blobs, n_train=20), ids=str)
def test_data(check):
    check()
