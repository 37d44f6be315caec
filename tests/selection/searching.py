"""A program of the tests: processes that share one search, some of them killed.

It reads one search per line, a JSON list of URL, SAMPLER, N_TRIALS, N_PROCESSES, N_KILLS, SEED
and LOG, and writes each as a line of JSON. LOG gets a line per fit. The processes are forked, so
that only this one spends seconds on imports.
"""

import json
import os
import random
import signal
import sys
import time

import numpy as np
from forked import start
from sklearn.base import BaseEstimator, ClassifierMixin

from genlab.datasets import Dataset
from genlab.selection import Choice, Integer, Real, Space, select

SECONDS = 0.05


class Slow(ClassifierMixin, BaseEstimator):
    def __init__(self, c=1.0, k=0, kind="a"):
        self.c, self.k, self.kind = c, k, kind

    def fit(self, x, y):
        with open(LOG, "a") as log:
            log.write(json.dumps([os.getpid(), repr((self.c, self.k, self.kind))]) + "\n")
        self.classes_ = np.unique(y)
        time.sleep(random.uniform(0, 2 * SECONDS))
        return self

    def predict(self, x):
        return (np.arange(len(x)) > len(x) * min(1.0, self.c / 2 + self.k / 40)).astype(int)


X = np.arange(400.0)[:, None]
DATA = Dataset(X, np.arange(400) % 2, X[:0], [])


def search():
    parameters = {"k": Integer(0, 19), "kind": Choice("a", "b", "c")}
    if SAMPLER != "grid":
        parameters["c"] = Real(0.0, 1.0)
    space = Space(estimator=Slow(), parameters=parameters)
    return select(space, DATA, n_trials=N_TRIALS, sampler=SAMPLER, store=URL, refit=False, seed=1)


def main():
    chance = random.Random(SEED)
    pids = [start(search) for _ in range(N_PROCESSES)]
    for _ in range(N_KILLS):
        time.sleep(chance.uniform(0, 1.0))
        victim = chance.choice(pids)
        os.kill(victim, signal.SIGKILL)
        if chance.random() < 0.5:  # else it stays a zombie for a while
            os.waitpid(victim, 0)
        pids[pids.index(victim)] = start(search)
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    frame = search().to_frame().drop(columns=["seconds"])
    sys.stdout.write(json.dumps({"statuses": statuses, "trials": frame.to_dict("records")}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for line in sys.stdin:
        URL, SAMPLER, N_TRIALS, N_PROCESSES, N_KILLS, SEED, LOG = json.loads(line)
        main()
