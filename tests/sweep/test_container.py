"""The limits of a container: both versions of Linux's control groups, from files made up here."""

import math

import pytest

from genlab.sweep.executors import _local as local
from genlab.sweep.executors._container import cores_of_container, memory_of_container

# Files of the kernel, by path below the root, and the cores and the bytes that they allow.
V2 = {"proc/self/cgroup": "0::/\n"}
V1 = {"proc/self/cgroup": "5:cpu,cpuacct:/docker/3f\n4:memory:/docker/3f\n1:name=systemd:/x\n"}
CPU, MEMORY = "sys/fs/cgroup/cpu,cpuacct", "sys/fs/cgroup/memory"
CASES = {
    "no Linux": ({}, None, None),
    "2: no limit": (
        V2 | {"sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n"},
        None,
        None,
    ),
    "2: docker run --cpus 1.5 --memory 1g": (
        V2
        | {
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/memory.max": "1073741824\n",
            "sys/fs/cgroup/memory.current": "500000000\n",
            "sys/fs/cgroup/memory.stat": "anon 1\nfile 2\ninactive_file 100000000\n",
        },
        2,
        1073741824 - 400000000,
    ),
    "2: the limit of a group around it": (
        {
            "proc/self/cgroup": "0::/slurm/job/step\n",
            "sys/fs/cgroup/slurm/job/cpu.max": "400000 100000",
            "sys/fs/cgroup/slurm/job/step/cpu.max": "800000 100000",
            "sys/fs/cgroup/slurm/job/memory.max": "1000",
            "sys/fs/cgroup/slurm/job/memory.current": "1600",
        },
        4,
        0,
    ),
    "1: with the host's path, as Docker shows it": (
        V1
        | {
            f"{CPU}/cpu.cfs_quota_us": "50000\n",
            f"{CPU}/cpu.cfs_period_us": "100000\n",
            f"{MEMORY}/memory.limit_in_bytes": "2000000\n",
            f"{MEMORY}/memory.usage_in_bytes": "900000\n",
            f"{MEMORY}/memory.stat": "cache 5\ntotal_inactive_file 400000\n",
        },
        1,
        1500000,
    ),
    "1: no limit": (
        V1
        | {
            f"{CPU}/cpu.cfs_quota_us": "-1\n",
            f"{CPU}/cpu.cfs_period_us": "100000\n",
            f"{MEMORY}/memory.limit_in_bytes": "9223372036854771712\n",
            f"{MEMORY}/memory.usage_in_bytes": "900000\n",
        },
        None,
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_limits_of_a_container(tmp_path, name):
    files, cores, memory = CASES[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert cores_of_container(tmp_path) == cores
    assert memory_of_container(tmp_path) == memory


def test_a_quota_and_a_limit_come_before_what_the_host_has(monkeypatch):
    monkeypatch.delenv("GENLAB_JOBS")
    cores, free = local.available_cores(), local.available_memory()
    monkeypatch.setattr(local, "cores_of_container", lambda: 1)
    monkeypatch.setattr(local, "memory_of_container", lambda: 1e6)
    assert (local.available_cores(), local.available_memory()) == (1, 1e6)
    monkeypatch.setattr(local, "cores_of_container", lambda: 10_000)
    monkeypatch.setattr(local, "memory_of_container", lambda: math.inf)
    assert local.available_cores() == cores
    assert free is None or local.available_memory() == pytest.approx(free, rel=0.5)
