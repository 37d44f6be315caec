"""Known vulnerabilities of the pinned requirements, as pip-audit finds them in the OSV database.

`make lint` calls it. A vulnerability that a newer version mends fails; one without such a version
is told. Where the database cannot be reached it says so and fails nothing: a build without a
network must pass.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_PINNED = Path(__file__).parents[1] / "requirements" / "dev.txt"
_COMMAND = (
    *("-m", "pip_audit", "--vulnerability-service", "osv", "--format", "json"),
    *("--progress-spinner", "off", "--disable-pip", "--require-hashes", "--requirement"),
)
# What is said where the server is not reached or fails: by Requests, and by pip-audit itself.
_NOT_REACHED = (
    *("ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError"),
    *("ServiceError", "your network may be blocking this service"),
)


def main() -> int:
    """Audit the pinned requirements; returns the exit status."""
    command = [sys.executable, *_COMMAND, str(_PINNED)]
    audit = subprocess.run(command, capture_output=True, text=True, check=False)
    sentences, status = judged(audit.stdout, audit.stderr)
    print("\n".join(sentences))
    return status


def judged(output: str, errors: str) -> tuple[list[str], int]:
    """What an audit says, in sentences, and the exit status.

    Parameters
    ----------
    output
        What pip-audit wrote to standard output: JSON, unless it failed.
    errors
        What it wrote to standard error.
    """
    try:
        found = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (errors.strip().splitlines() or ["no output"])[-1]
        reached = not any(sign in errors for sign in _NOT_REACHED)
        what = "the audit failed" if reached else "their database, OSV, is not reached"
        return [f"Not audited for known vulnerabilities: {what} ({reason[:120]})."], int(reached)
    looked_at = [one for one in found if "skip_reason" not in one]
    known = [(one, vulnerability) for one in looked_at for vulnerability in one["vulns"]]
    noun = "vulnerability" if len(known) == 1 else "vulnerabilities"
    audited = f"{len(looked_at)} of {len(found)} pinned packages audited"
    sentences = [f"{audited}: {len(known) or 'no'} known {noun}."]
    for one, vulnerability in known:
        versions = ", ".join(vulnerability["fix_versions"])
        mended = f"mended in {versions}: run `make lock`" if versions else "no version mends it yet"
        sentences.append(f"{one['name']} {one['version']}: {vulnerability['id']}, {mended}.")
    sentences += [
        f"{one['name']}: not audited ({one['skip_reason']})."
        for one in found
        if "skip_reason" in one
    ]
    nothing = bool(found) and not looked_at
    return sentences, int(nothing or any(each["fix_versions"] for _, each in known))


if __name__ == "__main__":
    sys.exit(main())
