"""A user's own transport solver as a subject, without an adapter.

What is read, the way of Python Optimal Transport, on NumPy arrays and one problem at a time: `emd(a, b, M)`, `emd2`,
`sinkhorn(a, b, M, reg)`, `wasserstein_1d(x, y, a, b, p)` or `wasserstein_distance(x, y, a, b)`, `c_transform(f, C)`. A
solver returns its plan, or (plan, log) with the potentials log["u"], log["v"] (for `sinkhorn` the scalings of
exp(−M/reg), or the potentials log["f"], log["g"]). A method that takes (arrays, settings, device, dtype, seed) under
the name of an operation of the port is taken as it is.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from impl.core.subject import Answers, Arrays, Operation, Settings, Subject

Floats = NDArray[np.float64]

OPERATIONS = (
    *("cost", "metric", "solve", "certify", "c_transform", "lipschitz", "single_potential", "farkas", "interval"),
    *("wasserstein_1d", "barycentre_1d", "sliced", "gaussian", "gaussian_factors", "gelbrich", "discrepancies"),
    *("sinkhorn", "contraction", "divergence", "gradients"),
    *("critic", "clip", "spectral", "conv_norm", "penalty", "train"),
)
SWEEPS = ("numItermax", "max_iter", "n_iter", "sweeps")
TOLERANCES = ("stopThr", "tol")
"""What the number of sweeps and the tolerance of `sinkhorn` may be called."""


def adapt(make: Callable[..., object], name: str) -> Subject:
    """The user's class (or factory of an object or module) as a subject of that name.

    Raises TypeError for an object with none of the functions that the module's docstring lists.
    """
    made: Any = make()
    spoken = {key: getattr(made, key) for key in OPERATIONS if _speaks_port(getattr(made, key, None))}
    read = {key: op for key, op in _read(made, name).items() if key not in spoken}
    if not spoken and not read:
        raise TypeError(
            f"{name}: expected emd(a, b, M), sinkhorn(a, b, M, reg), wasserstein_1d(x, y, a, b, p), c_transform(f, C) "
            f"or an operation (arrays, settings, device, dtype, seed) called {', '.join(OPERATIONS)}"
        )
    return Subject(
        name,
        "transport",
        spoken | read,
        lanes=not read and bool(getattr(made, "lanes", True)),
        devices=("cpu",) if read else (),
        dtypes=("float64",) if read else (),
        missing=_missing(name, spoken | read),
    )


def _speaks_port(method: Any) -> bool:
    return callable(method) and {"device", "dtype", "seed"} <= _parameters(method)


def _parameters(function: Callable[..., Any]) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # built without a signature
        return set()


def _missing(name: str, offered: Mapping[str, Operation]) -> dict[str, str]:
    """Why an operation or an answer may be absent, by its name."""
    reasons = {key: f"{name} has no method {key}" for key in OPERATIONS}
    reasons |= {"solve": f"{name} has no emd(a, b, M)", "sinkhorn": f"{name} has no sinkhorn(a, b, M, reg)"}
    reasons["wasserstein_1d"] = f"{name} has neither wasserstein_1d(x, y, a, b, p) nor wasserstein_distance(x, y, a, b)"
    reasons["distance"] = f"{name} has wasserstein_distance(x, y, a, b), for p = 1 only"
    reasons |= dict.fromkeys(("f", "g", "value"), f"{name} returns a plan without a log of potentials")
    return {key: reason for key, reason in reasons.items() if key not in offered}


def _read(made: Any, name: str) -> dict[str, Operation]:
    """The operations that follow from functions shaped like POT's."""
    found: dict[str, Operation] = {}
    for key, function, operation in (
        ("solve", "emd", _solve),
        ("sinkhorn", "sinkhorn", _sinkhorn),
        ("wasserstein_1d", "wasserstein_1d", _wasserstein_1d),
        ("wasserstein_1d", "wasserstein_distance", _wasserstein_distance),
        ("c_transform", "c_transform", _c_transform),
    ):
        if callable(getattr(made, function, None)):
            found.setdefault(key, operation(made, name))
    return found


def _solve(made: Any, name: str) -> Operation:
    """Solve from `emd`; the cost is what `emd2` says where there is one, else ⟨plan, C⟩."""

    def solve(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        a, b, C = one(arrays, "a", "b", "C")
        plan, log = _plan_and_log(_asked(made.emd, a, b, C), C.shape, f"{name}.emd")
        cost = _asked(made.emd2, a, b, C) if callable(getattr(made, "emd2", None)) else (plan * C).sum()
        found = {"plan": plan, "cost": np.asarray(_first(cost), dtype=np.float64)}
        if "u" in log and "v" in log:
            found |= {"f": np.asarray(log["u"]), "g": np.asarray(log["v"])}
        return lane(found)

    return solve


def _sinkhorn(made: Any, name: str) -> Operation:
    """Sinkhorn from `sinkhorn`, told its sweeps and tolerance where it takes them.

    The port's iteration ends with g. An object whose `last_update` is "u", as POT's, is asked the transposed problem.
    """
    known = _parameters(made.sinkhorn)
    turned = getattr(made, "last_update", "v") == "u"

    def sinkhorn(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        asked = Entropic.of(arrays, settings, "float64")
        told: dict[str, float] = {key: asked.sweeps for key in SWEEPS if key in known}
        told |= {key: asked.tol for key in TOLERANCES if key in known}
        problem = (asked.b, asked.a, asked.C.T) if turned else (asked.a, asked.b, asked.C)
        plan, log = _plan_and_log(
            _asked(made.sinkhorn, *problem, asked.eps, **told), problem[2].shape, f"{name}.sinkhorn"
        )
        pair = _potentials(log, asked, turned)
        return asked.answers(plan.T if turned else plan, *pair)

    return sinkhorn


def _potentials(log: Mapping[str, Any], asked: Entropic, turned: bool) -> tuple[Floats, ...]:
    """The potentials f and g of the port from a log, which may know none; in turn they are those of (b, a)."""
    order = -1 if turned else 1
    if "f" in log and "g" in log:
        return asked.filled(*(np.asarray(log[key], dtype=np.float64) for key in ("f", "g")[::order]))
    if "u" in log and "v" in log:
        with np.errstate(divide="ignore"):
            return asked.potentials(*(np.log(log[key]) for key in ("u", "v")[::order]))
    return ()


def _wasserstein_1d(made: Any, name: str) -> Operation:
    def wasserstein_1d(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        return lane({"distance": np.asarray(_asked(made.wasserstein_1d, *measures(arrays), settings["p"]))})

    return wasserstein_1d


def _wasserstein_distance(made: Any, name: str) -> Operation:
    """wasserstein_1d for p = 1; nothing for another p."""

    def wasserstein_1d(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        if settings["p"] != 1:
            return {}
        return lane({"distance": np.asarray(_asked(made.wasserstein_distance, *measures(arrays)))})

    return wasserstein_1d


def _c_transform(made: Any, name: str) -> Operation:
    """c_transform, three times: f ↦ f^c, and back along the transposed cost, and once more."""

    def c_transform(arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        f, C = one(arrays, "f", "C")
        c = np.asarray(_asked(made.c_transform, f, C))
        cc = np.asarray(_asked(made.c_transform, c, C.T))
        return lane({"c": c, "cc": cc, "ccc": np.asarray(_asked(made.c_transform, cc, C))})

    return c_transform


def _asked(function: Callable[..., Any], *values: Any, **told: Any) -> Any:
    """What the user's function says, its own warnings silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*values, **told)


def _first(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) else answer


def _plan_and_log(answer: Any, shape: tuple[int, ...], name: str) -> tuple[Floats, Mapping[str, Any]]:
    """A plan of the right shape, and the log that came with it. Raises ValueError for another shape."""
    plan = np.asarray(_first(answer), dtype=np.float64)
    if plan.shape != shape:
        raise ValueError(f"{name} must return a plan of shape {shape}, got {plan.shape}")
    return plan, answer[1] if isinstance(answer, tuple) and isinstance(answer[1], Mapping) else {}


def one(arrays: Arrays, *names: str, dtype: str = "float64") -> tuple[Any, ...]:
    """The arrays of a question of one lane, without the lane, in the dtype asked for."""
    return tuple(np.ascontiguousarray(arrays[key][0], dtype=dtype) for key in names)


def measures(arrays: Arrays, dtype: str = "float64") -> tuple[Any, ...]:
    """Points x, y and weights a, b of a question of one lane, the weights with total 1."""
    x, y, a, b = one(arrays, "x", "y", "a", "b", dtype=dtype)
    return x, y, a / a.sum(), b / b.sum()


def lane(found: Mapping[str, Any]) -> Answers:
    """The answers for one problem as a batch of one."""
    return {key: np.asarray(value)[None] for key, value in found.items()}


class Entropic(NamedTuple):
    """One question to `sinkhorn`: a (n,), b (m,), C (n, m), ε, and when to stop."""

    a: Floats
    b: Floats
    C: Floats
    eps: float
    sweeps: int
    tol: float

    @classmethod
    def of(cls, arrays: Arrays, settings: Settings, dtype: str) -> Entropic:
        """The question of one lane."""
        a, b, C = one(arrays, "a", "b", "C", dtype=dtype)
        return cls(a, b, C, float(settings["eps"]), int(settings["sweeps"]), float(settings["tol"]))

    def potentials(self, log_u: Floats, log_v: Floats) -> tuple[Floats, Floats]:
        """Potentials f (n,) and g (m,) of the port's convention from the scalings of P = diag(u) e^{−C/ε} diag(v).

        f = ε (log u − log a) and g = ε (log v − log b); of a weight of 0 the scaling says nothing, see `filled`.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            f, g = self.eps * (log_u - np.log(self.a)), self.eps * (log_v - np.log(self.b))
        return self.filled(f, g)

    def filled(self, f: Floats, g: Floats) -> tuple[Floats, Floats]:
        """Both potentials, with the soft c-transform of the other where a weight is 0 and they are not finite."""
        rows, columns = self.a > 0, self.b > 0
        blank_rows, blank_columns = ~rows & ~np.isfinite(f), ~columns & ~np.isfinite(g)
        reach = (g[columns] - self.C[blank_rows][:, columns]) / self.eps  # (blank rows, kept columns)
        other = (f[rows, None] - self.C[rows][:, blank_columns]) / self.eps  # (kept rows, blank columns)
        f, g = f.copy(), g.copy()
        f[blank_rows] = -self.eps * logsumexp(reach, b=self.b[columns], axis=1)
        g[blank_columns] = -self.eps * logsumexp(other, b=self.a[rows, None], axis=0)
        return f, g

    def answers(self, plan: Floats, f: Floats | None = None, g: Floats | None = None) -> Answers:
        """What the port asks of a plan, and of potentials where they are known."""
        error = np.abs(plan.sum(axis=1) - self.a).sum()
        found = {
            "plan": plan,
            "marginal_error": error,
            "converged": np.int64(error <= self.tol),
            "transport": (plan * self.C).sum(),
        }
        if f is not None and g is not None:
            found |= {"f": f, "g": g, "value": f @ self.a + g @ self.b - self.eps * (plan.sum() - 1)}
        return lane(found)
