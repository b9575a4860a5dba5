"""Claims about Boolean functions: BP-10, BP-08, BP-19."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.claim import Answer, Claim
from theory.core.domain import Cases
from theory.core.gap import Gap, exactly
from theory.perceptron import oracle_separation as oracle
from theory.perceptron.cases_tables import CENSUS, TABLES, XOR
from theory.perceptron.proofs import table_gaps

SMALL = 3
"""Most variables of which every table is asked."""


def check_xor(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Each row of parity is next to rows of the other label only, so that all rows with weight 1 add up to 0.

    With two variables and a bias the four rows have rank 3: their certificate is unique but for its size. A perceptron
    on whole numbers whose weights come back repeats itself from there for ever (Block & Levin 1970).
    """
    inputs, intercept = str(cases.settings["inputs"]), bool(cases.settings["intercept"])
    table, order = cases["table"], cases["order"]
    x = oracle.rows(cases["w"].shape[1], inputs)
    y = np.take_along_axis(2 * table - 1, order, axis=1)
    shuffled = x[order].astype(np.float64)
    fit = answer.again("perceptron_fit", cases.with_arrays(x=shuffled, y=y))
    certificate = answer["certificate"]
    unique = bool(intercept and len(x) == 4)
    ones = np.ones(cases.lanes)
    return (
        exactly("no unit computes parity", answer["threshold"], 0 * ones),
        *table_gaps(answer, table, x, intercept),
        exactly("the certificate takes all rows alike", certificate, certificate[:, :1], unique),
        exactly("every epoch has a mistake", np.all(fit["mistake"].any(axis=2), axis=1), ones),
        exactly("it does not converge", fit["converged"], 0 * ones),
        exactly("the weights come back", recurs(fit, cases), ones),
    )


def recurs(fit: Answer, cases: Cases) -> NDArray[np.bool_]:
    """Whether the weights at the ends of two epochs, or at the start, are the same: (lane,)."""
    path = np.concatenate([fit["path_w"][:, :, -1], fit["path_bias"][:, :, -1, None]], axis=2)
    start = np.concatenate([cases["w"], cases["bias"][:, None]], axis=1)
    states = np.concatenate([start[:, None], path], axis=1)
    same = (states[:, :, None] == states[:, None]).all(axis=3)
    return np.asarray((same.sum(axis=2) > 1).any(axis=1))


def check_census(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """The count by theory alone, see `oracle.count_tables`, and each table by its proof, see `table_gaps`.

    Up to three variables every table is asked, and those that are proved to be threshold functions are counted.
    """
    k, inputs = cases.integer("variables"), str(cases.settings["inputs"])
    intercept = bool(cases.settings["intercept"])
    count = oracle.count_tables(k, inputs, intercept)
    table = oracle.every_table(k) if k <= SMALL else cases["table"]
    proof = answer.again("boolean_threshold", cases.with_arrays(table=table, lanes=np.zeros(len(table))))
    proved = proof["threshold"].astype(bool)
    gaps = [exactly("how many functions one unit computes", answer["count"], np.full(cases.lanes, count))]
    if k <= SMALL:
        gaps.append(exactly("as many as there are proofs", answer["count"], np.full(cases.lanes, proved.sum())))
    return (*gaps, *(_shared(gap, cases.lanes) for gap in table_gaps(proof, table, oracle.rows(k, inputs), intercept)))


def _shared(gap: Gap, lanes: int) -> Gap:
    """A comparison of all tables as one of each lane, whatever the number of tables."""
    wrong = np.where(gap.where, gap.excess, 0.0).reshape(1, -1)
    return exactly(gap.label, np.repeat(wrong, lanes, axis=0), np.zeros((lanes, wrong.shape[1])))


def check_network(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Both layers computed anew; a threshold is exact on digits 0 and 1 and weights that are whole or halves."""
    table = cases["table"]
    size = table.shape[1]
    x = oracle.rows(size.bit_length() - 1, "01").astype(np.float64)
    hidden = (answer["hidden_w"] @ x.T + answer["hidden_bias"][..., None] > 0).swapaxes(1, 2)
    output = (hidden * answer["output_w"][:, None]).sum(axis=2) + answer["output_bias"][:, None] > 0
    return (
        exactly("hidden units fire where their sum is positive", answer["hidden"], hidden),
        exactly("so does the output", answer["output"], output),
        exactly("the output is the table", output, table),
    )


TABLES_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="BP-10",
        version=1,
        title="XOR, with its proof",
        sentence="No unit computes parity, since its signed rows add up to 0; the perceptron's weights come back, and "
        "it errs for ever.",
        latex=r"\sum_{x}\,(-1)^{x_1+\dots+x_k}\,(x,1)=0",
        source=(("minsky1969", "section 3.1"), ("block1970", "boundedness theorem")),
        kind="certificate",
        asks="boolean_threshold",
        also=("perceptron_fit",),
        check=check_xor,
        domain=XOR,
        parents=("BP-03", "BP-05"),
        needs=("threshold", "w", "bias", "certificate"),
    ),
    Claim(
        id="BP-08",
        version=1,
        title="Census of threshold functions",
        sentence="Of the functions of 1, 2, 3, 4 variables one unit computes 4, 14, 104, 1882 with a bias; without one "
        "2, 6, 32, 370 on inputs 0 and 1, and 3, 9, 51, 593 on −1 and 1; each has its proof.",
        latex=r"f=[\,w\cdot x+b>0\,]\iff\nexists\,a,b\in f^{-1}(1),\ c,d\in f^{-1}(0):\ a+b=c+d\quad(k\le 8)",
        source=(("muroga1971", "chapter 7"), ("winder1962", "threshold logic"), ("minsky1969", "chapter 1")),
        kind="exact",
        asks="census",
        also=("boolean_threshold",),
        check=check_census,
        domain=CENSUS,
        parents=("BP-03",),
        needs=("count",),
        lanes=16,
    ),
    Claim(
        id="BP-19",
        version=1,
        title="Two layers compute everything",
        sentence="Two layers of threshold units with biases compute every Boolean function.",
        latex=r"f(x)=\Bigl[\sum_j v_j\,[\,w_j\cdot x+b_j>0\,]+c>0\Bigr]",
        source=(("mcculloch1943", "section 2"), ("minsky1969", "chapter 1")),
        kind="exact",
        asks="boolean_network",
        check=check_network,
        domain=TABLES,
        parents=("BP-10",),
        needs=("hidden_w", "hidden_bias", "output_w", "output_bias", "hidden", "output"),
    ),
)
