"""What `make lint` makes of an audit of the dependencies."""

import importlib.util
import json
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "benchmarks" / "audit.py"


@pytest.fixture(scope="module")
def judged():
    if not PROGRAM.exists():
        pytest.skip("the benchmarks are not beside the tests")
    spec = importlib.util.spec_from_file_location("audit", PROGRAM)
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    return audit.judged


def report(*dependencies):
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


def package(name, *vulnerabilities):
    vulns = [{"id": id_, "fix_versions": list(fixes)} for id_, *fixes in vulnerabilities]
    return {"name": name, "version": "1.0", "vulns": vulns}


SKIPPED = {"name": "mine", "skip_reason": "not found"}
CASES = {
    "none": (
        report(package("a"), package("b")),
        ["2 of 2 pinned packages audited: no known vulnerabilities."],
        0,
    ),
    "one that is mended": (
        report(package("a", ("PYSEC-1", "1.1", "2.0")), package("b")),
        [
            "2 of 2 pinned packages audited: 1 known vulnerability.",
            "a 1.0: PYSEC-1, mended in 1.1, 2.0: run `make lock`.",
        ],
        1,
    ),
    "one without a newer version": (
        report(package("a", ("PYSEC-1",)), SKIPPED),
        [
            "1 of 2 pinned packages audited: 1 known vulnerability.",
            "a 1.0: PYSEC-1, no version mends it yet.",
            "mine: not audited (not found).",
        ],
        0,
    ),
    "both": (report(package("a", ("X-1",), ("X-2", "9"))), None, 1),
    # An index that knows none of them must not pass for an audit.
    "nothing looked at": (
        report(SKIPPED),
        [
            "0 of 1 pinned packages audited: no known vulnerabilities.",
            "mine: not audited (not found).",
        ],
        1,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_audit(judged, case):
    output, sentences, status = CASES[case]
    found = judged(output, "No known vulnerabilities found")
    assert found[1] == status
    assert sentences is None or found[0] == sentences


@pytest.mark.parametrize(
    ("errors", "start", "status"),
    [
        (
            "Traceback (most recent call last):\nrequests.exceptions.ConnectionError: no such host",
            "Not audited for known vulnerabilities: their database, OSV, is not reached (requests",
            0,
        ),
        (
            "ERROR:pip_audit._cli:Could not connect to OSV's vulnerability feed\n"
            "ERROR:pip_audit._cli:Tip: your network may be blocking this service.",
            "Not audited for known vulnerabilities: their database, OSV, is not reached (ERROR",
            0,
        ),
        (
            "/venv/bin/python: No module named pip_audit",
            "Not audited for known vulnerabilities: the audit failed (/venv/bin/python: No module",
            1,
        ),
        ("", "Not audited for known vulnerabilities: the audit failed (no output).", 1),
    ],
)
def test_an_audit_that_could_not_be_made(judged, errors, start, status):
    (sentence,), found = judged("", errors)
    assert sentence.startswith(start)
    assert found == status
