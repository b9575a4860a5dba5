"""Cross-validation of ridge regression without an intercept: all folds of all lanes in one factorisation."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from impl.overfitting.fitting_checks import check_knob, check_rows
from impl.overfitting.folds import blocks, check_folds, complement, fold_sizes, membership
from impl.overfitting.ridge import ridge_coefficients
from impl.overfitting.singular_values import spectrum


class CrossValidation(NamedTuple):
    """prediction (*B, n): of each row by the fold that does not train on it; error (*B): their mean square error."""

    prediction: Tensor
    error: Tensor


def check(x: Tensor, y: Tensor, penalty: Tensor, k: int) -> None:
    """Raise ValueError, naming what is wrong: x (*B, n, d), y (*B, n), penalty (*B) ≥ 0, 2 ≤ k ≤ n."""
    check_rows(x, y)
    check_knob(penalty, "penalty", tuple(x.shape[:-2]))
    check_folds(x.shape[-2], k)


def cross_validate(x: Tensor, y: Tensor, penalty: Tensor, k: int) -> CrossValidation:
    """Predict each row from the other folds: x (*B, n, d), y (*B, n), penalty (*B) ≥ 0.

    Folds are blocks in order. Without a penalty and with dependent columns the fit is that of least norm.

    Raises ValueError unless 2 ≤ k ≤ n, for a negative penalty, and for what is not finite.
    Source: Stone 1974, section 2; Hastie, Tibshirani & Friedman 2009, section 7.10.
    """
    check(x, y, penalty, k)
    test = membership(blocks(fold_sizes(x.shape[-2], k), x), k)
    return by_folds(x, y, penalty, test, complement(test))


def by_folds(x: Tensor, y: Tensor, penalty: Tensor, test: Tensor, train: Tensor) -> CrossValidation:
    """The same for given masks, both (k, n): a row that a fold does not train on is made 0, which says nothing."""
    kept = train.to(x.dtype)
    rows, targets = x.unsqueeze(-3) * kept.unsqueeze(-1), y.unsqueeze(-2) * kept
    coef = ridge_coefficients(spectrum(rows), targets, penalty.unsqueeze(-1))  # (*B, k, d)
    told = coef @ x.mT  # (*B, k, n)
    prediction = told.where(test, 0).sum(-2)
    away = y - prediction
    return CrossValidation(prediction, (away * away).mean(-1))
