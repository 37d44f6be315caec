"""Models are compared with NumPy, within rounding."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def _compiled_in_less_time(less_optimised):
    pass
