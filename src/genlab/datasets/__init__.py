"""Data sets: made, loaded, and described well enough to be made again."""

from genlab.datasets._dataset import Dataset
from genlab.datasets._mnist1d import MNIST1D_CLASSES, make_mnist1d, mnist1d_templates
from genlab.datasets._spec import GENERATORS, DataSpec

__all__ = [
    "GENERATORS",
    "MNIST1D_CLASSES",
    "DataSpec",
    "Dataset",
    "make_mnist1d",
    "mnist1d_templates",
]
