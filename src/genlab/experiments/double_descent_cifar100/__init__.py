"""`double-descent-cifar100`: test error of a residual network against its width.

Figure 4 of Nakkiran et al., "Deep Double Descent" (ICLR 2020): ResNet-18 of width k on
CIFAR-100, with clean labels and with 20% of them exchanged for wrong ones. The published
protocol takes hundreds of hours on one GPU; smaller ones say in a note what they change.
"""

from __future__ import annotations

from functools import partial

from genlab.datasets import Dataset, fetch_cifar10, fetch_cifar100
from genlab.experiments._experiment import Context, Findings, Missing
from genlab.experiments.double_descent_cifar100.accelerator import too_long_on_a_cpu
from genlab.experiments.double_descent_cifar100.findings import runs_of, trained, untrained
from genlab.experiments.double_descent_cifar100.protocol import PROTOCOLS, Protocol
from genlab.experiments.double_descent_cifar100.tables import TABLES
from genlab.experiments.double_descent_cifar100.words import NEEDED_IMAGES
from genlab.sweep import device_of_workers

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width with noisy and with clean labels, and find the peak.

    Without images, or where a CPU would take days, nothing is trained.
    """
    on_cpu = protocol.trial or device_of_workers().is_cpu
    data, missing = images(context, protocol, download=not on_cpu)
    if data is None:
        return untrained(missing, [NEEDED_IMAGES])
    runs = runs_of(context, protocol, data)
    if on_cpu and not protocol.trial:
        cells = [network.cell for networks in runs.values() for network in networks]
        gpu = too_long_on_a_cpu(context, cells)
        if gpu:
            return untrained(missing + gpu, [])
    return trained(context, protocol, data, runs, missing)


def images(
    context: Context, protocol: Protocol, *, download: bool
) -> tuple[Dataset | None, list[Missing]]:
    """CIFAR-100, or CIFAR-10 where that alone is available, and what is missing."""
    missing: list[Missing] = []
    sizes = {"n_train": protocol.n_train, "n_test": protocol.n_test}
    for name, fetch in (("CIFAR-100", fetch_cifar100), ("CIFAR-10", fetch_cifar10)):
        data, absent = context.available(name, partial(fetch, **sizes, download=False))
        missing += absent
        if data is not None:
            return data, missing
    if download:
        return context.available("CIFAR-100", partial(fetch_cifar100, **sizes, download=True))
    return None, missing
