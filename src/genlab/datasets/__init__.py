"""Data sets: made, loaded, and described well enough to be made again."""

from genlab.datasets._dataset import Dataset
from genlab.datasets import transforms
from genlab.datasets._mnist1d import fresh_mnist1d, iter_mnist1d, make_mnist1d, mnist1d_stages
from genlab.datasets._mnist1d_templates import MNIST1D_CLASSES, mnist1d_templates
from genlab.datasets._spec import GENERATORS, DataSpec

__all__ = [
    "GENERATORS",
    "MNIST1D_CLASSES",
    "DataSpec",
    "Dataset",
    "fresh_mnist1d",
    "iter_mnist1d",
    "make_mnist1d",
    "mnist1d_stages",
    "mnist1d_templates",
    "transforms",
]
