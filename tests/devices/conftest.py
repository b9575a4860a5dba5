"""What the device tests share. `tests/conftest.py` has put the simulated device in place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from impl.core import devices, simulated, simulated_backend


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """Leave flags, profile and random state as they were found."""
    cudnn = torch.backends.cudnn
    precision = torch.backends.cuda.matmul.fp32_precision, cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision
    mode, profile, state = torch.get_deterministic_debug_mode(), simulated.profile(), torch.get_rng_state()
    yield
    torch.backends.cuda.matmul.fp32_precision, cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision = precision
    torch.set_deterministic_debug_mode(mode)
    torch.set_rng_state(state)
    simulated.select(profile)


@pytest.fixture
def sim() -> torch.device:
    """The simulated CUDA device, with torch's default flags."""
    if not simulated_backend.registered():
        pytest.skip("this run computes on a real accelerator; a simulated one needs a run of its own")
    devices.strict(False)
    return torch.device(devices.probe("sim").torch.type, 0)
