"""torch's least squares, pseudo-inverse, polynomial bases and dropout as subjects in overfitting."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from impl.core.arrays import answers, tensors
from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

Solve = Callable[[Tensor, Tensor], Tensor]
BASES: dict[str, Callable[..., Tensor]] = {
    "chebyshev": torch.special.chebyshev_polynomial_t,
    "legendre": torch.special.legendre_polynomial_p,
}


def _design(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """polynomial_design: torch.linalg.vander, which makes two columns at least, or each column from torch.special."""
    t, degree, basis = tensors(arrays, device=device, dtype=dtype)["t"], int(settings["degree"]), str(settings["basis"])
    if basis == "monomial":
        if degree == 0:
            return {}
        return answers(x=torch.linalg.vander(t, N=degree + 1))
    return answers(x=torch.stack([BASES[basis](t, k) for k in range(degree + 1)], -1))


def _lstsq(driver: str) -> Solve:
    def solve(x: Tensor, y: Tensor) -> Tensor:
        solution: Tensor = torch.linalg.lstsq(x, y, driver=driver).solution
        return solution

    return solve


def _pinv(x: Tensor, y: Tensor) -> Tensor:
    inverse: Tensor = torch.linalg.pinv(x)
    return inverse @ y


def _identity(x: Tensor) -> Tensor:
    return torch.eye(x.shape[-2], dtype=x.dtype).expand(*x.shape[:-1], x.shape[-2])


def _least_squares(solve: Solve) -> dict[str, Operation]:
    """The operations that a solver (x, targets (*B, n, m)) answers; the pseudo-inverse has the identity for targets."""

    def least_squares(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        x, y = data["x"], data["y"].unsqueeze(-1)
        coef = solve(x, y)
        fitted = x @ coef
        return answers(coef=coef[..., 0], fitted=fitted[..., 0], rss=(y - fitted).square().sum((-2, -1)))

    def minimum_norm(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        data = tensors(arrays, device=device, dtype=dtype)
        return answers(coef=solve(data["x"], data["y"].unsqueeze(-1))[..., 0])

    def pseudo_inverse(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        x = tensors(arrays, device=device, dtype=dtype)["x"]
        return answers(inverse=solve(x, _identity(x)))

    return {
        "polynomial_design": _design,
        "least_squares": least_squares,
        "minimum_norm": minimum_norm,
        "pseudo_inverse": pseudo_inverse,
    }


def _dropout(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
    """dropout: one call a lane, since torch knows one probability a call; its own state is put back afterwards."""
    data, repetitions = tensors(arrays, device=device, dtype=dtype), int(settings["repetitions"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        samples = [
            functional.dropout(x.expand(repetitions, *x.shape), p=1 - float(keep))
            for x, keep in zip(data["x"], arrays["keep"], strict=True)
        ]
    return answers(samples=torch.stack(samples))


def _subject(name: str, operations: dict[str, Operation], **missing: str) -> Subject:
    return Subject(name, "overfitting", operations, version=torch.__version__, devices=("cpu",), missing=missing)


FULL_RANK = "assumes full rank"


def _full_rank(operations: dict[str, Operation]) -> dict[str, Operation]:
    """Without what may have dependent columns."""
    return {name: asked for name, asked in operations.items() if name not in ("minimum_norm", "pseudo_inverse")}


SUBJECTS: tuple[Subject, ...] = (
    *(_subject(f"torch-lstsq-{driver}", _least_squares(_lstsq(driver))) for driver in ("gelsy", "gelsd", "gelss")),
    _subject(
        "torch-lstsq-gels",
        _full_rank(_least_squares(_lstsq("gels"))),
        minimum_norm=FULL_RANK,
        pseudo_inverse=FULL_RANK,
    ),
    _subject("torch-pinv", _least_squares(_pinv)),
    _subject("torch-dropout", {"dropout": _dropout}),
)
