"""Which claims must refute which mistake in latent Dirichlet allocation."""

from __future__ import annotations

ALLOCATION_KILLERS: dict[str, tuple[str, ...]] = {
    "counts-ignored": ("EM-18", "EM-29", "EM-32", "EM-36"),
    "lda-last-word-lost": ("EM-18", "EM-29", "EM-32", "EM-36"),
    "log-of-mean-for-mean-log": ("EM-29", "EM-31", "EM-36"),
    "lda-phi-two-terms": ("EM-29", "EM-31", "EM-36"),
    "lda-phi-without-gamma": ("EM-29", "EM-31", "EM-36"),
    "lda-phi-hard": ("EM-29", "EM-36"),
    "lda-phi-in-padding": ("EM-29",),
    "gamma-without-alpha": ("EM-29", "EM-31", "EM-35", "EM-36"),
    "lda-gamma-flat-prior": ("EM-29", "EM-31", "EM-36"),
    "lda-gamma-mean-phi": ("EM-29", "EM-31", "EM-36"),
    "lda-start-without-alpha": ("EM-36",),
    "lda-entropy-sign": ("EM-18", "EM-31", "EM-35", "EM-36"),
    "lda-bound-without-entropy": ("EM-18", "EM-31", "EM-35", "EM-36"),
    "lda-bound-without-prior": ("EM-18", "EM-31", "EM-35", "EM-36"),
    "lda-bound-without-theta": ("EM-18", "EM-31", "EM-35", "EM-36"),
    "lda-bound-without-sum": ("EM-18",),
    "lda-bound-log-of-mean": ("EM-18",),
    "lda-bound-padded-logarithms": ("EM-18", "EM-31", "EM-35", "EM-36"),
    "beta-over-topics": ("EM-29", "EM-32", "EM-31"),
    "lda-beta-pseudo-count": ("EM-29", "EM-32", "EM-31"),
    "lda-beta-idle-uniform": ("EM-32",),
    "lda-beta-hard": ("EM-29", "EM-32", "EM-31", "EM-36"),
    "lda-beta-documents-alike": ("EM-29", "EM-32", "EM-31", "EM-36"),
    "lda-alpha-diagonal-only": ("EM-30",),
    "lda-alpha-gradient": ("EM-30",),
    "lda-alpha-sign": ("EM-30",),
    "lda-alpha-one-document": ("EM-30",),
    "lda-alpha-coarse-trigamma": ("EM-30",),
    "lda-alpha-undamped": ("EM-30",),
    "lda-alpha-clamped": ("EM-30",),
    "lda-alpha-positive-only": ("EM-30",),
    "lda-alpha-half-step": ("EM-30",),
    "lda-e-step-restarts": ("EM-31", "EM-36"),
    "lda-smoothed-eta-shared": ("EM-36",),
    "lda-smoothed-without-eta": (
        "EM-35",
        "EM-36",
    ),
    "lda-smoothed-bound-of-documents": (
        "EM-35",
        "EM-36",
    ),
    "lda-smoothed-constant-lost": (
        "EM-35",
        "EM-36",
    ),
    "lda-smoothed-prior-alone": (
        "EM-35",
        "EM-36",
    ),
    "lda-smoothed-log-of-mean": (
        "EM-35",
        "EM-36",
    ),
    "lda-smoothed-without-sum": (
        "EM-35",
        "EM-36",
    ),
}
