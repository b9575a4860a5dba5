"""Claims about the objective of the soft-margin machine: SVM-01, SVM-06."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, Bound, absolute, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, at_most, equal
from theory.kernel_machines import oracle_svm as oracle
from theory.kernel_machines.cases_svm import CONVERSIONS, OBJECTIVES


def check_slack(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """P is ½‖w‖² plus C times the least sum of slacks, which a linear programme finds.

    The rounding of P as `oracle_svm.errors` derives, and that of the programme's own sum in float64.
    """
    here = oracle.machine(cases["K"], cases["y"], cases["C"], cases["alpha"], cases["bias"])
    slacks = oracle.least_slacks(here.score, cases["y"])
    n = cases["y"].shape[1]
    own = rounding(4 * n, U64, "γ64(4n) C(1 + Σξ)", cases["C"] * (1 + slacks))
    return (
        equal("P is ½‖w‖² + C Σξ", answer["primal"], here.square / 2 + cases["C"] * slacks,
              oracle.errors(cases, cases["alpha"], cases["bias"]).primal + own),
    )  # fmt: skip


def check_convert(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """λ = 1∕2C either way, two roundings; and P(w, b) = C n [(λ∕n)‖w‖² + (1∕n) Σ h] for the subject's own P.

    The objective with λ has the relative error 3u of λ in its first term; that with C the error of P.
    """
    value, found = cases["value"], answer["value"]
    c, penalty = (cases["C"], found) if cases.settings["target"] == "lambda" else (found, value)
    back = "C" if cases.settings["target"] == "lambda" else "lambda"
    again = answer.again("convert", cases.with_arrays(value=found).with_settings(target=back))["value"]
    return (
        equal("1 ∕ 2v", found, 1 / (2 * value), rounding(3, cases.u, "γ(3) ∕ 2v", 1 / (2 * value))),
        equal("there and back", again, value, rounding(6, cases.u, "γ(6) v", value)),
        *_same_objective(answer, cases, np.asarray(c), np.asarray(penalty)),
    )


def _same_objective(
    answer: Answer, cases: Cases, c: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    penalty: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> tuple[Gap, ...]:  # fmt: skip
    """The two objectives at the multipliers of the case, whatever box they are in."""
    with_c = cases.with_arrays(C=np.maximum(c, cases["alpha"].max(axis=1)))
    n = cases["y"].shape[1]
    here = oracle.machine(cases["K"], cases["y"], c, cases["alpha"], cases["bias"])
    losses = (here.primal - here.square / 2) / c
    scaled = (penalty * here.square + losses) / n
    primal = answer.again("svm_objective", with_c)["primal"]
    bound = oracle.errors(with_c, cases["alpha"], cases["bias"]).primal
    wide: Bound = bound + rounding(8, cases.u, "γ(8) P", np.abs(here.square) + np.abs(here.primal))
    return (equal("P = C n (objective with λ)", primal, c * n * scaled, wide),)


def check_violation(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """D, the gap by its terms, and the violation m − M at any multipliers; see `oracle_svm.errors`.

    A violation is a difference of two y − f without bias, each with the error of f.
    """
    alpha, bias = cases["alpha"], cases["bias"]
    here, off = oracle.machine(cases["K"], cases["y"], cases["C"], alpha, bias), oracle.errors(cases, alpha, bias)
    broken = oracle.violation(here.plain, cases["y"], cases["C"], alpha)
    apart = absolute(2 * off.score.value.max(axis=1) + 4 * cases.u, f"2({off.score.terms}) + 4u")
    return (
        equal("D", answer["dual"], here.dual, off.dual),
        equal("gap", answer["gap"], here.terms.sum(axis=1), off.gap),
        at_most("gap ≥ 0", -answer["gap"], np.zeros(cases.lanes), off.gap),
        equal("violation", answer["violation"], broken, apart),
    )


OBJECTIVE_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="SVM-01",
        version=1,
        title="Slack variables are the hinge loss",
        sentence="For given w and b the least sum of slacks is the sum of hinge losses, so the soft-margin primal is "
        "an unconstrained problem.",
        latex=r"\min\Bigl\{\sum_n\xi_n:\xi_n\ge1-y_nf_n,\ \xi_n\ge0\Bigr\}=\sum_n\max(0,1-y_nf_n)",
        source=(("cortes1995", "section 3"), ("hastie2009", "section 12.3.2")),
        kind="identity",
        asks="svm_objective",
        check=check_slack,
        domain=OBJECTIVES,
        parents=("SVM-02",),
        needs=("primal",),
        lanes=64,
    ),
    Claim(
        id="SVM-06",
        version=1,
        title="λ is 1 ∕ 2C",
        sentence="The soft-margin objective with C is C n times the penalised mean hinge loss with λ = 1 ∕ 2C, for "
        "every w and b.",
        latex=r"\tfrac12\|w\|^2+C\sum_nh_n=Cn\Bigl[\tfrac\lambda n\|w\|^2+\tfrac1n\sum_nh_n\Bigr],\quad"
        r"\lambda=\tfrac1{2C}",
        source=(("hastie2009", "section 12.3.2"),),
        kind="identity",
        asks="convert",
        also=("svm_objective",),
        check=check_convert,
        domain=CONVERSIONS,
        parents=("SVM-01",),
        needs=("value",),
    ),
)
