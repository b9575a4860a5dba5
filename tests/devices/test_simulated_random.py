"""The simulated device draws from a stream of its own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn


def test_a_seed_repeats_draws_but_never_gives_the_cpus_numbers(sim: torch.device) -> None:
    def drawn(place: str) -> list[Tensor]:
        torch.manual_seed(5)
        source = torch.Generator(place).manual_seed(5)
        assert source.initial_seed() == 5
        ones = torch.ones(40, device=place)
        return [
            torch.randn(4, device=place).cpu(),
            torch.randn(4, generator=source, device=place).cpu(),
            torch.rand(4, generator=torch.Generator(place), device=place).cpu(),
            nn.functional.dropout(ones).cpu(),
            torch.bernoulli(ones / 2).cpu(),
        ]

    assert all(torch.equal(a, b) for a, b in zip(drawn("sim"), drawn("sim"), strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(drawn("sim"), drawn("cpu"), strict=True))


def test_the_cpus_random_stream_is_untouched_by_draws_on_the_device(sim: torch.device) -> None:
    torch.manual_seed(3)
    before = torch.rand(2)
    torch.manual_seed(3)
    nn.functional.dropout(torch.ones(9, device=sim))
    torch.rand(5, device=sim)
    assert torch.equal(before, torch.rand(2))


def test_the_random_state_can_be_forked(sim: torch.device) -> None:
    module = torch.get_device_module(sim)
    state = module.get_rng_state()
    with torch.random.fork_rng(devices=[0], device_type="sim"):
        first = torch.rand(3, device=sim)
    assert torch.equal(module.get_rng_state(), state)
    assert torch.equal(first.cpu(), torch.rand(3, device=sim).cpu())


def test_generators_know_their_device_and_stay_generators(sim: torch.device) -> None:
    assert torch.Generator("sim").device == sim
    assert torch.Generator().device.type == "cpu"
    assert isinstance(torch.default_generator, torch.Generator)
    assert not isinstance(object(), torch.Generator)
    with pytest.raises(RuntimeError, match="Expected a 'sim' device type for generator but found 'cpu'"):
        torch.rand(2, generator=torch.Generator(), device=sim)
