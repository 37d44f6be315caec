"""`mnist1d-tsne`, shrunken: neighbours by brute force, with and without MNIST."""

import numpy as np
import pytest
from experiments.quick import by, drawn, ran
from scipy import stats
from scipy.spatial.distance import cdist

from genlab.datasets import make_mnist1d
from genlab.experiments.mnist1d_tsne import PROTOCOLS, Protocol
from genlab.report import write_report

TINY = Protocol(n_embedded=60, perplexity=5)


def test_the_protocols():
    assert [PROTOCOLS[scale].n_embedded for scale in ("quick", "default", "paper")] == [
        1500, 4000, 4000
    ]  # fmt: skip
    for protocol in PROTOCOLS.values():
        assert (protocol.n_neighbours, protocol.perplexity) == (5, 30)


def test_neighbours_and_embedding(small_mnist):
    result = ran("mnist1d-tsne", TINY)
    neighbours = by(result.tables["neighbours"], "dataset", "space")
    assert neighbours["MNIST", "test_inputs"]["estimate"] == 1.0  # its classes are far apart
    row = neighbours["MNIST-1D", "test_inputs"]
    data = make_mnist1d()
    distances = cdist(data.x_test, data.x_train)
    votes = data.y_train[np.argsort(distances, axis=1)[:, :5]]
    winners = [np.bincount(labels, minlength=10).argmax() for labels in votes]
    assert row["estimate"] == pytest.approx(np.mean(winners == data.y_test), abs=0.002)
    wilson = stats.binomtest(round(row["estimate"] * 1000), 1000).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high))
    assert len(result.tables["embedding"]) == 120
    assert list(drawn(result)) == ["neighbours", "tsne-mnist", "tsne-mnist-1d"]
    assert "Yes in MNIST" in result.answer
    assert result.missing == []
    again = ran("mnist1d-tsne", TINY)
    assert again.tables == result.tables


def test_without_mnist(no_mnist, tmp_path):
    result = ran("mnist1d-tsne", TINY)
    assert {row["dataset"] for row in result.tables["embedding"]} == {"MNIST-1D"}
    [missing] = result.missing
    assert missing["name"] == "MNIST"
    assert "train-images-idx3-ubyte.gz is not there" in missing["reason"]
    assert "in MNIST:" not in result.answer
    page = write_report([result], tmp_path, "genlab reproduce").read_text()
    assert page.count("train-images-idx3-ubyte.gz is not there") == 1
    assert "embedding.csv" in (tmp_path / "mnist1d-tsne" / "index.html").read_text()
