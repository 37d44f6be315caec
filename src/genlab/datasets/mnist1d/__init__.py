"""MNIST-1D: made exactly as published or fast, written to files and read from them."""

from genlab.datasets.mnist1d._files import check_mnist1d, check_mnist1d_options, write_mnist1d
from genlab.datasets.mnist1d._make import (
    fresh_mnist1d,
    iter_mnist1d,
    make_mnist1d,
    mnist1d_stages,
    redraw_mnist1d,
    resample_mnist1d,
)
from genlab.datasets.mnist1d._pickle import load_mnist1d
from genlab.datasets.mnist1d._settings import MNIST1DSettings
from genlab.datasets.mnist1d._templates import MNIST1D_CLASSES, mnist1d_templates

__all__ = [
    "MNIST1D_CLASSES",
    "MNIST1DSettings",
    "check_mnist1d",
    "check_mnist1d_options",
    "fresh_mnist1d",
    "iter_mnist1d",
    "load_mnist1d",
    "make_mnist1d",
    "mnist1d_stages",
    "mnist1d_templates",
    "redraw_mnist1d",
    "resample_mnist1d",
    "write_mnist1d",
]
