"""The specs of a saved model as JSON, and back: strict, and without running code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from genlab._base import specs, streams
from genlab._base.checks import integer
from genlab._base.version import __version__
from genlab.datasets import DataSpec, LabelNoise, TableEncoder, kept_names
from genlab.models import MODELS, ModelSpec
from genlab.training._early_stopping import EarlyStopping
from genlab.training._own_loss import check_trusted
from genlab.training._recipe import Recipe
from genlab.training._schedule import CosineDecay, StepDecay
from genlab.training._targets import TargetScale

FORMAT = "genlab model"
VERSION = 1

_MOST_AXES = 8
_LARGEST = 2**31 - 1

# Field -> the specs it may hold. Those of `_OPTIONAL` are not in every model.
_KINDS: dict[str, Mapping[str, type]] = {
    "model": MODELS.builtin,
    "data": {"DataSpec": DataSpec},
    "recipe": {kind.__name__: kind for kind in (Recipe, StepDecay, CosineDecay, EarlyStopping)},
    "label_noise": {"LabelNoise": LabelNoise},
}
_FIELDS = ("model", "input_shape", "n_outputs", "data", "recipe", "seed", "label_noise")
_OPTIONAL = ("columns", "target", "classes", "target_scale", "encoder")
_NAMES = (str, int, float, bool)


def spec_of(saved: Any, weights: bytes) -> dict[str, Any]:
    """The content of model.json."""
    fields = {name: getattr(saved, name) for name in _FIELDS}
    plain = {
        name: specs.to_dict(value) if name in _KINDS and value is not None else value
        for name, value in fields.items()
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "genlab": __version__,
        **plain,
        **_optional_of(saved),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }


def _optional_of(saved: Any) -> dict[str, Any]:
    """The fields of model.json that are not in every model, where there are any."""
    found: dict[str, Any] = {}
    for name in _OPTIONAL:
        value = getattr(saved, name)
        if isinstance(value, tuple):
            found[name] = list(value)
        elif isinstance(value, TargetScale):
            found[name] = specs.to_dict(value)
        elif name == "encoder" and value is not None:
            if not isinstance(value, TableEncoder):
                raise TypeError(
                    "`data` must have a TableEncoder as its encoder, or none, for its model to be "
                    f"saved, got {type(value).__name__}, whose file would run code where it is "
                    "read: save it with `dataclasses.replace(data, encoder=None)`, and make the "
                    "inputs by a transformer in your own code."
                )
            found[name] = value.to_dict()
        elif value is not None:
            found[name] = value
    return found


def fields_from(values: Mapping[str, Any], packages: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a SavedModel but its module; TypeError or ValueError where one is invalid.

    `packages` are those that the user allows: see `load_model`.
    """
    known = {"format", "version", "genlab", *_FIELDS, "weights_sha256"}
    if unknown := sorted(set(values) - known - set(_OPTIONAL)):
        raise ValueError(f"format {VERSION} has no field {unknown[0]!r}.")
    if missing := sorted(known - set(values)):
        raise ValueError(f"the field {missing[0]!r} is missing.")
    fields: dict[str, Any] = {}
    for name, allowed in _KINDS.items():
        given = values[name]
        if name == "label_noise" and given is None:
            fields[name] = None
            continue
        find = _find_of_model(given, packages) if name == "model" else None
        if name == "recipe" and isinstance(given, Mapping):
            check_trusted(given.get("loss"), packages)
        fields[name] = specs.from_dict(given, allowed, find)
    if not isinstance(fields["recipe"], Recipe):
        raise ValueError(f"`kind` must be Recipe, got {values['recipe']['kind']!r}.")
    shape = values["input_shape"]
    if not isinstance(shape, list) or not 1 <= len(shape) <= _MOST_AXES:
        raise ValueError(f"`input_shape` must be a list of 1 to {_MOST_AXES} sizes, got {shape!r}.")
    fields["input_shape"] = tuple(
        integer("input_shape", size, low=1, high=_LARGEST) for size in shape
    )
    fields["n_outputs"] = integer("n_outputs", values["n_outputs"], low=1, high=_LARGEST)
    fields["seed"] = integer("seed", values["seed"], low=0, high=streams.MAX_SEED)
    return fields | _optional_from(values, fields["input_shape"], fields["n_outputs"])


def _optional_from(
    values: Mapping[str, Any], input_shape: tuple[int, ...], n_outputs: int
) -> dict[str, Any]:
    """The fields that are not in every model; TypeError or ValueError where one is invalid."""
    fields: dict[str, Any] = {}
    if "columns" in values:
        columns = values["columns"]
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise ValueError(f"`columns` must be a list of names, got {type(columns).__name__}.")
        fields["columns"] = kept_names(columns, input_shape)
    if "target" in values:
        if not isinstance(values["target"], str):
            raise ValueError(f"`target` must be a name, got {values['target']!r}.")
        fields["target"] = values["target"]
    if "target_scale" in values:
        kinds_of_scale = {"TargetScale": TargetScale}
        fields["target_scale"] = specs.from_dict(values["target_scale"], kinds_of_scale)
        if n_outputs != 1 or "classes" in values:
            raise ValueError(
                "`target_scale` belongs to a regression, of one output and without classes, got "
                f"{n_outputs} outputs."
            )
    if "classes" in values:
        fields["classes"] = _classes_from(values["classes"], n_outputs)
    if "encoder" in values:
        if not isinstance(values["encoder"], Mapping):
            raise ValueError(f"`encoder` must be an object, got {values['encoder']!r}.")
        encoder = TableEncoder.from_dict(values["encoder"])
        if (len(encoder.feature_names),) != input_shape:
            raise ValueError(
                f"`encoder` must give inputs of shape {input_shape}, got "
                f"{len(encoder.feature_names)} inputs."
            )
        fields["encoder"] = encoder
    return fields


def _classes_from(names: Any, n_outputs: int) -> tuple[Any, ...]:
    """The names of the classes; ValueError where they are not one for each output."""
    if not isinstance(names, list) or not all(isinstance(name, _NAMES) for name in names):
        raise ValueError(f"`classes` must be a list of names, got {type(names).__name__}.")
    if len(names) != n_outputs or len(set(names)) < len(names):
        raise ValueError(
            f"`classes` must be a different name for each of {n_outputs} outputs, got "
            f"{len(names)} names."
        )
    return tuple(names)


def _find_of_model(values: Any, packages: Collection[str]) -> Callable[[str], type]:
    """What a model's kind, and those of the specs in it, stand for in other packages.

    The kind is a model, and the others are of the same package: no other class is called.
    """
    of_model = values.get("kind") if isinstance(values, Mapping) else None

    def find(kind: str) -> type:
        found = MODELS.find_trusted(kind, packages)
        is_class = isinstance(found, type)
        if kind == of_model and not (is_class and issubclass(found, ModelSpec)):
            raise ValueError(f"`kind` must name a model, got {kind!r}.")
        if not is_class or _package(kind) != _package(of_model):
            raise ValueError(f"`kind` must be of the package of {of_model!r}, got {kind!r}.")
        return found

    return find


def _package(kind: Any) -> str:
    """The package of "package.module:Name"."""
    return str(kind).partition(":")[0].partition(".")[0]
