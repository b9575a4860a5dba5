"""How much memory one large problem takes: the peak of a fresh process, in cost matrices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

N = 2000
MOST = 4.0
SCRIPT = """
import sys
import torch
from impl.transport.sinkhorn import sinkhorn, solve

def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

torch.set_num_threads(1)
n, eps, tol, sweeps = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
small = torch.full((50,), 1 / 50), torch.full((50,), 1 / 50), torch.rand(50, 50)
for e in (0.5, 1e-4):  # libraries are loaded and have their buffers
    solve(*small, e, max_iter=30, tol=tol).plan
weights = torch.full((n,), 1 / n)
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")  # the peak is reset to what is held now
before = kilobytes("VmRSS")
C = torch.rand(n, n, generator=torch.Generator().manual_seed(0))
plan = solve(weights, weights, C, eps, max_iter=sweeps, tol=tol).plan
print((kilobytes("VmHWM") - before) * 1024 / (n * n * 4))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads the peak where Linux keeps it")
@pytest.mark.parametrize(("eps", "tol", "sweeps"), [(0.05, 0.0, 5), (0.001, 1e-3, 12)])
def test_a_large_problem_takes_at_most_four_cost_matrices_with_its_own_and_the_plan(
    eps: float, tol: float, sweeps: int
) -> None:
    given = [str(value) for value in (N, eps, tol, sweeps)]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *given], capture_output=True, text=True, check=True)
    assert float(done.stdout) <= MOST
