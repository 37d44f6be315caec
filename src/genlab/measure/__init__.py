"""Measures: functions from arrays to numbers with intervals, without training."""

from genlab.measure import theory
from genlab.measure._absolute_error import absolute_error_parts
from genlab.measure._agreement import AGREEMENT_RULES, Agreement, agreement
from genlab.measure._best_of import expected_best_of
from genlab.measure._binned import binned_means
from genlab.measure._bounded import error_interval, loss_interval, percent_interval
from genlab.measure._brier import brier_parts
from genlab.measure._calibrated import CalibrationTest, calibration_test
from genlab.measure._calibration import Reliability, reliability
from genlab.measure._capacity import (
    DoubleDescent,
    Extremum,
    difference_interval,
    double_descent,
    regimes,
)
from genlab.measure._classification import class_errors, confusion_matrix, most_confused
from genlab.measure._comparison import MARK_RULES, Comparison, Mark, compare
from genlab.measure._cross_entropy import cross_entropy_parts
from genlab.measure._cross_validation import (
    cross_validated_difference,
    cross_validated_interval,
)
from genlab.measure._ensembles import ensemble_components, ensemble_difference
from genlab.measure._evaluation import Evaluation, evaluate
from genlab.measure._forecast import Forecast, fit_forecast
from genlab.measure._intervals import (
    Interval,
    deviation_interval,
    jackknife_interval,
    mean_interval,
    quantile_interval,
    student_interval,
    variance_interval,
)
from genlab.measure._kohavi_wolpert import kohavi_wolpert_parts
from genlab.measure._label_issues import (
    LabelIssues,
    UnusualTargets,
    label_issues,
    unusual_targets,
)
from genlab.measure._loss_parts import LossParts
from genlab.measure._peak import (
    PeakTest,
    RiseTest,
    highest_positions,
    pairwise_intervals,
    peak_test,
    rise_test,
)
from genlab.measure._power_law import PowerLaw, fit_power_law
from genlab.measure._proportion import (
    clopper_pearson_interval,
    proportion_difference_interval,
    wilson_interval,
)
from genlab.measure._pure_error import PureError, pure_error
from genlab.measure._regression import RegressionEvaluation, evaluate_regression
from genlab.measure._roughness import (
    PathRoughness,
    class_changes,
    neither_fraction,
    path_roughness,
)
from genlab.measure._sample_size import equivalent_sample_size
from genlab.measure._score_interval import evaluate_score, score_interval
from genlab.measure._scores import SCORES, Score, Scored, get_score
from genlab.measure._selection import (
    Gain,
    Optimism,
    RankingUncertainty,
    gain_over_default,
    optimism,
    ranking_uncertainty,
)
from genlab.measure._squared_error import ErrorParts, squared_error_parts
from genlab.measure._squared_loss import squared_loss_parts
from genlab.measure._tails import tail_index
from genlab.measure._threshold import Threshold, interpolation_threshold
from genlab.measure._total_effects import total_effect_shares, total_effect_variances
from genlab.measure._trivial import trivial_error
from genlab.measure._variance_components import (
    VarianceComponents,
    variance_components,
)
from genlab.measure._zero_one import zero_one_parts

__all__ = [
    "AGREEMENT_RULES",
    "MARK_RULES",
    "SCORES",
    "Agreement",
    "CalibrationTest",
    "Comparison",
    "DoubleDescent",
    "ErrorParts",
    "Evaluation",
    "Extremum",
    "Forecast",
    "Gain",
    "Interval",
    "LabelIssues",
    "LossParts",
    "Mark",
    "Optimism",
    "PathRoughness",
    "PeakTest",
    "PowerLaw",
    "PureError",
    "RankingUncertainty",
    "RegressionEvaluation",
    "Reliability",
    "RiseTest",
    "Score",
    "Scored",
    "Threshold",
    "UnusualTargets",
    "VarianceComponents",
    "absolute_error_parts",
    "agreement",
    "binned_means",
    "brier_parts",
    "calibration_test",
    "class_changes",
    "class_errors",
    "clopper_pearson_interval",
    "compare",
    "confusion_matrix",
    "cross_entropy_parts",
    "cross_validated_difference",
    "cross_validated_interval",
    "deviation_interval",
    "difference_interval",
    "double_descent",
    "ensemble_components",
    "ensemble_difference",
    "equivalent_sample_size",
    "error_interval",
    "evaluate",
    "evaluate_regression",
    "evaluate_score",
    "expected_best_of",
    "fit_forecast",
    "fit_power_law",
    "gain_over_default",
    "get_score",
    "highest_positions",
    "interpolation_threshold",
    "jackknife_interval",
    "kohavi_wolpert_parts",
    "label_issues",
    "loss_interval",
    "mean_interval",
    "most_confused",
    "neither_fraction",
    "optimism",
    "pairwise_intervals",
    "path_roughness",
    "peak_test",
    "percent_interval",
    "proportion_difference_interval",
    "pure_error",
    "quantile_interval",
    "ranking_uncertainty",
    "regimes",
    "reliability",
    "rise_test",
    "score_interval",
    "squared_error_parts",
    "squared_loss_parts",
    "student_interval",
    "tail_index",
    "theory",
    "total_effect_shares",
    "total_effect_variances",
    "trivial_error",
    "unusual_targets",
    "variance_components",
    "variance_interval",
    "wilson_interval",
    "zero_one_parts",
]
