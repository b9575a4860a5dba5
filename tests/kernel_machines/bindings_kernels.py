"""Which claims must refute which mistake in kernels, their features and losses."""

from __future__ import annotations

KERNELS_KILLERS: dict[str, tuple[str, ...]] = {
    "zero-one-strict": ("SVM-02",),
    "hinge-without-margin": ("SVM-02",),
    "hinge-of-errors-only": ("SVM-02",),
    "hinge-squared": ("SVM-02",),
    "squared-hinge-plain": ("SVM-02",),
    "squared-hinge-unclipped": ("SVM-02",),
    "log-loss-not-scaled": ("SVM-02",),
    "log-loss-scaled-twice": ("SVM-02",),
    "log-loss-naive": ("SVM-02",),
    "log-loss-without-log1p": ("SVM-02",),
    "log-loss-softplus": ("SVM-02",),
    "log-loss-of-sigmoid": ("SVM-02",),
    "log-loss-sign": ("SVM-02",),
    "linear-cosine": (
        "SVM-07",
        "SVM-08",
    ),
    "linear-indefinite": (
        "SVM-07",
        "SVM-08",
    ),
    "polynomial-zeta-outside": (
        "SVM-07",
        "SVM-08",
    ),
    "polynomial-gamma-outside": (
        "SVM-07",
        "SVM-08",
    ),
    "polynomial-gamma-of-both": (
        "SVM-07",
        "SVM-08",
    ),
    "polynomial-homogeneous": (
        "SVM-07",
        "SVM-08",
    ),
    "polynomial-degree-off": (
        "SVM-07",
        "SVM-08",
    ),
    "rbf-unsquared": (
        "SVM-07",
        "SVM-09",
    ),
    "rbf-expanded": ("SVM-09",),
    "rbf-bandwidth": (
        "SVM-07",
        "SVM-09",
    ),
    "rbf-half": (
        "SVM-07",
        "SVM-09",
    ),
    "rbf-mean-distance": (
        "SVM-07",
        "SVM-09",
    ),
    "laplacian-euclidean": (
        "SVM-07",
        "SVM-09",
    ),
    "laplacian-greatest": (
        "SVM-07",
        "SVM-09",
    ),
    "laplacian-rbf": (
        "SVM-07",
        "SVM-09",
    ),
    "laplacian-gamma-inverse": (
        "SVM-07",
        "SVM-09",
    ),
    "sigmoid-zeta-forgotten": ("SVM-07",),
    "sigmoid-logistic": ("SVM-07",),
    "features-no-multinomials": ("SVM-08",),
    "features-not-rooted": ("SVM-08",),
    "features-gamma-everywhere": ("SVM-08",),
    "features-constant-not-counted": ("SVM-08",),
    "series-without-factor-two": ("SVM-09",),
    "series-without-factorials": ("SVM-09",),
    "series-signs-forgotten": ("SVM-09",),
    "series-norm-forgotten": ("SVM-09",),
    "series-one-term-short": ("SVM-09",),
    "series-one-term-more": ("SVM-09",),
    "remainder-next-term": ("SVM-09",),
    "remainder-one-on": ("SVM-09",),
    "remainder-signed": ("SVM-09",),
    "psd-by-diagonal": ("SVM-07",),
    "psd-by-singular-value": ("SVM-07",),
    "psd-by-greatest": ("SVM-07",),
    "psd-by-gershgorin": ("SVM-07",),
    "psd-clipped": ("SVM-07",),
    "psd-without-rounding": ("SVM-07",),
    "psd-always": ("SVM-07",),
}
