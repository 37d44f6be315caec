"""`genlab figure`: a figure of a report or of stored results, in the style of a place."""

import json

import pytest


@pytest.fixture
def reported(tmp_path, mnist1d_mlp, monkeypatch):
    """A folder with the results of one experiment."""
    of_experiment = tmp_path / "genlab-report" / "mnist1d-mlp"
    of_experiment.mkdir(parents=True)
    (of_experiment / "results.json").write_text(json.dumps(mnist1d_mlp.to_json()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_figure_of_a_report(run_genlab, reported):
    status, out, err = run_genlab("figure", "mnist1d-mlp", "--style", "paper", "-o", "a.svg")
    assert (status, err) == (0, "")
    assert out == "a.svg: MNIST-1D: training and test error, constant learning rate\n"
    svg = (reported / "a.svg").read_text()
    assert 'width="321.6"' in svg
    assert "training step" in svg
    assert "constant learning rate</text>" not in svg  # which the caption says
    status, out, _ = run_genlab("figure", "mnist1d-mlp/loss-halving", "-o", "b.pdf")
    assert (status, out.startswith("b.pdf: MNIST-1D: training and test loss")) == (0, True)
    assert (reported / "b.pdf").read_bytes().startswith(b"%PDF")


def test_a_figure_of_stored_results(run_genlab, tmp_path):
    file = tmp_path / "data.png"
    status, _, err = run_genlab("figure", "toy-data/data", "--scale", "quick", "-o", file)
    assert status == 0, err
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["mnist1d-mlp/x", "-o", "a.svg"], 2, "NAME must be one of mnist1d-mlp/error-constant, mn"),
        (["nothing", "-o", "a.svg"], 2, "unknown experiment 'nothing'; there are: mnist1d-constr"),
        (["toy-data", "-o", "a.svg"], 1, "genlab-report holds no results of toy-data: run `genl"),
        (["mnist1d-mlp", "-o", "a.gif"], 2, "-o must be a file that ends in .svg, .pdf, .png, got"),
        (["mnist1d-mlp"], 2, "-o must be a file that ends in .svg, .pdf, .png, got none."),
        (["mnist1d-mlp", "-o", "a.svg", "--style", "poster"], 2, "--style must be one of page, sl"),
        (
            ["mnist1d-mlp", "-o", "a.svg", "--scale", "x"],
            2,
            "--scale must be one of quick, d",
        ),
    ],
)
def test_what_it_cannot_do(run_genlab, reported, arguments, status, sentence):
    found, out, err = run_genlab("figure", *arguments)
    assert (found, out) == (status, "")
    assert sentence in " ".join(err.split())
    assert not list(reported.glob("a.*"))
