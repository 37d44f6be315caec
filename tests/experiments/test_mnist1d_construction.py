"""`mnist1d-construction` against the data set itself, with and without MNIST."""

from experiments.quick import drawn, ran

from genlab.datasets import make_mnist1d
from genlab.experiments import figures


def test_the_stages_and_examples_are_those_of_the_data_set(small_mnist):
    result = ran("mnist1d-construction")
    data = make_mnist1d()
    finished = [row["value"] for row in result.tables["stages"] if row["stage"] == "standardise"]
    assert finished == data.x_train[0].tolist()
    signals = {}
    for row in result.tables["examples"]:
        signals.setdefault((row["set"], row["index"], row["label"]), []).append(row["value"])
    assert len(signals) == 50
    for (part, index, label), values in signals.items():
        assert values == getattr(data, f"x_{part}")[index].tolist()
        assert label == getattr(data, f"y_{part}")[index]
    assert {row["label"] for row in result.tables["digits"]} == set(range(10))
    stages, templates, examples = figures(result)
    assert [stages.name, templates.name, examples.name] == ["stages", "templates", "examples"]
    assert "below the digits" in templates.caption
    assert result.missing == []


def test_without_mnist(no_mnist):
    result = ran("mnist1d-construction")
    assert result.tables["digits"] == []
    [missing] = result.missing
    assert missing["name"] == "MNIST"
    assert "train-images-idx3-ubyte.gz is not there" in missing["reason"]
    assert "$GENLAB_DATA_HOME" in missing["reason"]
    assert "digits" not in drawn(result)["templates"].caption
