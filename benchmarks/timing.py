"""What the benchmarks share: CPU time on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch and for the linear algebra of NumPy and scipy, whose other threads CPU time would count."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds that this process spends on a piece of work."""
    started = time.process_time()
    work()
    return time.process_time() - started
