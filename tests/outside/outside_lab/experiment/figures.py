"""The figure of the experiment."""

from __future__ import annotations

import altair as alt

from genlab.charts import Figure, data, titled
from genlab.experiments import ExperimentResult


def figures(result: ExperimentResult) -> list[Figure]:
    """Test error against distance."""
    points = data(result.tables["errors"]).mark_circle().encode(x="distance:Q", y="estimate:Q")
    chart = titled(alt.layer(points), "Test error against distance", "one dot per distance")
    return [Figure(name="errors", caption="Classes further apart.", chart=chart)]
