"""How each kind of user's class is asked: a machine, a logistic regression, a calibrator, or functions alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impl.core.own_class import Floats, Model, Names, accepts, lane, one, quietly
from impl.core.subject import Answers, Arrays, Settings

NAMES: Names = {
    "cost": ("C",),
    "penalty": ("alpha", "lam", "lambda_", "penalty", "reg"),
    "kernel": ("kernel",),
    "gamma": ("gamma",),
    "zeta": ("coef0", "zeta"),
    "degree": ("degree",),
    "intercept": ("fit_intercept", "intercept"),
    "steps": ("max_iter", "n_iter", "iterations"),
    "tol": ("tol",),
    "seed": ("random_state", "seed"),
}
"""What each constructor argument that a reader may fill is called."""

MULTIPLIERS = ("alphas_", "alpha_")
WEIGHTS = ("coef_", "w_", "weights_")
BIASES = ("intercept_", "b_", "bias_")
SLOPES, LEVELS = ("a_", "A_"), ("b_", "B_")
VALUES = ("value_", "loss_")

EXTRAS = {"low": "low_", "high": "high_", "gap": "dual_gap_", "primal": "primal_", "dual": "dual_"}
"""What a support vector machine may say of itself."""

STEPS = {"svm": 100_000, "logistic": 10_000, "platt": 1_000}
"""Steps that an iterative class is told, so that it does not stop early: pairs, steps downhill, Newton's steps."""

U = 2.0**-53
"""The unit roundoff of float64, in which users' classes are asked."""

NEUTRAL = {"gamma": 1.0, "zeta": 0.0, "degree": 1.0}
"""Parameters of a kernel that has no argument for them."""

PARAMETERS = {
    "linear": (),
    "polynomial": ("gamma", "zeta", "degree"),
    "rbf": ("gamma",),
    "laplacian": ("gamma",),
    "sigmoid": ("gamma", "zeta"),
}
"""Kernel → the parameters that it has."""


@dataclass(frozen=True)
class Machine:
    """Asks a support vector machine one question at a time."""

    model: Model

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """svm_fit: the multipliers and the bias of one fit to a kernel matrix."""
        gram, y, cost = one(arrays, "K", "y", "C")
        fitted = self._fitted(gram, y, float(cost), gram, "precomputed", seed)
        alpha, bias = self._multipliers(fitted, y), _number(fitted, BIASES)
        if alpha is None or bias is None:
            return {}
        own = {key: _number(fitted, (attribute,)) for key, attribute in EXTRAS.items()}
        told = {key: value for key, value in own.items() if value is not None}
        return lane(alpha=alpha, bias=bias, support=self._support(fitted, alpha), **told)

    def linear(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """linear_svm: the weights and the bias of one fit to the points themselves."""
        x, y, cost = one(arrays, "x", "y", "C")
        fitted = self._fitted(x, y, float(cost), x @ x.T, "linear", seed)
        w, bias = _vector(fitted, WEIGHTS), _number(fitted, BIASES)
        return {} if w is None or bias is None else lane(w=w, bias=bias)

    def _fitted(self, data: Floats, y: Floats, cost: float, gram: Floats, kernel: str, seed: int) -> Any:
        """A fitted machine, told to stop at a violation of 16 n u(1 + C max Σ|K|): a sixteenth of the port's gap."""
        stop = 16 * len(y) * U * (1 + cost * np.abs(gram).sum(axis=1).max())
        made = self.model.new(cost=cost, kernel=kernel, intercept=True, steps=STEPS["svm"], tol=float(stop), seed=seed)
        with quietly():
            made.fit(data, y)
        return made

    def _multipliers(self, fitted: Any, y: Floats) -> Floats | None:
        """Its α (n,). Raises ValueError where there are not so many as points, or as `support_` says."""
        alpha = _vector(fitted, MULTIPLIERS)
        if alpha is None and (signed := _vector(fitted, ("dual_coef_",))) is not None:
            rows = self._rows(fitted, len(y))
            if len(signed) != len(rows):
                raise ValueError(f"{self.model.name}: expected {len(rows)} of dual_coef_, got {len(signed)}")
            alpha = np.zeros(len(y))
            alpha[rows] = signed * y[rows]
        if alpha is not None and len(alpha) != len(y):
            raise ValueError(f"{self.model.name}: expected {len(y)} multipliers, got {len(alpha)}")
        return alpha

    def _support(self, fitted: Any, alpha: Floats) -> NDArray[np.bool_]:
        """Which points it calls support vectors; those with α > 0 where it says nothing."""
        n = len(alpha)
        return np.isin(np.arange(n), self._rows(fitted, n)) if hasattr(fitted, "support_") else alpha > 0

    def _rows(self, fitted: Any, n: int) -> NDArray[np.intp]:
        told = np.asarray(getattr(fitted, "support_", np.arange(n)))
        return np.flatnonzero(told) if told.dtype == bool else told.astype(np.intp)


@dataclass(frozen=True)
class Logistic:
    """Asks a logistic regression one question at a time."""

    model: Model

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """logistic_fit: the weights of one fit, told to stop where the gradient is a few of its roundings.

        Nothing where the class has a constant that it cannot be told to leave out.
        """
        x, y, penalty = one(arrays, "x", "y", "penalty")
        stop = 8 * U * (1 + np.abs(x).sum(axis=1).mean())
        roles = {"penalty": float(penalty), "cost": 1 / (2 * float(penalty)), "intercept": False, "kernel": "linear"}
        made = self.model.new(**roles, steps=STEPS["logistic"], tol=float(stop), seed=seed)
        with quietly():
            made.fit(x, y)
        w = _vector(made, WEIGHTS)
        always = _vector(made, BIASES) is not None and not self.model.takes("intercept")
        return {} if w is None or always else lane(w=w)


@dataclass(frozen=True)
class Calibrator:
    """Asks a Platt scaling one question at a time."""

    model: Model

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """platt_fit: a, b and the probabilities of label 1; the value at a and b where the class does not name it."""
        f, y = one(arrays, "f", "y")
        made = self._fitted(f, y, seed)
        a, b = _number(made, SLOPES), _number(made, LEVELS)
        if a is None or b is None:
            return {}
        value = _number(made, VALUES)
        found: dict[str, Any] = {"a": a, "b": b, "value": value_at(f, y, a, b) if value is None else value}
        if self.model.has("predict_proba"):
            with quietly():
                share = np.asarray(made.predict_proba(f), dtype=np.float64)
            found["probability"] = share[:, 1] if share.ndim == 2 and share.shape[1] == 2 else share.reshape(-1)
        return lane(**found)

    def targets(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """platt_targets: what `targets(y)` returns, or `targets_` of a fit to the labels themselves as scores."""
        (y,) = one(arrays, "y")
        if self.model.has("targets"):
            return lane(targets=np.asarray(self.model.new(seed=seed).targets(y), dtype=np.float64).reshape(-1))
        told = _vector(self._fitted(y.copy(), y, seed), ("targets_",))
        return {} if told is None else lane(targets=told)

    def _fitted(self, f: Floats, y: Floats, seed: int) -> Any:
        """A fitted calibrator, told to stop where the gradient is a few of its roundings."""
        made = self.model.new(steps=STEPS["platt"], tol=float(len(f) * U * (1 + np.abs(f).max())), seed=seed)
        with quietly():
            made.fit(f, y)
        return made


def value_at(f: Floats, y: Floats, a: float, b: float) -> float:
    """The negative log-likelihood of Platt's targets at a and b: Σ log(1 + e^z) − (1 − t) z, z = a f + b."""
    positive, negative = (y > 0).sum(), (y < 0).sum()
    other = np.where(y > 0, 1 / (positive + 2), (negative + 1) / (negative + 2))  # 1 − t
    z = a * f + b
    return float((np.logaddexp(0, -np.abs(z)) + np.where(z > 0, (1 - other) * z, -other * z)).sum())


@dataclass(frozen=True)
class Functions:
    """Asks a class of functions one question at a time."""

    model: Model

    def kernel(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """Kernel: of `rbf_kernel` and its like, or of `kernel` of a class whose constructor knows what is asked for."""
        x, z = one(arrays, "x", "z")
        name = str(settings["kernel"])
        wanted = {key: settings[key] for key in ("gamma", "zeta", "degree") if key in PARAMETERS[name]}
        if self.model.has(f"{name}_kernel"):
            function, told = getattr(self.model.new(), f"{name}_kernel"), dict[str, Any]()
            for role, value in wanted.items():
                known = [argument for argument in NAMES[role] if accepts(function, argument)]
                if not known and value != NEUTRAL[role]:
                    return {}
                told |= {known[0]: value} if known else {}
        elif self.model.has("kernel") and self.model.takes("kernel"):
            if any(not self.model.takes(role) and value != NEUTRAL[role] for role, value in wanted.items()):
                return {}
            function, told = self.model.new(kernel=name, **wanted).kernel, {}
        else:
            return {}
        with quietly():
            return lane(gram=np.asarray(function(x, z, **told), dtype=np.float64))

    def softmax(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """Softmax and log_softmax along the last axis of z (n, k), as far as there are methods of these names."""
        (z,) = one(arrays, "z")
        made = self.model.new()
        with quietly():
            return lane(**{key: getattr(made, key)(z) for key in ("softmax", "log_softmax") if self.model.has(key)})


def _vector(fitted: Any, names: tuple[str, ...]) -> Floats | None:
    """The first attribute of these names, as a vector."""
    found = next((getattr(fitted, name) for name in names if getattr(fitted, name, None) is not None), None)
    return None if found is None else np.array(found, dtype=np.float64).reshape(-1)


def _number(fitted: Any, names: tuple[str, ...]) -> float | None:
    """The first attribute of these names, as a number. Raises ValueError where it holds several."""
    found = _vector(fitted, names)
    if found is not None and found.size != 1:
        raise ValueError(f"expected one number called {either(names) if len(names) > 1 else names[0]}, got {found}")
    return None if found is None else float(found[0])


def either(names: tuple[str, ...]) -> str:
    """Two names or more in words: "a, b or c"."""
    return f"{', '.join(names[:-1])} or {names[-1]}"
