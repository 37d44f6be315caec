"""Model specs: frozen descriptions that build Equinox modules, and the closed-form toy model."""

from genlab.models._base import Layer, ModelSpec
from genlab.models._hinge import HingeFit, HingeRegression
from genlab.models._mlp import MLP

#: Every spec of a network by name: what a stored cell's model may be.
MODELS: dict[str, type[ModelSpec]] = {"MLP": MLP}

__all__ = ["MLP", "MODELS", "HingeFit", "HingeRegression", "Layer", "ModelSpec"]
