"""Expectations over noise that takes finitely many values: every outcome is tried, so nothing is left to chance.

Only first and second moments of the noise matter to what is averaged here, and signs ±1 have those of any noise of mean
0 and variance 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bits(count: int) -> Floats:
    """Every vector of `count` zeros and ones: (2^count, count)."""
    return ((np.arange(2**count)[:, None] >> np.arange(count)) & 1).astype(np.float64)


def signs(count: int) -> Floats:
    """Every vector of `count` signs: (2^count, count)."""
    return 2 * bits(count) - 1


def risks(hat: Floats, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Expected errors of ŷ = H y at the noise that was fitted and at fresh noise: (lane,) each.

    hat (lane, n, n), mean (lane, n), deviation (lane,). All 2^n noises are fitted; each fit is then tried on all 2^n
    fresh ones.
    """
    noise = signs(mean.shape[1])
    y = mean[:, None] + deviation[:, None, None] * noise  # (lane, 2^n, n)
    fitted = np.einsum("lij,lej->lei", hat, y)
    training = ((y - fitted) ** 2).mean(axis=(1, 2))
    in_sample = ((y[:, None] - fitted[:, :, None]) ** 2).mean(axis=(1, 2, 3))
    return np.asarray(training), np.asarray(in_sample)


def masked(x: Floats, y: Floats, w: Floats, keep: Floats) -> Floats:
    """E ‖y − (M∘X∕keep) w‖² over all 2^(nd) masks, each with its probability: (lane,)."""
    _, n, d = x.shape
    masks = bits(n * d)
    kept = masks.sum(axis=1)
    chance = keep[:, None] ** kept * (1 - keep[:, None]) ** (n * d - kept)  # (lane, mask)
    terms = x * w[:, None] / keep[:, None, None]
    value = np.einsum("mnd,lnd->lmn", masks.reshape(-1, n, d), terms)
    return np.asarray((chance * ((y[:, None] - value) ** 2).sum(axis=2)).sum(axis=1))


def shaken(x: Floats, y: Floats, w: Floats, deviation: Floats) -> Floats:
    """E ‖y − (X + E) w‖² over all 2^(nd) signs of the noise E: (lane,)."""
    _, n, d = x.shape
    noise = signs(n * d).reshape(-1, n, d)
    moved = np.einsum("end,ld->len", noise, w) * deviation[:, None, None]
    left = (y - np.einsum("lnd,ld->ln", x, w))[:, None] - moved
    return np.asarray((left**2).sum(axis=2).mean(axis=1))
