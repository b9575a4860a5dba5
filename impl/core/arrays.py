"""The border between NumPy and torch: the only place where an array becomes a tensor and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.core import devices


def to_torch(array: NDArray[Any], *, device: str, dtype: str) -> Tensor:
    """A copy of `array` on `device`: floats in `dtype` ("float32" or "float64"), integers in int64, Booleans as such.

    Raises TypeError for an object or string array, which has no tensor.
    """
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected numbers, got an array of dtype {array.dtype}")
    kind = {"f": getattr(torch, dtype), "b": torch.bool}.get(array.dtype.kind, torch.int64)
    return torch.from_numpy(np.array(array, order="C")).to(dtype=kind).to(devices.place(device))


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """The tensor's values on the host, in its own dtype, detached from the graph."""
    return np.asarray(tensor.detach().cpu().numpy())


def tensors(arrays: Mapping[str, NDArray[Any]], *, device: str, dtype: str) -> dict[str, Tensor]:
    """Every array of a case as a tensor, see `to_torch`."""
    return {name: to_torch(array, device=device, dtype=dtype) for name, array in arrays.items()}


def answers(**values: Tensor) -> dict[str, NDArray[Any]]:
    """Every named tensor as an array, see `to_numpy`."""
    return {name: to_numpy(value) for name, value in values.items()}
