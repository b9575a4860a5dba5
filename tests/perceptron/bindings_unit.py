"""Which claims must refute which mutant of a threshold unit."""

from __future__ import annotations

UNIT_KILLERS: dict[str, tuple[str, ...]] = {
    "bias-is-the-threshold": ("BP-01",),
    "fires-at-zero": ("BP-01",),
    "fires-at-the-threshold": ("BP-01",),
    "bias-in-the-sum": ("BP-01",),
    "augmented-with-zero": ("BP-02",),
    "augmented-in-front": ("BP-02",),
    "augmented-threshold": ("BP-02",),
    "bias-is-the-distance": ("BP-16",),
    "signed-distance": ("BP-16",),
    "manhattan-norm": ("BP-16",),
    "nearest-divided-once": ("BP-16",),
    "nearest-on-the-other-side": ("BP-16",),
}
