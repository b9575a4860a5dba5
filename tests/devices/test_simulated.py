"""The simulated device runs whole programs, derivatives and errors included."""

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

from impl.core import simulated
from impl.core.simulated_rules import CUDA, MPS
from tests.devices.data import S, X, Y

Function = Callable[..., Tensor]


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
    "least-squares": (lambda a: torch.linalg.lstsq(a, a[:, :1] + 1, driver="gels").solution, S),
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
        ends.append({name: p.detach().cpu() for name, p in copied.named_parameters()})
    here, there = ends
    assert {name: there[name] - p for name, p in here.items() if not torch.equal(there[name], p)} == {}


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # torch.func itself
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


def test_an_error_of_torchs_own_derivatives_arrives_as_itself(sim: torch.device) -> None:
    simulated.select(MPS)
    a = S.to(sim).requires_grad_()
    value = torch.linalg.solve(a, a).sum()
    with pytest.raises(NotImplementedError, match="aten::linalg_lu_solve has no MPS kernel"):
        value.backward()


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
