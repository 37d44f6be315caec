"""MNIST and CIFAR: downloaded with checksums, and read safely."""

from genlab.datasets.images._cifar import load_cifar
from genlab.datasets.images._fetch import data_home, fetch_cifar10, fetch_cifar100, fetch_mnist
from genlab.datasets.images._idx import load_idx

__all__ = [
    "data_home",
    "fetch_cifar10",
    "fetch_cifar100",
    "fetch_mnist",
    "load_cifar",
    "load_idx",
]
