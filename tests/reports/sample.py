"""A run as it could have been: a user's AdaBoost that forgot the one half, and our receptive fields, which hold."""

from __future__ import annotations

from typing import Any

from tests.reports.sample_claims import ADABOOST, FIELDS, KILLS

Row = dict[str, Any]
CELLS = (("cpu", "float64"), ("cpu", "float32"), ("sim", "float64"), ("sim", "float32"))
BOOSTER = "shop.boost:Booster"

HEADER: Row = {
    "type": "run",
    "schema": 1,
    "tollens": "0.1.0",
    "revision": "6e9dc74",
    "command": f"tollens verify adaboost receptive_field --subject {BOOSTER}",
    "started": "2026-11-22T16:31:07+00:00",
    "python": "3.11.7",
    "platform": "Linux-6.1-x86_64",
    "cpu": "AMD EPYC 7R13",
    "cores": 2,
    "libraries": {"torch": "2.13.0+cpu", "numpy": "2.4.1", "hypothesis": "6.162.0", "scikit-learn": "1.9.1"},
    "devices": [
        {"device": "cpu", "simulated": False, "missing": "", "floats": ["float64", "float32"], "deterministic": True},
        {"device": "sim", "simulated": True, "missing": "", "floats": ["float64", "float32"], "syncs": 214},
    ],
    "not_verified": [
        ["cuda", "torch 2.13.0+cpu is built without it"],
        ["mps", "torch 2.13.0+cpu is built without it"],
    ],
    "seed": 0,
    "profile": "standard",
    "systems": ["adaboost", "receptive_field"],
    "account": {
        "total": 1e-6,
        "tests": 1234,
        "level": 8.1e-10,
        "detectable": {"ADA-14": "a resampling probability off by 0.08"},
    },
}
END: Row = {"type": "end", "finished": "2026-11-22T16:32:40+00:00", "seconds": 93.1, "interrupted": False}

SMALLEST: Row = {
    "label": "α_1",
    "relation": "=",
    "left": 1.0986122886681098,
    "right": 0.5493061443340549,
    "bound": 3.9e-15,
    "terms": "(2n+8) u + 2u|α|",
    "entry": [0],
    "regime": "integers",
    "shape": {"n": 4, "d": 1, "rounds": 1},
    "arrays": {"X": [[0.0], [1.0], [2.0], [2.0]], "y": [-1, 1, 1, -1], "w": [1.0, 1.0, 1.0, 1.0]},
    "settings": {"rounds": 1},
    "confirmed": "Confirmed in ball arithmetic",
    "shrink_calls": 9,
}


def verdict(claim: str, **changes: Any) -> Row:
    """The row of a claim of the sample that stands on our subject, with changes."""
    system, known = ("adaboost", ADABOOST) if claim.startswith("ADA") else ("receptive_field", FIELDS)
    title, sentence, latex, kind, parents, terms, source = known[claim]
    exact = kind in ("exact", "certificate")
    row = {
        "type": "verdict",
        "role": "claim",
        "claim": claim,
        "claim_version": 1,
        "system": system,
        "title": title,
        "sentence": sentence,
        "latex": latex,
        "source": [[part for part in source.split("|") if part]],
        "kind": kind,
        "position": list(known).index(claim),
        "parents": list(parents),
        "subject": "ours",
        "subject_kind": "ours",
        "subject_version": "0.1.0",
        "mistake": "",
        "device_asked": "cpu",
        "device_used": "cpu",
        "simulated": False,
        "dtype": "float64",
        "verdict": "stands",
        "reason": "",
        "grade": "statistical" if kind == "statistical" else "proved-for-input" if exact else "within-rounding",
        "regimes": {"generic": 1200, "ties": 300, "huge-scale": 148, "real": 2},
        "real": {"breast_cancer": 0.21},
        "cases": 1650,
        "rejected": 12,
        "margin": 0.0 if terms.startswith("0") else 0.23,
        "margin_label": "D_2",
        "margin_terms": terms,
        "margin_regime": "ties",
        "histogram": [["zero", 900]] if terms.startswith("0") else
        [["zero", 210], [-3.0, 120], [-2.5, 340], [-2.0, 512], [-1.5, 380], [-1.0, 86], [-0.5, 2]],
        "seconds": 0.8,
        "cases_per_second": 2062.5,
        "refutation": None,
        "counterexample": None,
        "replay": None,
        "smallest": "",
        "truth": "",
    }  # fmt: skip
    return {**row, **changes}


def placed(device: str, dtype: str) -> Row:
    """Where a verdict was reached, as changes to a row."""
    return {"device_asked": device, "device_used": device, "simulated": device.startswith("sim"), "dtype": dtype}


def refuted(claim: str, subject: str, kind: str, **changes: Any) -> Row:
    """The row of a claim that does not stand."""
    found = {**SMALLEST, "label": f"{claim} on the first round"}
    name = f"{claim}-{subject.replace(':', '.')}-cpu-float64"
    row = {
        "subject": subject,
        "subject_kind": kind,
        "verdict": "refuted",
        "reason": "α_1: 1.0986 ≠ 0.5493",
        "grade": "",
        "margin": 1.4e14,
        "histogram": [["zero", 40], [-2.0, 12], [13.5, 700], ["inf", 2]],
        "refutation": found,
        "counterexample": f"counterexamples/{name}.json",
        "replay": f"tollens replay reports/runs/latest/counterexamples/{name}.json --subject {subject}",
    }
    return verdict(claim, **{**row, **changes})


def _booster() -> list[Row]:
    """The user's subject: the pattern of `alpha-without-half`, an error, an absent capability."""
    rows = []
    for claim in ADABOOST:
        for device, dtype in CELLS:
            user = {"subject": BOOSTER, "subject_kind": "user", "subject_version": "", **placed(device, dtype)}
            if claim in KILLS["alpha-without-half"][2]:
                exact = {"margin": "inf"} if claim == "ADA-07" else {}
                rows.append(refuted(claim, BOOSTER, "user", **placed(device, dtype), **exact))
            elif claim == "ADA-15" and dtype == "float32":
                trouble = "ValueError: math domain error, in Booster.fit at <shop/boost.py>:41"
                rows.append(verdict(claim, **user, **nothing("error", trouble)))
            elif claim == "ADA-18":
                rows.append(
                    verdict(claim, **user, **nothing("not-applicable", "`fit_r2` is missing: no `estimators_`"))
                )
            else:
                rows.append(verdict(claim, **user))
    return rows


def nothing(outcome: str, reason: str) -> Row:
    """A verdict without a margin, as changes to a row."""
    empty: Row = {"margin": None, "histogram": [], "regimes": {}, "real": {}, "cases": 0, "rejected": 0, "grade": ""}
    return {"verdict": outcome, "reason": reason, **empty}


def _fields() -> list[Row]:
    rows = [verdict(claim, **placed(*cell)) for claim in FIELDS for cell in CELLS]
    rows[3] |= nothing("skipped", "needs float64, sim-mps has float32 only")
    rows[7] |= nothing("vacuous", "only 3 of 400 cases met the preconditions")
    return rows


def _foreign() -> list[Row]:
    sklearn = {"subject": "sklearn-adaboost", "subject_kind": "foreign", "subject_version": "1.9.1"}
    rows = [verdict(claim, **sklearn) for claim in ("ADA-02", "ADA-04", "ADA-05")]
    rows.append(verdict("ADA-09", **sklearn, **nothing("not-applicable", "its stump minimises Gini impurity")))
    rows.append(refuted("ADA-15", "sklearn-adaboost", "foreign", refutation=None, counterexample=None))
    return rows


def mutants(spared: str = "") -> list[Row]:
    """The kill matrix; the mutant called `spared` survives everything."""
    rows = []
    for name, (system, mistake, kills) in KILLS.items():
        for claim in ADABOOST if system == "adaboost" else FIELDS:
            dies = claim in kills and name != spared
            row = refuted(claim, name, "mutant") if dies else verdict(claim, subject=name, subject_kind="mutant")
            rows.append({**row, "role": "mutant", "mistake": mistake})
    return rows


def myths(standing: str = "") -> list[Row]:
    """Three myths; the one whose id is `standing` was not refuted."""
    plane = {"arrays": {"X": [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], "y": [-1, 1, 1, -1]}}
    line = {"arrays": {"X": [[0.0], [1.0], [2.0], [3.0], [4.0]], "y": [-1, -1, 1, -1, -1]}}
    strip = {"arrays": {"kernel": [2], "dilation": [2], "support": [True, False, True]}}
    told = (
        ("ADA-M1", "adaboost", "Training error falls every round.", "Its bound falls; the error itself may rise.",
         "five points on a line, − − + − −", "mistakes after round 4", 1, 0, line, {"n": 5, "d": 1, "rounds": 4}),
        ("ADA-M6", "adaboost", "There is always a stump that beats guessing.", "On XOR all stumps err half the time.",
         "the four points of XOR", "best weighted error", 0.5, 0.4999, plane, {"n": 4, "d": 2, "rounds": 1}),
        ("RCF-M3", "receptive_field", "Every pixel inside the box matters.", "Dilation and stride leave holes.",
         "one layer, $k=2$, $d=2$", "pixels that matter", 2, 3, strip, {"layers": 1}),
    )  # fmt: skip
    rows = []
    for claim, system, sentence, truth, smallest, label, left, right, arrays, shape in told:
        base = verdict("ADA-01", role="myth", system=system, title=sentence.rstrip("."), sentence=sentence)
        found = {**SMALLEST, "label": label, "left": left, "right": right, "entry": [], **arrays, "shape": shape}
        words = {"claim": claim, "latex": "", "kind": "myth", "parents": [], "truth": truth, "smallest": smallest}
        fell = {"verdict": "refuted", "refutation": found, "counterexample": f"counterexamples/{claim}.json"}
        rows.append({**base, **words, **(nothing("stands", "4000 cases tried") if claim == standing else fell)})
    return rows


def good_rows() -> list[Row]:
    """A run in which everything holds."""
    ours = [verdict(claim, **placed(*cell)) for claim in (*ADABOOST, *FIELDS) for cell in CELLS]
    return [HEADER, *ours, *mutants(), *myths(), END]


def sample_rows() -> list[Row]:
    """The whole sample: refutations with their cascade, an error, survivors, absences, simulated cells."""
    judged = [*_booster(), *_fields(), *_foreign(), *mutants("uniform-resampling"), *myths("RCF-M3")]
    return [HEADER, *judged, END]
