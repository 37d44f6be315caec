"""Sealed test sets: opened once, every opening written down."""

from genlab.sealing._opening import Opening
from genlab.sealing._openings import OpeningRow, Openings
from genlab.sealing._sealed import SealedTestSet, seal, sealed_openings

__all__ = [
    "Opening",
    "OpeningRow",
    "Openings",
    "SealedTestSet",
    "seal",
    "sealed_openings",
]
