"""Optimal transport against POT and scipy, every workload in one run, on one thread.

    python benchmarks/transport.py        # about six minutes on one core

Ratios are peer ÷ ours, medians of CPU time; what is compared is said at the head of each of the three programs that
run here in turn. Answers are compared before anything is timed.
"""

from __future__ import annotations

import platform

import numpy as np
import ot
import scipy
import torch

from benchmarks import transport_1d, transport_entropic, transport_exact

PARTS = (
    ("Sinkhorn against ot.sinkhorn and ot.batch", transport_entropic.main),
    ("Distances on the line against scipy and POT", transport_1d.main),
    ("The exact programme against ot.emd", transport_exact.main),
)


def main() -> None:
    """Run the parts."""
    versions = (("torch", torch), ("numpy", np), ("scipy", scipy), ("POT", ot))
    told = ", ".join(f"{name} {library.__version__}" for name, library in versions)
    print(f"Python {platform.python_version()}, {told}")
    for title, part in PARTS:
        print(f"\n{title}", flush=True)
        part()


if __name__ == "__main__":
    main()
