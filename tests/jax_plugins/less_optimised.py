"""Programs of a third of the seconds to compile: the same before XLA's last step, to machine code.

JAX itself looks for this folder and calls `initialize` where the folder above is on `sys.path`: in
the tests' processes and in the workers that these start, which must give the same bits. All other
processes compile as users' do, and differ from these in the last bits.
"""

import jax
from jax._src import compiler

_compile_options = compiler.get_compile_options


def initialize():
    jax.config.update("jax_disable_most_optimizations", True)
    compiler.get_compile_options = _less


def _less(*arguments, **named):
    options = _compile_options(*arguments, **named)
    options.env_option_overrides = [
        *options.env_option_overrides,
        ("xla_cpu_use_fusion_emitters", False),  # a second compiler, of single operations
    ]
    return options


def undo():
    jax.config.update("jax_disable_most_optimizations", False)
    compiler.get_compile_options = _compile_options
