"""Support vector machines and kernel logistic regression against scikit-learn, in one run, on one thread.

    python benchmarks/kernel.py

Ratios are peer ÷ ours, medians of CPU time; what is compared is said at the head of each of the two programs that run
here in turn. Answers are compared before anything is timed.
"""

from __future__ import annotations

import platform
from importlib.metadata import version

from benchmarks import kernel_logistic, kernel_svm

PARTS = (
    ("Support vector machines", kernel_svm.main),
    ("Kernel logistic regression", kernel_logistic.main),
)


def main() -> None:
    """Run the parts."""
    told = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scikit-learn"))
    print(f"Python {platform.python_version()}, {told}")
    for title, part in PARTS:
        print(f"\n{title}", flush=True)
        part()


if __name__ == "__main__":
    main()
