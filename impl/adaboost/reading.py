"""What a fitted boosting object shows of itself, as one lane of the port's answers. NumPy, because such objects are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.adaboost.ensemble import STOP
from impl.core.subject import Answers

Floats = NDArray[np.float64]
Reweight = Callable[[Floats, NDArray[np.bool_], float], Floats]
"""(D, where h errs, vote) → the next D."""

NEEDED = {
    "predictions": "estimators_, each with predict(X)",
    "used": "estimators_, each with predict(X)",
    "stop": "estimators_, each with predict(X)",
    "weights": "estimators_, and sample_weights_ (rounds, n) or the votes to replay them with",
    "alphas": "estimators_, and alphas_ or estimator_weights_",
    "alpha_scale": "estimators_, and alphas_ or estimator_weights_",
    "scores": "estimators_, and alphas_ or estimator_weights_",
    "errors": "estimators_ and estimator_errors_",
    "staged": "staged_decision_function(X), or estimators_ and their votes",
    "decision": "decision_function(X)",
    "labels": "predict(X)",
}
"""The attributes from which each answer of a fit is read."""


@dataclass(frozen=True)
class Asked:
    """One problem: X (n, d), y (n,), w (n,), how many rounds were asked for, and K, or 0 for labels −1 and +1."""

    X: Floats
    y: NDArray[Any]
    w: Floats
    rounds: int
    n_classes: int = 0


def read(
    model: Any, asked: Asked, name: str, *, without: tuple[str, ...] = (), reweight: Reweight | None = None
) -> Answers:
    """Every answer that the fitted object exposes, with a lane axis of 1; what it hides is left out.

    Stages F_m are Σ α h of its own votes and hypotheses where it has no staged_decision_function. `without` names
    methods that mean something else here and are passed over; `reweight` is how the object is known to reweight, from
    D_1 = asked.w on, where D must be replayed. Raises ValueError, naming the attribute, where one has a wrong shape.
    """
    found: Answers = {}
    if hasattr(model, "estimators_"):
        found |= _rounds_of(model, asked, name, reweight)
    if "predict" in _methods(model, without):
        found["labels"] = numbers(model.predict(asked.X), asked.y.shape, f"{name}.predict(X)").astype(np.int64)
    if not asked.n_classes:
        found |= _scores_of(model, asked, name, without)
    return {key: value[None] for key, value in found.items()}


def _methods(model: Any, without: tuple[str, ...]) -> set[str]:
    names = {"predict", "decision_function", "staged_decision_function"} - set(without)
    return {name for name in names if callable(getattr(model, name, None))}


def numbers(value: Any, shape: tuple[int, ...], name: str) -> Floats:
    """The value as float64 numbers of that shape. Raises ValueError with its name otherwise."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers, got {type(value).__name__}") from None
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    return array


def _scores_of(model: Any, asked: Asked, name: str, without: tuple[str, ...]) -> Answers:
    """F and its stages, of two classes."""
    found: Answers = {}
    shape, methods = asked.y.shape, _methods(model, without)
    if "decision_function" in methods:
        found["decision"] = numbers(model.decision_function(asked.X), shape, f"{name}.decision_function(X)")
    if "staged_decision_function" in methods:
        label = f"{name}.staged_decision_function(X)"
        stages = [numbers(F, shape, label) for F in model.staged_decision_function(asked.X)]
        if len(stages) > asked.rounds:
            raise ValueError(f"{label} must give at most {asked.rounds} stages, got {len(stages)}")
        found["staged"] = padded(np.array([*stages]) if stages else np.zeros((1, *shape)), asked.rounds)
    return found


def padded(rows: Floats, length: int) -> Floats:
    """Rows (m, ...) with the last one repeated up to `length`."""
    return np.concatenate([rows, np.repeat(rows[-1:], length - len(rows), axis=0)])


def _rounds_of(model: Any, asked: Asked, name: str, reweight: Reweight | None) -> Answers:
    """Everything that belongs to a round."""
    used, n = len(model.estimators_), len(asked.y)
    if used > asked.rounds:
        raise ValueError(f"{name}.estimators_ must hold at most {asked.rounds} hypotheses, got {used}")
    says = np.zeros((used, n))
    for m, estimator in enumerate(model.estimators_):
        says[m] = numbers(estimator.predict(asked.X), (n,), f"{name}.estimators_[{m}].predict(X)")
    wrong = says != asked.y
    empty = -1.0 if asked.n_classes else 0.0
    blank = np.full((asked.rounds - used, n), empty)
    found: Answers = {"predictions": np.concatenate([says, blank]), "used": np.array(used)}
    if asked.n_classes:
        found["predictions"] = found["predictions"].astype(np.int64)
    if hasattr(model, "estimator_errors_"):
        found["errors"] = per_round(model.estimator_errors_, used, asked.rounds, f"{name}.estimator_errors_")
    scale = alpha_scale(model, name)
    if scale:
        alphas = per_round(votes_of(model), used, asked.rounds, f"{name}'s votes")
        found["alphas"] = alphas
        if asked.n_classes:
            hot = found["predictions"][..., None] == np.arange(asked.n_classes)
            found["scores"] = np.cumsum(alphas[:, None, None] * hot, axis=0)
        else:
            found["alpha_scale"] = np.array(scale)
            found["staged"] = np.cumsum(alphas[:, None] * found["predictions"], axis=0)
    if hasattr(model, "sample_weights_"):
        found["weights"] = _shown(model, wrong, found, asked, name)
    elif scale:
        start = asked.w / asked.w.sum() if reweight is None else asked.w
        states = replay(start, wrong, found["alphas"], reweight or textbook(scale))
        found["weights"] = padded(states, asked.rounds + 1)
        found["replayed"] = np.array(1)
    found["stop"] = np.array(_stop(model, wrong, found, asked))
    return found


def votes_of(model: Any) -> Any:
    """The object's votes: alphas_, else estimator_weights_, else None."""
    return getattr(model, "alphas_", getattr(model, "estimator_weights_", None))


def alpha_scale(model: Any, name: str) -> float:
    """1 for votes ½ ln((1−ε)/ε), 2 for SAMME's ln((1−ε)/ε), 0 where the object shows no votes."""
    if votes_of(model) is None:
        return 0.0
    stated = getattr(model, "alpha_convention", "half" if hasattr(model, "alphas_") else "samme")
    if stated not in ("half", "samme"):
        raise ValueError(f"{name}.alpha_convention must be 'half' or 'samme', got {stated!r}")
    return 1.0 if stated == "half" else 2.0


def per_round(values: Any, used: int, rounds: int, name: str) -> Floats:
    """The first `used` entries of a list with one entry a round, zeros after them: (rounds,)."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < used:
        raise ValueError(f"{name} must have one entry for each of the {used} estimators_, got shape {array.shape}")
    return np.concatenate([array[:used], np.zeros(rounds - used)])


def textbook(scale: float) -> Reweight:
    """D e^{−α y h} ÷ Σ for votes of scale 1, D e^{α [h ≠ y]} ÷ Σ for votes of scale 2."""

    def reweight(D: Floats, miss: NDArray[np.bool_], alpha: float) -> Floats:
        exponent = alpha * (miss if scale == 2 else 2.0 * miss - 1)
        new = D * np.exp(exponent - exponent.max())
        return np.asarray(new / new.sum())

    return reweight


def replay(D: Floats, wrong: NDArray[np.bool_], alphas: Floats, reweight: Reweight) -> Floats:
    """D_1 … D_{m+1} from the votes: (m+1, n) for D (n,), wrong (m, n). A round without error changes nothing."""
    states = [D]
    for miss, alpha in zip(wrong, alphas, strict=False):
        missed = (states[-1] * miss).sum() > 0
        states.append(reweight(states[-1], miss, alpha) if missed else states[-1])
    return np.array(states)


def _shown(model: Any, wrong: NDArray[np.bool_], found: Answers, asked: Asked, name: str) -> Floats:
    """The weights that the object shows, with the state after its last round replayed where it keeps none."""
    rows = np.asarray(model.sample_weights_)
    used, n = wrong.shape
    if rows.ndim != 2 or rows.shape[1] != n or len(rows) < max(used, 1):
        raise ValueError(f"{name}.sample_weights_ must have shape (rounds, {n}), got {rows.shape}")
    rows = rows.astype(np.float64)[: used + 1]
    if len(rows) == used:
        if "alphas" not in found:
            raise ValueError(f"{name}.sample_weights_ must have {used + 1} rows where no votes are shown")
        step = textbook(alpha_scale(model, name))
        rows = np.concatenate([rows, replay(rows[-1], wrong[-1:], found["alphas"][used - 1 :], step)[1:]])
    return padded(rows, asked.rounds + 1)


def _stop(model: Any, wrong: NDArray[np.bool_], found: Answers, asked: Asked) -> int:
    """The stated reason, else the one that the rounds show."""
    stated = getattr(model, "stop_reason_", None)
    if stated in STOP:
        return STOP.index(stated)
    used = len(wrong)
    weights = found.get("weights", np.repeat(asked.w[None], asked.rounds, axis=0))
    if used and (weights[used - 1] * wrong[-1]).sum() == 0:
        return 1
    return 2 if used < asked.rounds else 0
