"""Run a CPU kernel so that it rounds, orders and breaks ties as an accelerator's may.

Sums and contractions run in another, fixed order: other last bits than the CPU's, the same at every call. Atomic
additions run in a new order at each call, unless torch is asked to be deterministic. Unstable sorts break ties at
random. TF32 rounds the factors of a product to 10 bits of mantissa when torch's flags say so. Fresh memory holds NaN
or the largest integer. Scans, products, norms and the inside of convolutions and factorisations keep the CPU's order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from impl.core.simulated_rules import CONVOLUTION, INDEXING, MATMUL, Profile, argument, facts

Arguments = list[Any]
Keywords = dict[str, Any]

_noise = torch._C.Generator()  # orders and ties: apart from every stream that a program can seed
_LARGEST_KEPT_ORDER = 4096


@lru_cache(maxsize=256)
def _kept_order(n: int) -> Tensor:
    return torch.randperm(n, generator=torch._C.Generator().manual_seed(n))


def _fixed_order(n: int) -> Tensor:
    """The same shuffle at every call."""
    return _kept_order(n) if n <= _LARGEST_KEPT_ORDER else _kept_order.__wrapped__(n)


def _fresh_order(n: int) -> Tensor:
    """Another shuffle at every call."""
    return torch.randperm(n, generator=_noise)


def _atomic_order(n: int) -> Tensor:
    """The order in which threads happen to add, or a fixed one where determinism is asked for."""
    return _fixed_order(n) if torch.are_deterministic_algorithms_enabled() else _fresh_order(n)


def to_tf32(x: Tensor) -> Tensor:
    """Round float32 to 10 explicit bits of mantissa, ties away from zero; other dtypes pass.

    The relative error is at most the unit roundoff of TF32, 2^-11. NaN stays NaN.
    """
    if x.dtype != torch.float32:
        return x
    bits = x.contiguous().view(torch.int32)
    return torch.where(x.isfinite(), ((bits + 0x1000) & ~0x1FFF).view(torch.float32), x)


def _contraction(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    i, j = MATMUL[facts(op).name]
    left, right = a[i], a[j]
    if tf32 and torch.backends.cuda.matmul.fp32_precision == "tf32":
        left, right = to_tf32(left), to_tf32(right)
    if left.shape[-1] > 2:  # two terms have no order
        order = _fixed_order(left.shape[-1])
        left, right = left.index_select(-1, order), right.index_select(max(right.dim() - 2, 0), order)
    a[i], a[j] = left, right
    return op(*a, **k)


def _convolution(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    if tf32 and torch.backends.cudnn.conv.fp32_precision == "tf32":  # type: ignore[attr-defined]  # not in the stubs
        for i in CONVOLUTION[facts(op).name]:
            a[i] = to_tf32(a[i])
    return op(*a, **k)


def _reduction(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    if a[0].is_floating_point() and a[0].dim():
        for axis in (len(a) > 1 and a[1]) or range(a[0].dim()):
            if a[0].shape[axis] > 2:
                a[0] = a[0].index_select(axis, _fixed_order(a[0].shape[axis]))
    return op(*a, **k)


def _scatter(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    axis, index = a[1], a[2]
    if index.dim():
        order = _atomic_order(index.shape[axis])
        source = a[3][tuple(map(slice, index.shape))]  # scatter reads only that corner of its source
        a[2], a[3] = index.index_select(axis, order), source.index_select(axis, order)
    return op(*a, **k)


def _index_add(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    axis, index = a[1], a[2]
    if index.dim() and a[3].dim():
        order = _atomic_order(index.shape[0])
        a[2], a[3] = index[order], a[3].index_select(axis, order)
    return op(*a, **k)


def _index_put(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    indices, values = a[1], a[2]
    accumulates = bool(argument(a, k, 3, "accumulate", False))
    if accumulates and len(indices) == 1 and indices[0].shape == values.shape[:1] and not _is_mask(indices[0]):
        order = _atomic_order(indices[0].shape[0])
        a[1], a[2] = [indices[0][order]], values[order]
    return op(*a, **k)


def _is_mask(index: Tensor) -> bool:
    return index.dtype in (torch.bool, torch.uint8)


def _bincount(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    weights = argument(a, k, 1, "weights")
    if weights is None:
        return op(*a, **k)
    order = _atomic_order(weights.shape[0])
    rest = {"minlength": argument(a, k, 2, "minlength", 0)}
    return op(a[0][order], weights[order], **rest)


def _sort(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    return op(*a, **k) if k.get("stable") else _select(op, a, k, argument(a, k, 1, "dim", -1))


def _topk(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    return _select(op, a, k, argument(a, k, 2, "dim", -1))


def _select(op: OpOverload, a: Arguments, k: Keywords, axis: int) -> Any:
    """Values and indices of a selection among shuffled candidates: equal ones come in any order."""
    if not a[0].dim():
        return op(*a, **k)
    order = _fresh_order(a[0].shape[axis])
    values, index = op(a[0].index_select(axis, order), *a[1:], **k)
    return values, order[index]


def _uninitialised(op: OpOverload, a: Arguments, k: Keywords, tf32: bool) -> Any:
    out = op(*a, **k)
    if out.is_floating_point() or out.is_complex():
        return out.fill_(float("nan"))
    return out if out.dtype == torch.bool else out.fill_(torch.iinfo(out.dtype).max)


_KERNELS: Mapping[str, Callable[[OpOverload, Arguments, Keywords, bool], Any]] = {
    **dict.fromkeys(MATMUL, _contraction),
    **dict.fromkeys(CONVOLUTION, _convolution),
    **dict.fromkeys(("sum", "mean"), _reduction),
    **dict.fromkeys(("scatter_add", "scatter_add_", "scatter_reduce", "scatter_reduce_"), _scatter),
    **dict.fromkeys(("index_add", "index_add_", "index_reduce", "index_reduce_"), _index_add),
    **dict.fromkeys((name for name in INDEXING if "put" in name), _index_put),
    "bincount": _bincount,
    "sort": _sort,
    "topk": _topk,
    **dict.fromkeys(("empty", "empty_strided", "empty_like", "new_empty", "new_empty_strided"), _uninitialised),
}
_NOT_INTO_ARGUMENTS = frozenset({"sort", "topk", "empty", "empty_like"})  # their `out=` forms run as they are


def compute(op: OpOverload, args: Arguments, kwargs: Keywords, profile: Profile) -> Any:
    """The operator's result on host tensors, as the profile's accelerator may give it."""
    known = facts(op)
    kernel = _KERNELS.get(known.name) if profile.numerics else None
    if kernel is None or (known.written and known.name in _NOT_INTO_ARGUMENTS):
        return op(*args, **kwargs)
    return kernel(op, args, kwargs, profile.tf32)
