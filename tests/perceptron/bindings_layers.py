"""Which claims must refute which mutant of biases in layers."""

from __future__ import annotations

LAYERS_KILLERS: dict[str, tuple[str, ...]] = {
    "bias-gradient-averaged": ("BP-13",),
    "bias-gradient-first-position": ("BP-13",),
    "bias-gradient-mean-of-positions": ("BP-13",),
    "layer-without-bias": ("BP-13",),
    "layer-flips-its-window": ("BP-13",),
    "hidden-bias-subtracted": ("BP-11", "BP-21"),
    "linear-network": ("BP-11",),
    "leaky-network": ("BP-11",),
    "biases-kept": ("BP-11",),
    "kinks-at-plus-bias": ("BP-21",),
    "kinks-unsorted": ("BP-21",),
    "norm-without-mean": ("BP-12",),
    "norm-one-mean": ("BP-12",),
    "norm-unbiased-variance": ("BP-12",),
    "norm-epsilon-outside": ("BP-12", "BP-20"),
    "norm-constant-statistics": ("BP-12",),
    "norm-bias-frozen": ("BP-20",),
    "folded-without-mean": ("BP-20",),
    "folded-without-bias": ("BP-20",),
    "output-bias-is-the-share": ("BP-14",),
    "output-bias-of-the-other-class": ("BP-14",),
    "output-bias-zero": ("BP-14",),
    "loss-in-bits": ("BP-14",),
    "loss-by-cut-softplus": ("BP-14",),
    "gradient-without-labels": ("BP-14",),
}
