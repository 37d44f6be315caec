"""Programs of a third of the seconds to compile: the same before XLA's last step, to machine code.

JAX looks for a folder of this name and calls `initialize`. The folder that holds it is on the path
of the tests and of the processes that they start, which must all give the same bits. A process with
$GENLAB_TESTS_OPTIMISE compiles as users' do: long training then takes a third of the seconds.
"""

import os

import jax
from jax._src import compiler

_compile_options = compiler.get_compile_options


def initialize():
    if "GENLAB_TESTS_OPTIMISE" in os.environ:
        return
    jax.config.update("jax_disable_most_optimizations", True)
    compiler.get_compile_options = _less


def _less(*arguments, **named):
    options = _compile_options(*arguments, **named)
    options.env_option_overrides = [
        *options.env_option_overrides,
        ("xla_cpu_use_fusion_emitters", False),  # a second compiler, of single operations
        ("xla_cpu_parallel_codegen_split_count", 1),  # of 32 parts: one takes two thirds as long
    ]
    return options
