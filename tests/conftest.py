"""What the whole suite shares: one torch thread, and the simulated device in place before the first backward pass."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly:
        return  # listing the tests stays without torch
    from impl.core import devices

    devices.probe("sim")
    devices.strict(True)
    import torch

    torch.set_num_threads(1)
