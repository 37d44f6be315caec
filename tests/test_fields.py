"""Fields from texts, as `--set` gives them: what each type of field reads, and nothing else."""

import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from genlab._base.texts import read_value
from genlab.cli._settings import read_ranges, read_settings
from genlab.training import CosineDecay, StepDecay


@dataclass(frozen=True)
class Spec:
    n: int = 1
    rate: float = 0.5
    on: bool = False
    name: str = "a"
    sizes: tuple[int, ...] = (1,)
    rates: tuple[float, ...] = ()
    most: int | None = 3
    schedule: StepDecay | CosineDecay | None = None
    weights: Mapping[str, float] | tuple[float, ...] | str | None = None


TYPES = typing.get_type_hints(Spec)
NAMES = "n, rate, on, name, sizes, rates, most, schedule, weights"


def spec_from_texts(texts):
    return Spec(**read_settings(texts, TYPES, "Spec"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n=-2", -2),
        (" n = 7 ", 7),
        ("rate=1e-3", 0.001),
        ("on=True", True),
        ("on=false", False),
        ("name=b=c", "b=c"),
        ("name=none", "none"),
        ("sizes=3", (3,)),
        ("sizes=3, 4,5", (3, 4, 5)),
        ("sizes=3,", (3,)),
        ("sizes=", ()),
        ("rates=1,0.5", (1.0, 0.5)),
        ("most=none", None),
        ("most=4", 4),
        ("schedule=none", None),
        ("schedule=cosinedecay", CosineDecay()),
        ("weights=none", None),
        ("weights=balanced", "balanced"),
        ("weights=a=1, b c=2.5", {"a": 1.0, "b c": 2.5}),
        ("weights=x=y=3", {"x=y": 3.0}),
        ("weights=1,2", (1.0, 2.0)),
        ("weights=a=1,a=2", "a=1,a=2"),
    ],
)
def test_a_text_is_a_value(text, value):
    read = getattr(spec_from_texts([text]), text.split("=")[0].strip())
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["n=1.5"], "`n` must be an integer, got '1.5'."),
        (["n="], "`n` must be an integer, got ''."),
        (["n=1+1"], "`n` must be an integer, got '1+1'."),
        (["rate=fast"], "`rate` must be a number, got 'fast'."),
        (["on=1"], "`on` must be true or false, got '1'."),
        (["sizes=1,,2"], "`sizes` must be an integer, or several separated by commas, got '1,,2'."),
        (
            ["sizes=(1,2)"],
            "`sizes` must be an integer, or several separated by commas, got '(1,2)'.",
        ),
        (["schedule=StepDecay()"], "`schedule` must be StepDecay or CosineDecay or none, got"),
        (["most=all"], "`most` must be an integer or none, got 'all'."),
        (["n"], "--set must be NAME=VALUE, got 'n'."),
        (
            ["m=1"],
            f"--set must name a field of Spec ({NAMES}), got 'm'.",
        ),
        (
            ["__class__=1"],
            f"--set must name a field of Spec ({NAMES}), got '__class__'.",
        ),
        (["n=1", "n=2"], "--set must name 'n' once, got it again."),
    ],
)
def test_what_is_none(texts, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        spec_from_texts(texts)


def test_without_texts_the_defaults_stand():
    assert spec_from_texts([]) == Spec()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("3.0", 3.0),
        ("1e-3", 0.001),
        ("none", None),
        ("True", True),
        ("scale", "scale"),
        ("scale,0.1,none", ("scale", 0.1, None)),
        ("5,", (5,)),
        ("", ""),
    ],
)
def test_a_text_of_no_type_is_what_it_looks_like(text, value):
    for read in (read_value(text), read_value(text, Any), read_settings([f"a={text}"], None)["a"]):
        assert read == value
        assert type(read) is type(value)


def test_ranges_and_options():
    texts = ["n=1..9:step=2", "rate=1e-4..0.1:log", "sizes=3,4", "most=1,none", "name=1,b"]
    assert read_ranges(texts, TYPES, "Spec") == {
        "n": {"low": 1, "high": 9, "step": 2},
        "rate": {"low": 1e-4, "high": 0.1, "log": True},
        "sizes": [(3,), (4,)],
        "most": [1, None],
        "name": ["1", "b"],
    }
    assert read_ranges(["a=1,b,none"], None) == {"a": [1, "b", None]}
    for text in ("n=1..x", "n=1..3:lin", "n=1..3:step"):
        with pytest.raises(ValueError, match=r"--search must be LOW..HIGH, then :log or :step=N"):
            read_ranges([text], TYPES, "Spec")
    with pytest.raises(ValueError, match="`n` must be an integer, got 'x'"):
        read_ranges(["n=1,x"], TYPES, "Spec")
