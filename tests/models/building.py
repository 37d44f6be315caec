"""Modules of models from one program each, rather than one for each operation of `build`."""

from functools import lru_cache

import equinox as eqx
import jax

from genlab.models import array_shapes


def built(spec, input_shape, n_outputs, seed):
    """What `spec.build` returns."""
    arrays, others = _building(spec, input_shape, n_outputs)
    return eqx.combine(arrays(jax.random.key(seed)), others)


@lru_cache
def _building(spec, input_shape, n_outputs):
    def arrays(key):
        return eqx.filter(spec.build(input_shape, n_outputs, key), eqx.is_array)

    return jax.jit(arrays), array_shapes(spec, input_shape, n_outputs)[1]
