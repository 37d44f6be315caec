"""What JAX finds in the environment: a mistake there is the user's, and is told as one."""

import os
import subprocess
import sys

from genlab._base.environment import why_no_device


def raised(module, error):
    try:
        exec("raise error", {"__name__": module, "error": error})
    except Exception as caught:
        return caught


def test_only_jaxs_own_assertion_is_about_the_device(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    sentence = why_no_device(raised("jax._src.xla_bridge", AssertionError()))
    assert sentence.endswith("such as cpu, got 'cuda'.")
    refused = RuntimeError("Unable to initialize backend 'rocm': It is not known. (set ...)")
    assert why_no_device(refused).endswith("got 'rocm': It is not known.")
    monkeypatch.setenv("JAX_PLATFORMS", "gpu")  # JAX tries cuda and rocm for it
    assert why_no_device(refused).endswith("such as cpu, got 'gpu'.")
    assert why_no_device(raised("genlab.training", AssertionError())) is None
    assert why_no_device(ValueError("Unable to initialize backend 'cuda'")) is None


def test_an_unknown_platform_is_no_defect(tmp_path):
    train = "train --dataset mnist1d --set hidden=5 --steps 1 -o model"
    done = subprocess.run(
        [sys.executable, "-m", "genlab", *train.split()],
        cwd=tmp_path,
        env={**os.environ, "JAX_PLATFORMS": "moon"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("genlab: ")]
    assert len(said) == 1
    assert said[0].startswith("genlab: $JAX_PLATFORMS must name devices that JAX has here, such as")
    assert "got 'moon'" in said[0]
    assert "defect" not in done.stderr


def test_this_process_compiles_like_those_that_it_starts():
    """Otherwise their bits differ: see tests/compiling."""
    import jax.numpy as jnp
    from jax._src import compiler

    jnp.zeros(1)  # JAX starts
    assert compiler.get_compile_options.__module__ == "jax_plugins.less_optimised"
