"""What scikit-learn-shaped classes share: the border between what a user hands in and tensors."""

from __future__ import annotations

import math
import secrets
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, column_or_1d, validate_data
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy, to_torch
from impl.core.random import generator


def design(estimator: BaseEstimator, X: Any, *, reset: bool) -> Tensor:
    """X (n, d) as a tensor: a tensor keeps its device and dtype, anything else is validated as scikit-learn does.

    Raises ValueError for another number of features than in fit, for NaN, infinity, sparse or empty input.
    """
    data = _tensor(estimator, X, reset=reset)
    try:
        validation.finite(data, "X")
    except ValueError as error:
        raise ValueError(f"{error}: there is no support for NaN and inf") from None
    return data


def _tensor(estimator: BaseEstimator, X: Any, *, reset: bool) -> Tensor:
    if not isinstance(X, Tensor):
        array = validate_data(estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=False)
        return to_torch(array, device="cpu", dtype=array.dtype.name)
    if X.dim() != 2:
        raise ValueError(f"X must have shape (n, d), got {tuple(X.shape)}")
    if reset:
        estimator.n_features_in_ = X.shape[1]
    elif X.shape[1] != estimator.n_features_in_:
        name = type(estimator).__name__
        raise ValueError(f"X has {X.shape[1]} features, but {name} is expecting {estimator.n_features_in_} features")
    return X if X.is_floating_point() else X.to(torch.float64)


def weights(sample_weight: Any, X: Tensor) -> Tensor:
    """The example weights (n,) beside X, ones by default. The core names a bad weight and its place."""
    if sample_weight is None:
        return torch.ones_like(X[:, 0])
    if isinstance(sample_weight, Tensor):
        return sample_weight.to(X)
    array = np.asarray(sample_weight)
    if array.dtype == object or array.dtype.kind not in "biuf":
        array = check_array(array, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if array.shape != (len(X),):
        raise ValueError(f"sample_weight must have shape ({len(X)},) to match X, got {array.shape}")
    return to_torch(array.astype(np.float64), device="cpu", dtype="float64").to(X)


def targets(estimator: BaseEstimator, y: Any, X: Tensor) -> Tensor:
    """The targets y (n,) of a regression beside X (n, d), in its dtype and on its device.

    Raises ValueError for None, for anything but real numbers, and for another number of rows.
    """
    if y is None:
        raise ValueError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    if isinstance(y, Tensor):
        column = y.to(X)
    else:
        array = column_or_1d(y, dtype="float64", warn=True)
        finite_numbers(array, "y")
        column = to_torch(array, device="cpu", dtype="float64").to(X)
    validation.same_length(X, "X", column, "y")
    return column


def like(X: Any, values: Tensor) -> Any:
    """The values as the caller gave X: a tensor for a tensor, else a NumPy array."""
    return values if isinstance(X, Tensor) else to_numpy(values)


def source(random_state: Any) -> torch.Generator:
    """The generator of a scikit-learn `random_state`; None draws a fresh seed, never from a global state."""
    if random_state is None:
        return generator(secrets.randbits(62))
    if isinstance(random_state, int):
        return generator(random_state)
    return generator(int(check_random_state(random_state).randint(2**31 - 1)))


def check_positive(value: float, name: str) -> None:
    """Raise ValueError unless a parameter is a finite number above 0."""
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}")


def finite_numbers(values: NDArray[Any], name: str) -> None:
    """Raise ValueError at the first NaN or infinity of an array of floats; other arrays have none."""
    if values.dtype.kind == "f":
        validation.finite(torch.from_numpy(values.astype(np.float64)), name)


def one_of(value: Any, name: str, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless a parameter has one of its values."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
