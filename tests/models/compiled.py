"""Compiling for tests that compare numbers and time nothing: half the seconds of the default."""

from functools import lru_cache, partial

import equinox as eqx
import jax

from genlab.models import array_shapes

#: The same program, turned into machine code that is less optimised.
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def built(spec, input_shape, n_outputs, seed):
    """What `spec.build` returns, from one program rather than one for each of its operations."""
    arrays, others = _building(spec, input_shape, n_outputs)
    return eqx.combine(arrays(jax.random.key(seed)), others)


@lru_cache
def _building(spec, input_shape, n_outputs):
    def arrays(key):
        return eqx.filter(spec.build(input_shape, n_outputs, key), eqx.is_array)

    return compiled(arrays), array_shapes(spec, input_shape, n_outputs)[1]
