"""What a module really sees, asked of the module itself: derivatives of an averaging copy, and planted NaN."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from impl.receptive_field.measure import at
from impl.receptive_field.trace.pointwise import ELEMENTWISE_MODULES

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_MAX_POOLS: dict[type[nn.Module], type[nn.Module]] = {
    nn.MaxPool1d: nn.AvgPool1d,
    nn.MaxPool2d: nn.AvgPool2d,
    nn.MaxPool3d: nn.AvgPool3d,
}
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def averaging_copy(module: nn.Module) -> nn.Module:
    """A float64 copy in which nothing can cancel or be cut off, so that a derivative is zero only where no path leads.

    Convolutions and linear layers average, max pools become average pools, activations and frozen batch norms copy.
    Functional calls inside a forward method stay what they are. Raises ValueError for a dilated max pool, which has no
    averaging twin.
    """
    twin = copy.deepcopy(module).double()
    for parent in list(twin.modules()):
        for name, child in list(parent.named_children()):
            setattr(parent, name, _averaging(name, child))
    return _averaging("module", twin)


def _averaging(name: str, layer: nn.Module) -> nn.Module:
    if type(layer) in _MAX_POOLS:
        return _averaging_pool(name, layer)
    frozen = isinstance(layer, _BATCH_NORMS) and not layer.training
    if frozen or type(layer) in ELEMENTWISE_MODULES:
        return nn.Identity()
    if isinstance(layer, (*_CONVOLUTIONS, nn.Linear)):
        nn.init.constant_(layer.weight, layer.weight.shape[0] / layer.weight.numel())
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return layer


def _averaging_pool(name: str, pool: nn.Module) -> nn.Module:
    dilation = pool.dilation
    if any(d != 1 for d in (dilation if isinstance(dilation, tuple) else (dilation,))):
        raise ValueError(f"{name}: a dilated max pool has no averaging twin; ask nan_support instead")
    kind = _MAX_POOLS[type(pool)]
    return kind(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)


def gradient_support(module: nn.Module, input_shape: Sequence[int], unit: Sequence[int]) -> Tensor:
    """Pixels with a non-zero derivative of one unit of the averaging copy, any channel: (*space) bool.

    input_shape: (batch, channels, *space). float64, for sixty averaged 3×3 layers underflow in float32. Raises
    ValueError for a unit outside the output.
    """
    x = torch.ones(tuple(input_shape), dtype=torch.float64, requires_grad=True)
    y = averaging_copy(module)(x)
    _require_inside(unit, y)
    value = at(y, unit).sum()
    (found,) = torch.autograd.grad(value, x, allow_unused=True, materialize_grads=True)
    return (found[0] != 0).any(dim=0)


def nan_support(module: nn.Module, input_shape: Sequence[int], unit: Sequence[int]) -> Tensor:
    """Pixels whose replacement by NaN makes one unit NaN, the module as it is but in float64: (*space) bool.

    One forward pass per pixel; sees through max pools and dead ReLUs. Raises ValueError for a unit outside the output.
    """
    twin = copy.deepcopy(module).double()
    space = tuple(input_shape[2:])
    seen = torch.zeros(space, dtype=torch.bool).flatten()
    with torch.no_grad():
        for pixel in range(len(seen)):
            x = torch.zeros((*input_shape[:2], len(seen)), dtype=torch.float64)
            x[0, :, pixel] = torch.nan
            y = twin(x.reshape(tuple(input_shape)))
            _require_inside(unit, y)
            seen[pixel] = at(y, unit).isnan().any()
    return seen.reshape(space)


def _require_inside(unit: Sequence[int], output: Tensor) -> None:
    space = tuple(output.shape[2:])
    if len(unit) != len(space) or not all(0 <= u < n for u, n in zip(unit, space, strict=True)):
        raise ValueError(f"unit must lie inside the output {space}, got {tuple(unit)}")
