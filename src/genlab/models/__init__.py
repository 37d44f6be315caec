"""Model specs: frozen descriptions that build Equinox modules."""

from genlab.models._base import Layer, ModelSpec
from genlab.models._mlp import MLP

#: Every model spec by name: what a stored cell's model may be.
MODELS: dict[str, type[ModelSpec]] = {"MLP": MLP}

__all__ = ["MLP", "MODELS", "Layer", "ModelSpec"]
