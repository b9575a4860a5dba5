"""Nineteen mistakes in device code, each beside its fixed twin: the mutants of the device layer.

Each function takes a (64, 8) float32 tensor on some device. A mistake must be caught where `caught_on` says so, a
twin must be clean everywhere. As a script, `python bug_pairs.py cuda` judges all of them and prints JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from impl.core.devices import UNIT_ROUNDOFF, Device, probe, strict

Step = Callable[[Tensor], Tensor]
SIMULATED = ("sim", "sim-mps")
EVERYWHERE = (*SIMULATED, "cuda")


@dataclass(frozen=True)
class Pair:
    """A mistake, its twin, how often the twin makes the host wait, and the devices on which the mistake must show."""

    name: str
    bug: Step
    twin: Step
    waits: int = 0
    caught_on: tuple[str, ...] = EVERYWHERE


def weights_on_the_default_device(x: Tensor) -> Tensor:
    return x * torch.ones(x.shape[-1])


def weights_like_the_input(x: Tensor) -> Tensor:
    return x * x.new_ones(x.shape[-1])


def _row_sums_into(out: Tensor, x: Tensor) -> Tensor:
    for i in range(4):
        out[i] = x[i].sum()
    return out


def answer_built_on_the_host(x: Tensor) -> Tensor:
    return _row_sums_into(torch.zeros(x.shape[0]), x)


def answer_built_on_the_device(x: Tensor) -> Tensor:
    return _row_sums_into(x.new_zeros(x.shape[0]), x)


def norm_by_numpy(x: Tensor) -> Tensor:
    return torch.from_numpy(np.linalg.norm(x.numpy(), axis=1)).to(x.device)


def norm_by_torch(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=1)


def host_generator_for_a_device_draw(x: Tensor) -> Tensor:
    return x + torch.randn(x.shape, generator=torch.Generator().manual_seed(0), device=x.device)


def host_draw_moved(x: Tensor) -> Tensor:
    return x + torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).to(x.device)


def _same_numbers_again(x: Tensor, place: torch.device | str) -> Tensor:
    torch.manual_seed(0)
    first = torch.randn(3, device=place).to(x.device).cpu()
    torch.manual_seed(0)
    assert torch.equal(first, torch.randn(3)), "one seed, other numbers"
    return x


def one_seed_same_numbers_everywhere(x: Tensor) -> Tensor:
    return _same_numbers_again(x, x.device)


def one_seed_drawn_on_the_host(x: Tensor) -> Tensor:
    return _same_numbers_again(x, "cpu")


def stop_test_in_every_round(x: Tensor) -> Tensor:
    mean = x.mean(0)
    for _ in range(20):
        after = (mean + x.mean(0)) / 2
        if (after - mean).abs().max().item() < 0:
            break
        mean = after
    return mean


def fixed_number_of_rounds(x: Tensor) -> Tensor:
    mean = x.mean(0)
    for _ in range(20):
        mean = (mean + x.mean(0)) / 2
    return mean


def masked_fill_of_an_expanded_tensor(x: Tensor) -> Tensor:
    return x.mean(0, keepdim=True).expand(x.shape).masked_fill_(x > 0, 0.0)


def masked_fill_of_a_new_tensor(x: Tensor) -> Tensor:
    return x.mean(0, keepdim=True).expand(x.shape).masked_fill(x > 0, 0.0)


def index_put_into_an_expanded_tensor(x: Tensor) -> Tensor:
    return x[:1].expand(x.shape).index_put_((torch.arange(3, device=x.device),), x[:3] * 2)


def index_put_into_a_clone(x: Tensor) -> Tensor:
    return x[:1].expand(x.shape).clone().index_put_((torch.arange(3, device=x.device),), x[:3] * 2)


def gram_in_float64(x: Tensor) -> Tensor:
    return (x.double() @ x.double().T).float()


def gram_in_the_inputs_dtype(x: Tensor) -> Tensor:
    return x @ x.T


def _histogram(x: Tensor) -> Tensor:
    bins = (x.abs() * 7).long().flatten() % 5
    return x.new_zeros(5).scatter_add_(0, bins, x.flatten())


def atomic_sums_compared_bit_for_bit(x: Tensor) -> Tensor:
    first, second = _histogram(x), _histogram(x)
    assert torch.equal(first, second), "the last bits differ"
    return first


def atomic_sums_within_their_bound(x: Tensor) -> Tensor:
    first, second = _histogram(x), _histogram(x)
    device = Device(x.device.type)
    bound = 2 * device.bound("float32", x.numel(), scale=x.abs().sum().item())
    assert (first - second).abs().max().item() <= bound
    return first


def host_index_in_index_select(x: Tensor) -> Tensor:
    return x.index_select(0, torch.tensor([0, 2, 1]))


def device_index_in_index_select(x: Tensor) -> Tensor:
    return x.index_select(0, torch.tensor([0, 2, 1], device=x.device))


def host_permutation_copied_unseen(x: Tensor) -> Tensor:
    return x[torch.randperm(x.shape[0])]


def device_permutation(x: Tensor) -> Tensor:
    return x[torch.randperm(x.shape[0], device=x.device)]


def edges_on_the_default_device(x: Tensor) -> Tensor:
    return torch.searchsorted(torch.linspace(-1, 1, 5), x)


def edges_on_the_inputs_device(x: Tensor) -> Tensor:
    return torch.searchsorted(torch.linspace(-1, 1, 5, device=x.device), x)


def ranks_left_on_the_host(x: Tensor) -> Tensor:
    ranks = torch.arange(x.shape[0])
    return (ranks * ranks).float()


def ranks_on_the_device(x: Tensor) -> Tensor:
    ranks = torch.arange(x.shape[0], device=x.device)
    return (ranks * ranks).float()


def _ties_in_order(x: Tensor, **how: bool) -> Tensor:
    key = (x[:, 0] > 0).long()
    order = torch.argsort(key, **how)
    ones = order.cpu()[key.cpu()[order.cpu()] == 1]
    assert (ones[1:] > ones[:-1]).all(), "equal keys out of order"
    return order


def unstable_sort_taken_for_stable(x: Tensor) -> Tensor:
    return _ties_in_order(x)


def stable_sort(x: Tensor) -> Tensor:
    return _ties_in_order(x, stable=True)


def _moving_average_error(x: Tensor) -> tuple[Tensor, float]:
    """Largest error of a window average by convolution, in units of the sizes that were added."""
    average = torch.nn.functional.conv1d(x[:, None], torch.ones(1, 1, 3, device=x.device) / 3)[:, 0]
    windows = x.cpu().double().unfold(1, 3, 1)
    error = (average.cpu().double() - windows.mean(-1)).abs() / windows.abs().mean(-1)
    return average, error.max().item()


def _gamma(roundings: int, u: float) -> float:
    return roundings * u / (1 - roundings * u)


def convolution_held_to_a_float32_bound(x: Tensor) -> Tensor:
    average, error = _moving_average_error(x)
    assert error <= _gamma(5, UNIT_ROUNDOFF["float32"]), "TF32 is not float32"  # 1/3, one product, two sums, slack
    return average


def convolution_held_to_its_own_bound(x: Tensor) -> Tensor:
    average, error = _moving_average_error(x)
    assert error <= _gamma(7, Device(x.device.type).unit_roundoff("float32", "conv"))  # and both factors to TF32
    return average


def reading_fresh_memory(x: Tensor) -> Tensor:
    out = torch.empty(x.shape[0], device=x.device)
    out[:10] = 1.0
    assert out.isfinite().all(), "never written"
    return out


def writing_before_reading(x: Tensor) -> Tensor:
    out = torch.zeros(x.shape[0], device=x.device)
    out[:10] = 1.0
    assert out.isfinite().all()
    return out


def histogram_without_a_cuda_kernel(x: Tensor) -> Tensor:
    return torch.histogram(x, 4)[0]


def histc_within_a_given_range(x: Tensor) -> Tensor:
    return torch.histc(x, 4, min=-2, max=2)


@contextlib.contextmanager
def _only_deterministic_kernels() -> Iterator[None]:
    mode = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)


def prefix_sums_in_hard_deterministic_mode(x: Tensor) -> Tensor:
    with _only_deterministic_kernels():
        return torch.cumsum(x, 0)


def prefix_sums_by_a_triangle(x: Tensor) -> Tensor:
    with _only_deterministic_kernels():
        return x.new_ones(x.shape[0], x.shape[0]).tril() @ x


PAIRS = (
    Pair("default-device", weights_on_the_default_device, weights_like_the_input),
    Pair("answer-on-the-host", answer_built_on_the_host, answer_built_on_the_device),
    Pair("numpy", norm_by_numpy, norm_by_torch),
    Pair("generator-of-another-device", host_generator_for_a_device_draw, host_draw_moved, waits=1),
    Pair("same-seed-same-numbers", one_seed_same_numbers_everywhere, one_seed_drawn_on_the_host, waits=2),
    Pair("item-in-a-loop", stop_test_in_every_round, fixed_number_of_rounds),
    Pair("masked-fill-expanded", masked_fill_of_an_expanded_tensor, masked_fill_of_a_new_tensor, 0, SIMULATED),
    Pair("index-put-expanded", index_put_into_an_expanded_tensor, index_put_into_a_clone, 0, SIMULATED),
    Pair("float64-on-mps", gram_in_float64, gram_in_the_inputs_dtype, 0, ("sim-mps",)),
    Pair("atomics-bit-for-bit", atomic_sums_compared_bit_for_bit, atomic_sums_within_their_bound, 2, SIMULATED),
    Pair("host-index", host_index_in_index_select, device_index_in_index_select, waits=1),
    Pair("host-permutation", host_permutation_copied_unseen, device_permutation),
    Pair("edges-on-the-host", edges_on_the_default_device, edges_on_the_inputs_device),
    Pair("ranks-on-the-host", ranks_left_on_the_host, ranks_on_the_device),
    Pair("unstable-ties", unstable_sort_taken_for_stable, stable_sort, 3, SIMULATED),
    Pair(
        "tf32-convolution",
        convolution_held_to_a_float32_bound,
        convolution_held_to_its_own_bound,
        2,
        ("sim", "cuda"),
    ),
    Pair("fresh-memory", reading_fresh_memory, writing_before_reading, 1, SIMULATED),
    Pair("no-kernel", histogram_without_a_cuda_kernel, histc_within_a_given_range, 0, ("sim", "cuda")),
    Pair(
        "hard-deterministic",
        prefix_sums_in_hard_deterministic_mode,
        prefix_sums_by_a_triangle,
        0,
        ("sim", "cuda"),
    ),
)


def verdict(step: Step, device: Device, waits: int) -> str:
    """Why the device rejects a step: its error, the place of its answer, or too many waits; "" when it is clean."""
    strict(False)
    torch.manual_seed(1)
    x = torch.randn(64, 8).to(device.torch)
    with device.watch() as counts, torch.no_grad():
        try:
            answer = step(x)
        except (AssertionError, RuntimeError, TypeError) as error:  # NotImplementedError is a RuntimeError
            return f"{type(error).__name__}: {error}"
        if answer.device.type != device.torch.type:
            return f"answer on {answer.device}"
    return f"{counts['syncs']} waits, {waits} allowed" if counts["syncs"] > waits else ""


if __name__ == "__main__":
    there = probe(sys.argv[1])
    print(json.dumps({p.name: [verdict(p.bug, there, p.waits), verdict(p.twin, there, p.waits)] for p in PAIRS}))
