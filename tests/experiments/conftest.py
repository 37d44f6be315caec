"""Networks are trained to make tables, and the tables are what is compared."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def _compiled_in_less_time(less_optimised):
    pass
