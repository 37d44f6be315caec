"""Fields of a spec from texts: what each type of field reads, and nothing else."""

import re
from dataclasses import dataclass

import pytest

from genlab.cli._fields import spec_from_texts


@dataclass(frozen=True)
class Spec:
    n: int = 1
    rate: float = 0.5
    on: bool = False
    name: str = "a"
    sizes: tuple[int, ...] = (1,)
    rates: tuple[float, ...] = ()
    most: int | None = 3


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
    ],
)
def test_a_text_is_a_value(text, value):
    read = getattr(spec_from_texts(Spec, [text]), text.split("=")[0].strip())
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
        (["sizes=1,,2"], "`sizes` must be an integer, or several between commas, got '1,,2'."),
        (["sizes=(1,2)"], "`sizes` must be an integer, or several between commas, got '(1,2)'."),
        (["most=all"], "`most` must be an integer or none, got 'all'."),
        (["n"], "a field must be set as FIELD=VALUE, got 'n'."),
        (["m=1"], "Spec has no field 'm'; it has n, rate, on, name, sizes, rates, most."),
        (["__class__=1"], "Spec has no field '__class__'; it has"),
        (["n=1", "n=2"], "`n` must be given once, got it again: 'n=2'."),
    ],
)
def test_what_is_none(texts, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        spec_from_texts(Spec, texts)


def test_without_texts_the_defaults_stand():
    assert spec_from_texts(Spec, []) == Spec()
