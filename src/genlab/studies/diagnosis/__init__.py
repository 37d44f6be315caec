"""What a model's error consists of, and what would lower it."""

from genlab.studies.diagnosis._advice import Advice
from genlab.studies.diagnosis._diagnose import diagnose
from genlab.studies.diagnosis._diagnosis import Diagnosis
from genlab.studies.diagnosis._effort import EFFORTS, Effort
from genlab.studies.diagnosis._part import Part
from genlab.studies.diagnosis._regions import ErrorRegions, error_regions
from genlab.studies.diagnosis._rows import RowFindings, row_findings

__all__ = [
    "EFFORTS",
    "Advice",
    "Diagnosis",
    "Effort",
    "ErrorRegions",
    "Part",
    "RowFindings",
    "diagnose",
    "error_regions",
    "row_findings",
]
