"""The simulated device runs whole programs, and is as strict as an accelerator while it does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from impl.core import devices, simulated
from impl.core.simulated_numerics import to_tf32
from impl.core.simulated_rules import CUDA, MPS

Function = Callable[..., Tensor]


def sample(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def spd(n: int) -> Tensor:
    x = sample(n, n)
    return x @ x.T + n * torch.eye(n)


X, Y, S = sample(6, 4), sample(4, 6, seed=1), spd(5)
PROGRAMS: dict[str, tuple[Function, Tensor]] = {
    "arithmetic": (lambda x: (2 * x - x / 3 + x**2).clamp(-1, 2), X),
    "broadcasting": (lambda x: x[:, None] * x[None] + x.new_ones(4), X),
    "softmax": (lambda x: torch.softmax(x, 1) + torch.logsumexp(x, 1, keepdim=True), X),
    "matmul": (lambda x: x @ x.T, X),
    "einsum": (lambda x: torch.einsum("ij,kj->ik", x, x), X),
    "views": (lambda x: x.T.reshape(3, 8).unfold(1, 3, 2).flip(0).sum((1, 2)), X),
    "in-place": (lambda x: (y := x.clone()).mul_(2).add_(x).T.copy_(x.T * 3).T + y, X),
    "indexing": (lambda x: x[torch.tensor([2, 0, 2], device=x.device)] + x[1:4], X),
    "mask": (lambda x: torch.where(x > 0, x, x.new_zeros(())) + x.masked_fill(x < 0, 1), X),
    "gather": (lambda x: x.gather(1, x.argsort(dim=1, stable=True)).cumsum(1), X),
    "scatter": (lambda x: x.new_zeros(6, 4).scatter_add(0, (x > 0).long(), x), X),
    "sort": (lambda x: x.sort(dim=1, stable=True).values + x.topk(4, 1).values, X),
    "statistics": (lambda x: torch.stack([x.var(0), x.std(0), x.amax(0), x.quantile(0.3, dim=0)]), X),
    "distance": (lambda x: torch.cdist(x, x[:2]), X),
    "cholesky": (torch.linalg.cholesky, S),
    "solve": (lambda a: torch.linalg.solve(a, a[:, :2]), S),
    "inverse": (torch.linalg.inv, S),
    "eigenvalues": (torch.linalg.eigvalsh, S),
    "singular-values": (torch.linalg.svdvals, S),
    "least-squares": (lambda a: torch.linalg.lstsq(a, a[:, :1] + 1).solution, S),
    "determinant": (torch.linalg.slogdet, S),
    "qr": (lambda a: torch.linalg.qr(a).R, S),
    "convolution": (lambda x: nn.functional.conv2d(x[None, None], x[None, None, :3, :3]), X),
    "pooling": (lambda x: nn.functional.max_pool2d(x[None, None], 2), X),
    "attention": (lambda x: nn.functional.scaled_dot_product_attention(x[None], x[None], x[None]), X),
    "cross-entropy": (lambda x: nn.functional.cross_entropy(x, x.argmax(1)), X),
    "embedding": (lambda x: nn.functional.embedding(torch.tensor([[0, 2], [1, 1]], device=x.device), x), X),
    "layer-norm": (lambda x: nn.functional.layer_norm(x, (4,)), X),
    "complex": (lambda x: torch.fft.fft(x).abs(), X),
    "conjugate": (lambda x: torch.complex(x, x).conj().imag, X),
}


def first(out: Any) -> Tensor:
    return out if isinstance(out, Tensor) else out[-1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_its_own_numerics_every_value_and_gradient_is_the_cpus(name: str, sim: torch.device) -> None:
    program, data = PROGRAMS[name]
    simulated.select(dataclasses.replace(CUDA, numerics=False))
    here, there = data.clone().requires_grad_(), data.to(sim).requires_grad_()
    value, answer = first(program(here)), first(program(there))
    assert answer.device == sim
    assert torch.equal(value, answer.cpu())
    value.sum().backward()
    answer.sum().backward()
    assert here.grad is not None
    assert there.grad is not None
    assert there.grad.device == sim
    assert torch.equal(here.grad, there.grad.cpu())


OPTIMISERS = [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_training_steps_end_at_the_cpus_parameters(optimiser: Any, sim: torch.device) -> None:
    simulated.select(dataclasses.replace(CUDA, numerics=False))
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))
    ends = []
    for place in (torch.device("cpu"), sim):
        copied = copy.deepcopy(model).to(place)
        steps = optimiser(copied.parameters(), lr=0.1)
        for _ in range(3):
            steps.zero_grad()
            copied(X.to(place)).square().mean().backward()
            steps.step()
        ends.append([p.detach().cpu() for p in copied.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


def test_transforms_of_functions_work(sim: torch.device) -> None:
    simulated.select(dataclasses.replace(CUDA, numerics=False))

    def energy(x: Tensor) -> Tensor:
        return (x.tanh() ** 2).sum()

    for transform in (torch.func.grad, torch.func.jacfwd, torch.func.jacrev, torch.func.hessian):
        assert torch.equal(transform(energy)(X), transform(energy)(X.to(sim)).cpu())
    assert torch.equal(torch.func.vmap(energy)(X), torch.func.vmap(energy)(X.to(sim)).cpu())


def test_second_derivatives_and_checkpoints_work(sim: torch.device) -> None:
    from torch.utils.checkpoint import checkpoint

    x = X.to(sim).requires_grad_()
    (slope,) = torch.autograd.grad(checkpoint(torch.tanh, x, use_reentrant=False).sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    here = X.clone().requires_grad_()
    (expected,) = torch.autograd.grad(torch.autograd.grad(here.tanh().sum(), here, create_graph=True)[0].sum(), here)
    assert torch.equal(curvature.cpu(), expected)


def test_a_tensor_can_be_copied_pickled_and_replaced(sim: torch.device) -> None:
    x = X.to(sim)
    assert torch.equal(copy.deepcopy(x).cpu(), X)
    assert torch.equal(pickle.loads(pickle.dumps(x)).cpu(), X)
    parameter = nn.Parameter(x)
    parameter.data = Y.to(sim)
    assert parameter.shape == Y.shape
    assert torch.equal(parameter.detach().cpu(), Y)
    assert x.tolist() == X.tolist()
    assert repr(x).startswith("sim:tensor(")


def test_shapes_follow_in_place_changes_and_out_arguments(sim: torch.device) -> None:
    x = X.to(sim)
    assert x.t_().shape == Y.shape
    out = torch.empty(0, device=sim)
    torch.mul(x, 2, out=out)
    assert out.shape == x.shape
    values, index = torch.empty(0, device=sim), torch.empty(0, dtype=torch.long, device=sim)
    torch.sort(x, dim=1, stable=True, out=(values, index))
    assert torch.equal(values, x.gather(1, index))


def test_factories_put_their_tensors_on_the_device(sim: torch.device) -> None:
    with sim:
        made = [torch.zeros(2), torch.arange(3), torch.tensor([1.0]), torch.rand(2), torch.eye(2)]
    assert {t.device for t in made} == {sim}
    assert torch.zeros_like(made[0], device="cpu").device.type == "cpu"
    assert X.to(sim).to("meta").device.type == "meta"


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


def test_sums_round_in_another_order_repeatably_and_within_the_bound_of_any_order(sim: torch.device) -> None:
    x = sample(2000, 7)
    sums = [x.to(sim).sum(0).cpu() for _ in range(2)]
    assert torch.equal(*sums)
    assert not torch.equal(sums[0], x.sum(0))
    unit = devices.UNIT_ROUNDOFF["float32"]
    error = (sums[0].double() - x.double().sum(0)).abs()
    assert (error <= 2000 * unit / (1 - 2000 * unit) * x.double().abs().sum(0)).all()


def test_contractions_round_in_another_order_repeatably_and_within_the_bound_of_any_order(sim: torch.device) -> None:
    a, b = sample(9, 300), sample(300, 8, seed=1)
    products = [(a.to(sim) @ b.to(sim)).cpu() for _ in range(2)]
    assert torch.equal(*products)
    assert not torch.equal(products[0], a @ b)
    unit = devices.UNIT_ROUNDOFF["float32"]
    error = (products[0].double() - a.double() @ b.double()).abs()
    assert (error <= 300 * unit / (1 - 300 * unit) * (a.double().abs() @ b.double().abs())).all()


@pytest.mark.parametrize("strictly", [True, False])
def test_atomic_additions_have_a_fixed_order_only_where_determinism_is_asked_for(
    strictly: bool, sim: torch.device
) -> None:
    devices.strict(strictly)
    x, index = sample(4000).to(sim), (sample(4000, seed=1) > 0).long().to(sim)
    calls: list[Callable[[], Tensor]] = [
        lambda: torch.zeros(2, device=sim).scatter_add_(0, index, x),
        lambda: torch.zeros(2, device=sim).index_add_(0, index, x),
        lambda: torch.zeros(2, device=sim).index_put_((index,), x, accumulate=True),
        lambda: torch.zeros(2, device=sim).scatter_reduce_(0, index, x, "sum"),
        lambda: torch.bincount(index, x),
    ]
    for call in calls:
        results = {tuple(call().tolist()) for _ in range(12)}
        assert (len(results) == 1) is strictly


def test_equal_keys_come_in_any_order_unless_the_sort_is_stable(sim: torch.device) -> None:
    key = torch.zeros(50, device=sim)
    assert len({tuple(key.argsort().tolist()) for _ in range(5)}) > 1
    assert len({tuple(key.topk(3).indices.tolist()) for _ in range(5)}) > 1
    assert key.argsort(stable=True).tolist() == list(range(50))
    assert key.sort(stable=True, dim=0).indices.tolist() == list(range(50))
    assert key.argmax().item() == 0  # torch promises the first one


def test_rounding_to_tf32_errs_by_at_most_its_unit_roundoff_and_keeps_what_it_can_hold() -> None:
    x = torch.cat([sample(10000), 1e30 * sample(100), 1e-30 * sample(100)])
    error = ((to_tf32(x).double() - x.double()) / x.double()).abs().max().item()
    assert devices.TF32_UNIT_ROUNDOFF / 2 < error <= devices.TF32_UNIT_ROUNDOFF
    exact = torch.tensor([0.0, 1.0, -1.5, 1024.0, float("inf"), -float("inf")])
    assert torch.equal(to_tf32(exact), exact)
    assert to_tf32(torch.tensor([-1], dtype=torch.int32).view(torch.float32)).isnan().all()
    assert to_tf32(x.double()).dtype == torch.float64


def test_products_use_tf32_exactly_when_the_flag_says_so(sim: torch.device) -> None:
    a, one = 1 + sample(8, 1) * 2**-12, torch.ones(1, 1)
    for flag, rounds in (("ieee", False), ("tf32", True)):
        torch.backends.cuda.matmul.fp32_precision = flag
        assert (not torch.equal((a.to(sim) @ one.to(sim)).cpu(), a)) is rounds
        assert torch.equal((a.double().to(sim) @ one.double().to(sim)).cpu(), a.double())
    simulated.select(MPS)  # Metal has no such flag
    assert torch.equal((a.to(sim) @ one.to(sim)).cpu(), a)


def test_fresh_memory_holds_nothing_that_passes_for_an_answer(sim: torch.device) -> None:
    assert torch.empty(3, device=sim).isnan().all()
    assert X.to(sim).new_empty(2, 2).isnan().all()
    assert torch.empty(3, dtype=torch.long, device=sim).tolist() == [torch.iinfo(torch.long).max] * 3


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


class Fails(torch.autograd.Function):
    """A step whose backward fails in the way it is told."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, failure: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.failure = failure
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return ctx.failure(grad), None


def _raise(grad: Tensor) -> Tensor:
    raise KeyError("mine") from ValueError("cause")


def test_an_error_inside_backward_arrives_as_itself_every_time(sim: torch.device) -> None:
    for _ in range(30):
        x = X.to(sim).requires_grad_()
        with pytest.raises(RuntimeError, match="same device"):
            Fails.apply(x * x, lambda grad: grad * torch.ones(4)).sum().backward()
        with pytest.raises(KeyError, match="mine") as caught:
            Fails.apply(x * x, _raise).sum().backward()
        assert isinstance(caught.value.__cause__, ValueError)
        (x * x).sum().backward()
        assert x.grad is not None


LATE = """
import torch
from impl.core import devices, simulated, simulated_backend
assert not simulated_backend.registered() and type(torch.ones(1)) is torch.Tensor
assert torch.Generator is torch._C.Generator
torch.ones(1, requires_grad=True).sum().backward()
print(devices.resolve("cpu,sim")[1].missing)
try:
    torch.ones(1, device="sim", requires_grad=True).sum().backward()
except RuntimeError as error:
    print(error)
"""


def test_importing_registers_nothing_and_registering_too_late_says_so() -> None:
    run = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert run.stdout == "\nsim must be registered before the process's first backward()\n"
