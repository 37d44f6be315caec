"""Known vulnerabilities of the pinned requirements, where pip-audit and its service are at hand.

`make lint` calls it. Without pip-audit or its service it says so, and fails nothing: a build
without a network must pass. The exit status is 1 where a pinned version has a known vulnerability.
"""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

_SERVICE = ("api.osv.dev", 443)
_PINNED = Path(__file__).parents[1] / "requirements" / "dev.txt"


def main() -> int:
    """Audit the pinned requirements; returns the exit status."""
    if importlib.util.find_spec("pip_audit") is None:
        print("Not audited for known vulnerabilities: pip-audit is not installed.")
        return 0
    try:
        socket.create_connection(_SERVICE, timeout=5).close()
    except OSError as error:
        print(f"Not audited for known vulnerabilities: {_SERVICE[0]} is not reached ({error}).")
        return 0
    command = ["-m", "pip_audit", "--vulnerability-service", "osv", "--disable-pip", "--no-deps"]
    audit = subprocess.run([sys.executable, *command, "--requirement", str(_PINNED)], check=False)
    return audit.returncode


if __name__ == "__main__":
    sys.exit(main())
