"""Python Optimal Transport as subjects: its own functions, one problem at a time, with its own answers."""

from __future__ import annotations

import ot

from impl.core.subject import Operation, Subject
from impl.foreign.pot import closed, entropic, programme

BOTH, DOUBLE = ("float64", "float32"), ("float64",)

NO_SWEEPS = "its steps are not Sinkhorn's sweeps from g = 0: only for a converged plan are its potentials the port's"

OFFERED: tuple[tuple[str, dict[str, Operation], tuple[str, ...], dict[str, str]], ...] = (
    ("pot-emd", {"solve": programme.emd(lowered=False)}, DOUBLE, {}),
    ("pot-emd2", {"solve": programme.emd2}, DOUBLE, {}),
    ("pot-emd-lowered", {"solve": programme.emd(lowered=True)}, DOUBLE, {}),
    (
        "pot-solve",
        {
            "solve": programme.solve,
            "sinkhorn": entropic.solve,
            "gradients": programme.gradients("autodiff", lowered=False),
        },
        DOUBLE,
        {},
    ),
    ("pot-solve-envelope", {"gradients": programme.gradients("envelope", lowered=True)}, DOUBLE, {}),
    ("pot-solve-batch", {"sinkhorn": entropic.batch}, BOTH, dict.fromkeys(("f", "g"), NO_SWEEPS)),
    ("pot-sinkhorn", {"sinkhorn": entropic.SINKHORN}, BOTH, {}),
    ("pot-sinkhorn-log", {"sinkhorn": entropic.LOG}, BOTH, {}),
    ("pot-sinkhorn-stabilized", {"sinkhorn": entropic.STABILIZED}, BOTH, {}),
    ("pot-sinkhorn-epsilon-scaling", {"sinkhorn": entropic.SCALING}, BOTH, dict.fromkeys(("f", "g"), NO_SWEEPS)),
    ("pot-greenkhorn", {"sinkhorn": entropic.GREENKHORN}, BOTH, dict.fromkeys(("f", "g"), NO_SWEEPS)),
    ("pot-screenkhorn", {"sinkhorn": entropic.screenkhorn}, DOUBLE, dict.fromkeys(("f", "g"), NO_SWEEPS)),
    ("pot-sinkhorn-divergence", {"divergence": entropic.divergence}, DOUBLE, {}),
    ("pot-wasserstein-1d", {"wasserstein_1d": closed.wasserstein_1d}, BOTH, {}),
    ("pot-emd2-1d", {"wasserstein_1d": closed.emd2_1d}, DOUBLE, {}),
    ("pot-sliced", {"sliced": closed.sliced}, BOTH, {}),
    ("pot-gaussian", {"gaussian": closed.gaussian, "gelbrich": closed.gelbrich}, BOTH, {}),
    ("pot-dist", {"cost": programme.cost}, BOTH, {}),
)
"""Each subject: its name, its operations, the dtypes that it computes in, and why an answer is absent."""

ABSENT = {
    **dict.fromkeys(("metric", "certify", "c_transform"), "POT has no such function of a cost matrix"),
    **dict.fromkeys(("single_potential", "farkas"), "POT solves the transport programme only"),
    **dict.fromkeys(("lipschitz", "interval", "contraction"), "POT computes potentials and says nothing more of them"),
    "barycentre_1d": "POT's barycentres have a support that is given or fitted",
    "gaussian_factors": "POT's factors are orthonormal and its covariances have a noise term",
    "discrepancies": "POT has no divergences between histograms",
    **dict.fromkeys(("critic", "clip", "spectral", "conv_norm", "penalty", "train"), "POT has no critics"),
}
"""Operations of the port that POT has under no name."""

ELSEWHERE = {key: f"answered by {name}" for name, operations, *_ in reversed(OFFERED) for key in operations}

SUBJECTS: tuple[Subject, ...] = tuple(
    Subject(
        name,
        "transport",
        operations,
        lanes=name == "pot-solve-batch",
        version=ot.__version__,
        devices=("cpu",),
        dtypes=dtypes,
        missing={key: why for key, why in (ABSENT | ELSEWHERE | missing).items() if key not in operations},
    )
    for name, operations, dtypes, missing in OFFERED
)
