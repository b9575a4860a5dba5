"""A user's Gaussian mixture, shaped like scikit-learn's, as the mixture operations of the port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from impl.core.own_class import Floats, Model, accepts, lane, one, quietly
from impl.core.subject import Answers, Arrays, Operation, Settings

State = tuple[Floats, Floats, Floats]  # weights (k,), means (k, d), covariances of any shape


def mixture_from(model: Model, place: Callable[[Any, State], None] | None = None) -> dict[str, Operation]:
    """The operations that a class with `fit`, `weights_`, `means_` and `covariances_` answers.

    place(fitted, state): sets a model to given parameters; by default it writes the three attributes.
    """
    reader = MixtureReader(model, place or _write)
    blank = model.make
    found: dict[str, Operation] = {}
    if callable(getattr(blank, "fit", None)) and model.takes("mu"):
        found["mixture_fit"] = reader.fit
    if callable(getattr(blank, "predict_proba", None)):
        found["mixture_e_step"] = reader.e_step
    if callable(getattr(blank, "m_step", None)):
        found["mixture_m_step"] = reader.m_step
    return found


def _write(fitted: Any, state: State) -> None:
    fitted.weights_, fitted.means_, fitted.covariances_ = state


class MixtureReader:
    """Asks one model one question at a time."""

    def __init__(self, model: Model, place: Callable[[Any, State], None]) -> None:
        self.model = model
        self.place = place

    def fit(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """The path of EM: a fresh fit from the start for each number of steps."""
        kind = str(settings["covariance"])
        x, weight = one(arrays, "x", "sample_weight")
        weighted = accepts(self.model.make.fit, "sample_weight")  # type: ignore[attr-defined]
        if not self._speaks(kind, settings) or not (weighted or (weight == 1).all()):
            return {}
        start: State = one(arrays, "pi", "mu", kind)
        told: dict[str, Any] = {"sample_weight": weight} if weighted else {}
        path = [start]
        for steps in range(1, int(settings["steps"]) + 1):
            fitted = self._started(kind, settings, start, steps)
            with quietly():
                fitted.fit(x, **told)
            path.append(_state(fitted))
        parts = (np.stack(values) for values in zip(*path, strict=True))
        found = dict(zip(("pi", "mu", "covariances"), parts, strict=True))
        if callable(getattr(self.model.make, "score_samples", None)):
            found["log_likelihood"] = np.array([weight @ self._placed(kind, state).score_samples(x) for state in path])
        return lane(**found)

    def e_step(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """Responsibilities and log-likelihoods of the rows at given parameters."""
        kind = str(settings["covariance"])
        if not self._speaks(kind, {}):
            return {}
        (x,) = one(arrays, "x")
        placed = self._placed(kind, one(arrays, "pi", "mu", kind))
        with quietly():
            found = {"resp": placed.predict_proba(x)}
            if callable(getattr(placed, "score_samples", None)):
                found["log_likelihood"] = placed.score_samples(x)
        return lane(**found)

    def m_step(self, arrays: Arrays, settings: Settings, *, device: str, dtype: str, seed: int) -> Answers:
        """What the user's own M-step makes of responsibilities."""
        kind = str(settings["covariance"])
        x, weight, resp = one(arrays, "x", "sample_weight", "resp")
        if not self._speaks(kind, settings):
            return {}
        fresh = self._new(kind, settings, resp.shape[1], 1)
        with quietly():
            pi, mu, covariances = fresh.m_step(x, weight[:, None] * resp)
        return lane(pi=pi, mu=mu, covariances=covariances)

    def _speaks(self, kind: str, settings: Mapping[str, Any]) -> bool:
        """Whether the model knows this shape of covariance, and a ridge where one is asked for."""
        own = getattr(self.model.make, "covariance_type", "full")
        shaped = self.model.takes("covariance") or kind == own
        return shaped and (not settings.get("ridge") or self.model.takes("ridge"))

    def _new(self, kind: str, settings: Mapping[str, Any], k: int, steps: int, **roles: Any) -> Any:
        """An unfitted model for k components that makes this many steps."""
        ridge = settings.get("ridge", 0.0)
        return self.model.new(components=k, covariance=kind, steps=steps, tol=0.0, ridge=ridge, seed=0, **roles)

    def _started(self, kind: str, settings: Mapping[str, Any], start: State, steps: int) -> Any:
        """The same with the parameters from which it starts."""
        pi, mu, covariances = start
        precisions = np.linalg.inv(covariances) if kind in ("full", "tied") else 1 / covariances
        roles = {"pi": pi, "mu": mu, "covariances": covariances, "precisions": precisions}
        return self._new(kind, settings, len(pi), steps, **roles)

    def _placed(self, kind: str, state: State) -> Any:
        """An unfitted model that was given its parameters."""
        made = self._new(kind, {}, len(state[0]), 1)
        self.place(made, state)
        return made


def _state(fitted: Any) -> State:
    return np.asarray(fitted.weights_), np.asarray(fitted.means_), np.asarray(fitted.covariances_)
