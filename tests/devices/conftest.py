"""Loads the simulated device before any backward() of this process, unless the run is about a real accelerator."""

import pytest

from impl.core import devices, simulated, simulated_backend


def pytest_configure(config):
    asked = str(config.getoption("--tollens-device", default="") or "")
    real = [name for name in devices.ACCELERATORS if name not in dict(devices.not_verified(asked.split(",")))]
    if not real:
        devices.probe("sim")


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    """Leave flags, profile and random states as they were found."""
    import torch

    cudnn = torch.backends.cudnn
    flags = torch.backends.cuda.matmul.fp32_precision, cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision
    mode, profile, state = torch.get_deterministic_debug_mode(), simulated.profile(), torch.get_rng_state()
    yield
    torch.backends.cuda.matmul.fp32_precision, cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision = flags
    torch.set_deterministic_debug_mode(mode)
    torch.set_rng_state(state)
    simulated.select(profile)


@pytest.fixture
def sim():
    """The simulated CUDA device, with torch's default flags."""
    if not simulated_backend.registered():
        pytest.skip("this run computes on a real accelerator; a simulated one needs a run of its own")
    devices.strict(False)
    return devices.probe("sim").torch
