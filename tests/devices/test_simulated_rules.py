"""The simulated device refuses what an accelerator refuses, and counts what the host waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from impl.core import simulated
from impl.core.simulated_rules import CUDA, MPS
from tests.devices.data import S, X, sample


@pytest.mark.parametrize("call", [lambda x: x.numpy(), lambda x: __import__("numpy").asarray(x)])
def test_numpy_cannot_read_the_device(call: Callable[[Tensor], Any], sim: torch.device) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        call(X.to(sim))


@pytest.mark.parametrize(
    "call",
    [lambda s, c: s + c, lambda s, c: c @ s, lambda s, c: torch.cat([s, c]), lambda s, c: torch.add(s, s, out=c)],
)
def test_tensors_of_two_devices_do_not_mix(call: Callable[[Tensor, Tensor], Any], sim: torch.device) -> None:
    with pytest.raises(RuntimeError, match=r"same device|cannot write into a tensor on cpu"):
        call(S.to(sim), S.clone())


def test_a_number_on_the_host_mixes_with_anything(sim: torch.device) -> None:
    assert torch.equal((X.to(sim) * torch.tensor(2.0)).cpu(), X * 2)


def test_hard_deterministic_mode_refuses_what_cuda_refuses(sim: torch.device) -> None:
    x, index = sample(8).to(sim), torch.zeros(8, dtype=torch.long, device=sim)
    refused: list[Callable[[], Any]] = [
        lambda: x.cumsum(0),
        lambda: x.histc(4, -1, 1),
        lambda: x.median(0),
        lambda: torch.bincount(index, x),
        lambda: x.clone().put_(index, x),
        lambda: x.clone().scatter_reduce_(0, index, x, "prod"),
    ]
    allowed: list[Callable[[], Any]] = [
        lambda: index.cumsum(0),
        lambda: x.median(),
        lambda: torch.bincount(index),
        lambda: x.clone().scatter_reduce_(0, index, x, "sum"),
        lambda: x.clone().scatter_add_(0, index, x),
        lambda: x[None] @ x[:, None],
    ]
    torch.set_deterministic_debug_mode("error")
    for call in refused:
        with pytest.raises(RuntimeError, match="does not have a deterministic implementation"):
            call()
    for call in allowed:
        call()
    simulated.select(MPS)  # the rule is CUDA's
    for call in refused[:3]:
        call()
    torch.set_deterministic_debug_mode("warn")
    simulated.select(CUDA)
    for call in refused[:4]:
        call()


def test_hard_deterministic_products_need_the_cublas_workspace(
    sim: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_deterministic_debug_mode("error")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    with pytest.raises(RuntimeError, match="CUBLAS_WORKSPACE_CONFIG=:4096:8"):
        torch.mm(S.to(sim), S.to(sim))


def test_writing_one_value_to_an_expanded_tensor_is_harmless_and_everything_else_is_refused(
    sim: torch.device,
) -> None:
    row = X[:1].to(sim)
    assert row.expand(3, 4).zero_().fill_(2).sum().item() == 24
    with pytest.raises(RuntimeError, match="expanded"):
        row.expand(3, 4).add_(1)


def test_metal_has_no_float64_and_no_eigenvalues(sim: torch.device) -> None:
    simulated.select(MPS)
    with pytest.raises(TypeError, match="MPS has float32 only, got float64"):
        X.to(sim).double()
    with pytest.raises(TypeError, match="float32 only"):
        torch.zeros(2, dtype=torch.float64, device=sim)
    with pytest.raises(NotImplementedError, match="aten::_linalg_eigh has no MPS kernel"):
        torch.linalg.eigvalsh(S.to(sim))


# What the host waits for, as torch tests it on CUDA: test_torch.py, test_sync_warning.
WAITS: dict[str, Callable[[Tensor], Any]] = {
    "value-of-a-condition": lambda x: bool(x[0] > 0),
    "float": lambda x: float(x[0]),
    "nonzero": lambda x: x.nonzero(),
    "reading-a-mask": lambda x: x[x > 0],
    "writing-a-tensor-to-a-mask": lambda x: x.__setitem__(x > 0, x[0]),
    "host-index": lambda x: x[torch.tensor([0, 1])],
    "one-hot-of-unknown-width": lambda x: nn.functional.one_hot((x > 0).long()),
    "repeats-of-unknown-number": lambda x: torch.repeat_interleave(x, (x > 0).long()),
    "to-the-host": lambda x: x.cpu(),
    "from-the-host": lambda x: torch.ones(3).to(x.device),
    "a-list-from-the-host": lambda x: x.new_tensor([1.0, 2.0]),
    "checked-factorisation": lambda x: torch.linalg.cholesky(torch.eye(2, device=x.device)),
    "eigenvalues": lambda x: torch.linalg.eigvalsh(torch.eye(2, device=x.device)),
    "histogram-without-a-range": lambda x: torch.histc(x, 4),
    "synchronize": lambda x: torch.get_device_module(x.device).synchronize(),
}
WAITS_NOT: dict[str, Callable[[Tensor], Any]] = {
    "writing-a-number-to-a-mask": lambda x: x.__setitem__(x > 0, 1.0),
    "writing-a-host-number-to-a-mask": lambda x: x.__setitem__(x > 0, torch.tensor(1.0)),
    "writing-to-an-index": lambda x: x.__setitem__(torch.arange(2, device=x.device), x.new_ones(())),
    "reading-an-index": lambda x: x[torch.arange(2, device=x.device)],
    "reading-a-host-mask": lambda x: x[torch.tensor([True, False, True, False])],
    "one-hot-of-known-width": lambda x: nn.functional.one_hot((x > 0).long(), 2),
    "permutation": lambda x: torch.randperm(9, device=x.device),
    "repeats-by-a-number": lambda x: torch.repeat_interleave(x, 2, output_size=8),
    "repeats-of-known-number": lambda x: torch.repeat_interleave(x, x.new_full((1,), 2).long(), output_size=8),
    "any": lambda x: torch.any(x > 0),
    "unchecked-factorisation": lambda x: torch.linalg.cholesky_ex(torch.eye(2, device=x.device)),
    "without-blocking": lambda x: x.to("cpu", non_blocking=True),
    "histogram-with-a-range": lambda x: torch.histc(x, 4, -1, 1),
}


@pytest.mark.parametrize("name", WAITS)
def test_the_host_waits(name: str, sim: torch.device) -> None:
    x = sample(4).to(sim)
    with simulated.watch() as counts:
        WAITS[name](x)
    assert counts["syncs"] == 1


@pytest.mark.parametrize("name", WAITS_NOT)
def test_the_host_does_not_wait(name: str, sim: torch.device) -> None:
    x = sample(4).to(sim)
    with simulated.watch() as counts:
        WAITS_NOT[name](x)
    assert counts["syncs"] == 0


def test_watches_nest_and_tell_transfers_and_hidden_copies_apart(sim: torch.device) -> None:
    x = X.to(sim)
    with simulated.watch() as outer:
        with simulated.watch() as inner:
            x[torch.tensor([0, 1])]
        X.to(sim).cpu()
    assert (inner["hidden_copies"], inner["syncs"], inner["to_device"], inner["to_host"]) == (1, 1, 0, 0)
    assert (outer["hidden_copies"], outer["syncs"], outer["to_device"], outer["to_host"]) == (1, 3, 1, 1)
    assert outer["operators"] > inner["operators"] > 0
