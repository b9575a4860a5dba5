"""Claims about branches, layers of every kind, whole-input operations, traced graphs and published networks."""

from __future__ import annotations

import numpy as np

from theory.core.bound import ZERO
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, exactly
from theory.receptive_field import oracle
from theory.receptive_field.cases import Ints, Mask, walked
from theory.receptive_field.cases_graphs import (
    BRANCHES,
    GRAPHS,
    MIXED,
    PUBLISHED,
    branch,
    branch_lengths,
    graph_walk,
)
from theory.receptive_field.cases_layers import layer_domain
from theory.receptive_field.claims_support import ends
from theory.receptive_field.networks import network
from theory.receptive_field.port import LAYERS, MIXERS, SCOPES


def _branches(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    each = [branch(cases, b) for b in range(cases["kernel"].shape[1])]
    hull = oracle.union([walked(one)[0] for one in each]).hull()[:, 0]
    extents = np.stack([_extent(walked(one)[0].hull()[:, 0]) for one in each], axis=1)
    sizes = branch_lengths(cases)
    clip = [oracle.walk(one["unit"], one["kernel"], one["stride"], one["dilation"], one["padding"][..., 0], sizes[:, b])
            for b, one in enumerate(each)]  # fmt: skip
    seen = oracle.union([sites[0] for sites in clip]).mask(cases.integer("width"))
    aligned, length = _aligned(each), _extent(answer["box"])
    return (
        exactly("box = hull of the union over the branches", answer["box"], hull),
        exactly("size of each branch = hull of its set", answer["sizes"], extents),
        exactly("aligned = same stride and same centre", answer["aligned"], aligned),
        at_most("largest branch ≤ length of the box", extents.max(axis=1), length, ZERO),
        exactly("aligned branches: length of the box = largest branch", length, extents.max(axis=1), aligned),
        exactly("non-zero gradient = union of the clipped sets", answer["gradient"], seen),
    )


def _extent(box: Array) -> Array:
    return np.asarray(box[..., 1] - box[..., 0] + 1)


def _aligned(branches: list[Cases]) -> Mask:
    """Whether all branches move alike and their unit 0 has the same centre: (lane,)."""
    zero = np.zeros(branches[0].lanes, dtype=np.int64)
    ends = np.stack([walked(one, zero)[0].hull()[:, 0] for one in branches], axis=1)  # (lane, B, 2)
    starts = np.stack([walked(one, zero + 1)[0].hull()[:, 0, 0] for one in branches], axis=1)
    step, centre = starts - ends[..., 0], ends.sum(axis=-1)
    return np.asarray(((step == step[:, :1]) & (centre == centre[:, :1])).all(axis=1))


def layer_reads(cases: Cases) -> Ints:
    """How many (unit, tap) pairs of the span read each pixel, by brute force: (lane, width)."""
    names = ("kernel", "stride", "dilation", "padding", "factor")
    reads = np.zeros((cases.lanes, cases.integer("width")), dtype=np.int64)
    for code in np.unique(cases["kind"]):
        rows = np.flatnonzero(cases["kind"] == code)
        some = cases.take(rows)
        for step in range(int(some["span"].max())):
            asked = (step < some["span"])[:, None]
            each = oracle.read_by(LAYERS[code], some["unit"] + step, some["n"], reads.shape[1],
                                  **{name: some[name] for name in names})  # fmt: skip
            reads[rows] += np.where(asked, each, 0)
    return reads


def _one_layer(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    reads = layer_reads(cases)
    return (
        exactly("support = pixels that some tap reads", answer["support"], reads > 0),
        exactly("the framework responds to the same pixels", answer["measured"], reads > 0),
        exactly("multiplicity = taps that read the pixel", answer["multiplicity"], reads),
    )


def _phases(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    k, s, p, u, span = (cases[name] for name in ("kernel", "stride", "padding", "unit", "span"))
    low, high = -(-(u + p - k + 1) // s), (u + span - 1 + p) // s
    speaks = (cases["kind"] == LAYERS.index("transposed")) & (cases["dilation"] == 1)
    speaks &= (low >= 0) & (high < cases["n"])
    pixels, most = answer["support"].sum(axis=1), (span + k - 2) // s + 1
    return (
        *_one_layer(answer, cases),
        at_most("R neighbouring units see at most ⌊(R + k − 2)/s⌋ + 1 pixels", pixels, most, ZERO, speaks),
        at_most("and at least one less", most - 1, pixels, ZERO, speaks),
    )


def _scopes(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    batch, width = cases.integer("batch"), cases.integer("width")
    near = np.abs(np.arange(width) - cases["unit"][:, None]) <= 1
    kind = np.array(MIXERS)[cases["mixer"]]
    local, whole = np.isin(kind, ("identity", "batch-norm-eval")), kind == "batch-norm-train"
    scope = np.where(local, SCOPES.index("local"), np.where(whole, SCOPES.index("batch"), SCOPES.index("sample")))
    own = np.where(local[:, None], near, True)
    others = np.broadcast_to(whole[:, None, None], (cases.lanes, batch - 1, width))
    return (
        exactly("scope of the mixer", answer["scope"], scope),
        exactly("non-zero gradient: window, sample or batch", answer["measured"],
                np.concatenate([own[:, None], others], axis=1)),
    )  # fmt: skip


def _published(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    known = network(str(cases.settings["name"]))
    left = np.array([known.left])
    return (
        exactly("receptive field size", answer["size"], [known.size]),
        exactly("total stride", answer["jump"], [known.jump]),
        exactly("effective padding", answer["left"], left, left >= 0),
    )


def _trace(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    height, width = cases.integer("height"), cases.integer("width")
    free, clipped = graph_walk(cases, clip=False), graph_walk(cases, clip=True)
    seen, hull = clipped.mask(height, width), free.hull()
    pixel = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)  # (h, w, 2)
    first, last, n = (v[:, None, None] for v in (hull[..., 0], hull[..., 1], cases["n"]))
    box = ((pixel >= first) & (pixel <= last) & (pixel < n)).all(axis=-1)
    promised = np.where(answer["filled"].reshape(-1, 1, 1) == 1, box, False)
    inside = ((hull[..., 0] >= 0) & (hull[..., 1] < cases["n"])).all(axis=1)
    interior = np.asarray(inside & (free.size() == clipped.size()))
    return (
        exactly("traced box = hull of the brute-force set", answer["box"], hull),
        exactly("non-zero gradient = brute-force set, clipped at every stage", answer["gradient"], seen),
        exactly("where nothing is clipped, hull of the gradient = traced box", plane_hull(answer["gradient"]),
                answer["box"], interior[:, None, None]),
        at_most("a box said to be filled has no dead pixel", promised, answer["gradient"], ZERO),
    )  # fmt: skip


def plane_hull(mask: Array) -> Array:
    """First and last row and column with a True: (lane, 2, 2)."""
    return np.stack([ends(np.asarray(np.any(mask, axis=axis))) for axis in (2, 1)], axis=1)


GRAPH_CLAIMS = (
    Claim(
        id="RCF-13",
        version=1,
        title="Branches: the hull of the union",
        sentence="A sum of branches sees the hull of the union of what its branches see, at least as much as the "
        "largest branch, and just that when all branches agree in stride and centre.",
        latex=r"\max_i(uS_i-P_i+r_i-1)-\min_i(uS_i-P_i)+1\;\ge\;\max_i r_i",
        source=(("araujo2019", "section Arbitrary computation graphs"),),
        kind="exact",
        asks="branches",
        check=_branches,
        domain=BRANCHES,
        needs=("box", "sizes", "aligned", "gradient"),
        parents=("RCF-03",),
        lanes=16,
    ),
    Claim(
        id="RCF-14",
        version=1,
        title="Transposed convolution and upsampling see by phase",
        sentence="A unit of a transposed convolution sees the inputs that write to it, and how many depends on its "
        "phase; nearest upsampling sees one pixel, linear upsampling one or two around the half-pixel centre.",
        latex=r"\left[\left\lceil\tfrac{u+p-k+1}{s}\right\rceil,\left\lfloor\tfrac{u+p}{s}\right\rfloor\right],"
        r"\quad \left\lfloor\tfrac{u}{s}\right\rfloor,\quad \tfrac{u+1/2}{s}-\tfrac12",
        source=(("dumoulin2016", "Relationship 14"), ("odena2016", "section Deconvolution & overlap")),
        kind="exact",
        asks="layer",
        check=_phases,
        domain=layer_domain("transposed", "dilated-transposed", "nearest", "linear"),
        needs=("support", "measured", "multiplicity"),
        lanes=16,
    ),
    Claim(
        id="RCF-15",
        version=1,
        title="Pooling, adaptive pooling and padding modes",
        sentence="A pool sees what a convolution of its geometry sees (without a stride it moves by its kernel), an "
        "adaptive bin the pixels that it overlaps, and reflected, replicated and circular padding read real pixels.",
        latex=r"\left[\left\lfloor\tfrac{in}{m}\right\rfloor,\left\lceil\tfrac{(i+1)n}{m}\right\rceil\right)",
        source=(("dumoulin2016", "section Pooling arithmetic"), ("paszke2019", "documentation of torch.nn")),
        kind="exact",
        asks="layer",
        check=_one_layer,
        domain=layer_domain(
            *("max-pool", "default-stride", "average-pool", "adaptive-pool"),
            *("convolution", "reflect", "replicate", "circular"),
        ),
        needs=("support", "measured", "multiplicity"),
        lanes=16,
    ),
    Claim(
        id="RCF-17",
        version=1,
        title="The published table",
        sentence="Size, stride and padding of the published networks at their endpoints.",
        latex=r"r_{\text{PatchGAN-}N}=9\cdot2^N-2,\qquad r_{\text{WaveNet-}M\times B}=1+B(2^M-1)",
        source=(
            ("araujo2019", "table of pre-computed parameters"),
            ("isola2017", "appendix 6.1.2"),
            ("vandenoord2016", "section 2.1"),
        ),
        kind="exact",
        asks="network",
        check=_published,
        domain=PUBLISHED,
        needs=("size", "jump", "left"),
        parents=("RCF-01", "RCF-13"),
    ),
    Claim(
        id="RCF-18",
        version=1,
        title="The traced box is the hull of the gradient",
        sentence="On a graph of summed branches the traced box is the hull of what the unit reads, and of its gradient "
        "where nothing is clipped; a box said to be filled has no dead pixel inside the input.",
        latex=r"\mathrm{box}=\mathrm{hull}\{x:\partial y_u/\partial x\ne0\}",
        source=(("araujo2019", "section Arbitrary computation graphs"),),
        kind="exact",
        asks="trace",
        check=_trace,
        domain=GRAPHS,
        needs=("box", "gradient", "filled"),
        parents=("RCF-08", "RCF-13"),
        lanes=6,
    ),
    Claim(
        id="RCF-20",
        version=1,
        title="Operations that see everything",
        sentence="Global pooling, a dense layer, attention, gates and spatial normalisation see the whole sample; "
        "batch normalisation sees the whole batch while it trains and one position once it is frozen.",
        latex=r"\{x:\partial y_u/\partial x\ne0\}=\text{window},\ \text{sample},\ \text{or batch}",
        source=(("ioffe2015", "section 3"), ("wu2018", "section 3"), ("hu2018", "section 3")),
        kind="exact",
        asks="scopes",
        check=_scopes,
        domain=MIXED,
        needs=("scope", "measured"),
        lanes=6,
    ),
)
