"""Which claims must refute which mutant. A claim bound to no mutant, or a mutant bound to no claim, fails the suite."""

from __future__ import annotations

from theory.core import registry

ADABOOST: dict[str, tuple[str, ...]] = {
    "alpha-without-half": ("ADA-02", "ADA-03", "ADA-04", "ADA-05", "ADA-07", "ADA-08", "ADA-10"),
    "alpha-log2": ("ADA-02", "ADA-03", "ADA-04", "ADA-05", "ADA-08"),
    "alpha-log10": ("ADA-02", "ADA-03", "ADA-04", "ADA-05", "ADA-08"),
    "weights-not-normalised": ("ADA-01", "ADA-04", "ADA-06"),
    "weights-divided-by-maximum": ("ADA-01", "ADA-06"),
    "indicator-update": ("ADA-04", "ADA-05", "ADA-06"),
    "update-sign-flipped": ("ADA-04", "ADA-05", "ADA-06", "ADA-07"),
    "error-unweighted": ("ADA-02", "ADA-08"),
    "error-one-minus-accuracy": ("ADA-02", "ADA-05"),
    "error-clipped": ("ADA-02", "ADA-03", "ADA-04", "ADA-05", "ADA-11"),
    "one-polarity": ("ADA-09",),
    "no-constant-stump": ("ADA-09",),
    "strict-threshold": ("ADA-09",),
    "unweighted-vote": ("ADA-07", "ADA-11"),
    "uniform-initial-weights": ("ADA-01", "ADA-16"),
    "perfect-learner-weight-one": ("ADA-07", "ADA-15"),
    "sign-zero-label": ("ADA-15",),
    "clamp-error-and-continue": ("ADA-15",),
    "decision-divided-by-votes": ("ADA-17",),
    "reseeded-by-rounds": ("ADA-17",),
    "samme-without-log-classes": ("ADA-12",),
    "half-rule-for-many-classes": ("ADA-12",),
    "probability-clipped": ("ADA-13",),
    "log-odds-without-half": ("ADA-13",),
    "r2-weighted-mean": ("ADA-18", "ADA-19"),
    "r2-unweighted-median": ("ADA-18", "ADA-19"),
    "r2-exponent-not-reversed": ("ADA-18",),
    "resample-without-replacement": ("ADA-14",),
    "uniform-resampling": ("ADA-14",),
}

RECEPTIVE_FIELD: dict[str, tuple[str, ...]] = {
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

LAWS = {
    "leaks-across-lanes": "XC-01",
    "other-numbers-off-the-cpu": "XC-02",
    "computes-in-double": "XC-03",
    "counts-the-padding": "XC-04",
    "first-row-counts-extra": "XC-05",
    "scribbles-on-its-input": "XC-06",
    "different-every-time": "XC-06",
    "repairs-bad-input": "XC-07",
}
"""The cross-cutting mutants and the law that each breaks, in every operation to which the law applies."""


def _with_laws(system: str, own: dict[str, tuple[str, ...]], laws: dict[str, str]) -> dict[str, tuple[str, ...]]:
    claims = [claim.id for claim in registry.claims(system)]
    return own | {name: tuple(i for i in claims if i.startswith(f"{law}.")) for name, law in laws.items()}


BINDINGS = {
    "adaboost": _with_laws("adaboost", ADABOOST, LAWS),
    # layers have an order, so no permutation law applies; padding with identity layers notices the mistake instead
    "receptive_field": _with_laws("receptive_field", RECEPTIVE_FIELD, LAWS | {"first-row-counts-extra": "XC-04"}),
}
