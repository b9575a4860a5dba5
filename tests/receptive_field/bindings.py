"""Which claims must refute which mutant."""

from __future__ import annotations

KILLERS: dict[str, tuple[str, ...]] = {
    "jump-before-use": ("RCF-01", "RCF-03", "RCF-06"),
    "top-down-without-minus": ("RCF-01",),
    "top-down-run-bottom-up": ("RCF-01",),
    "kernel-times-dilation": ("RCF-01", "RCF-02", "RCF-06", "RCF-09"),
    "dilation-ignored": ("RCF-01", "RCF-02", "RCF-10", "RCF-18"),
    "padding-added-to-size": ("RCF-01", "RCF-06", "RCF-07"),
    "padding-without-jump": ("RCF-03", "RCF-04", "RCF-06"),
    "jump-plus-stride-minus-one": ("RCF-01", "RCF-03"),
    "sum-of-kernels": ("RCF-01", "RCF-07"),
    "centre-half-size": ("RCF-03",),
    "half-pixel-slip": ("RCF-03",),
    "ceil-for-floor": ("RCF-05", "RCF-06"),
    "last-window-rule-forgotten": ("RCF-05",),
    "output-padding-forgotten": ("RCF-05",),
    "composition-order-swapped": ("RCF-04",),
    "max-over-branches": ("RCF-13", "RCF-18"),
    "sum-over-branches": ("RCF-13", "RCF-17", "RCF-18"),
    "last-branch-wins": ("RCF-13", "RCF-18"),
    "transposed-as-convolution": ("RCF-14",),
    "align-corners-confused": ("RCF-14",),
    "height-width-swapped": ("RCF-16", "RCF-18"),
    "pool-stride-one": ("RCF-15",),
    "pooling-skipped": ("RCF-15", "RCF-17"),
    "se-blocks-ignored": ("RCF-20",),
    "batch-norm-always-pointwise": ("RCF-20",),
    "padding-always-zeros": ("RCF-15",),
    "clipped-at-the-input-only": ("RCF-08", "RCF-16"),
    "float32-support": ("RCF-08",),
    "weights-shared-by-layers": ("RCF-12",),
    "variance-without-minus-one": ("RCF-11", "RCF-19"),
}

LAWS = {"first-row-counts-extra": "XC-04"}
"""Layers have an order, so no permutation law applies; padding with identity layers notices the mistake instead."""
