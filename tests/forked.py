"""Processes that do the same at once, forked from one that alone spends seconds on imports.

For programs of the tests: pytest's own process has threads, and must not be forked.
"""

import os
import sys


def start(function):
    """The number of a new process that calls the function, and ends with status 0 or 1."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            sys.stdout.flush()
            status = 0
        finally:
            os._exit(status)
    return pid


def run_together(n, function):
    """Call the function in n processes, and end this one once they have all ended with 0."""
    processes = [start(function) for _ in range(n)]
    statuses = [os.waitpid(pid, 0)[1] for pid in processes]
    sys.exit(any(statuses))
