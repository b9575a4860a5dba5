"""Claims about the whole numbers of a stack: size, jump, padding, centre, composition, map lengths."""

from __future__ import annotations

import numpy as np

from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, exactly
from theory.receptive_field import oracle
from theory.receptive_field.cases import GEOMETRY, INPUTS, Ints, lengths, walked
from theory.receptive_field.cases_layers import SIZES, sized_lengths
from theory.receptive_field.port import SIZED


def at(values: Array, index: Ints) -> Array:
    """values[lane, index[lane]]: (lane,)."""
    return np.asarray(np.take_along_axis(values, index[:, None], axis=1)[:, 0])


def zeros(cases: Cases) -> Ints:
    """0 for every lane."""
    return np.zeros(cases.lanes, dtype=np.int64)


def first(cases: Cases, unit: Ints) -> Ints:
    """First input position that a unit reads, unclipped: (lane,)."""
    return walked(cases, unit)[0].hull()[:, 0, 0]


def widths(cases: Cases) -> Ints:
    """Positions between the first and the last that one unit reads on every map: (lane, L+1)."""
    hulls = [sites.hull()[:, 0] for sites in walked(cases)]
    return np.stack([hull[:, 1] - hull[:, 0] + 1 for hull in hulls], axis=1)


def below_cut(cases: Cases) -> Cases:
    """The layers 1 … cut alone; the others read one position each and move nothing."""
    kept = np.arange(cases["kernel"].shape[1]) < cases["cut"][:, None]
    plain = {name: np.where(kept, cases[name], 1) for name in ("kernel", "stride", "dilation")}
    return cases.with_arrays(**plain, padding=np.where(kept[..., None], cases["padding"], 0))


def _recurrences(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    seen, cut = widths(cases), cases["cut"]
    lower = below_cut(cases)
    step = first(cases, zeros(cases) + 1) - first(cases, zeros(cases))
    lower_step = first(lower, zeros(cases) + 1) - first(lower, zeros(cases))
    return (
        exactly("size of map L = hull of the index set", answer["size"][:, -1], seen[:, 0]),
        exactly("size of map cut = hull of its index set", at(answer["size"], cut), widths(lower)[:, 0]),
        exactly("top-down size = hull of the index set on every map", answer["top_down"], seen),
        exactly("closed form = hull of the index set", answer["closed_form"], seen[:, 0]),
        exactly("jump of map L = shift of the next unit's set", answer["jump"][:, -1], step),
        exactly("jump of map cut = shift of the next unit's set", at(answer["jump"], cut), lower_step),
    )


def _dilation(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    flat = {name: cases[name].reshape(cases["kernel"].size, 1) for name in ("kernel", "dilation")}
    one, none = np.ones_like(flat["kernel"]), np.zeros_like(flat["kernel"])
    window = oracle.below(oracle.units(none[:, 0]), flat["kernel"], one, flat["dilation"], none).hull()[:, 0]
    spans = (window[:, 1] - window[:, 0] + 1).reshape(cases["kernel"].shape)
    stuffed = answer.again("geometry", cases.with_arrays(kernel=spans, dilation=np.ones_like(spans)))
    return (
        exactly("effective kernel = span of the taps", answer["effective_kernel"], spans),
        *(
            exactly(f"{name} = that of the kernel filled up with zeros", answer[name], stuffed[name])
            for name in ("size", "jump", "left", "right", "outputs")
        ),
    )


def _region(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    hull = walked(cases)[0].hull()[:, 0]
    unit0, lower = walked(cases, zeros(cases))[0].hull()[:, 0], below_cut(cases)
    lower0 = walked(lower, zeros(cases))[0].hull()[:, 0]
    mirrored = cases.with_arrays(padding=cases["padding"][..., ::-1])
    return (
        exactly("box of the unit = hull of the index set", answer["region"], hull),
        exactly("size = length of the box", answer["size"][:, -1], hull[:, 1] - hull[:, 0] + 1),
        exactly("twice the centre of unit 0 = first + last", answer["center2"][:, -1], unit0.sum(axis=1)),
        exactly("twice the centre at the cut = first + last", at(answer["center2"], cases["cut"]), lower0.sum(axis=1)),
        exactly("padding before, accumulated = −first of unit 0", answer["left"][:, -1], -unit0[:, 0]),
        exactly("padding after = that before of the mirrored stack", answer["right"][:, -1],
                -first(mirrored, zeros(cases))),
    )  # fmt: skip


def _triple(answer: Answer, index: Ints) -> Array:
    return np.stack([at(answer[name], index) for name in ("size", "jump", "left")], axis=1)


def _monoid(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    last = zeros(cases) + cases["kernel"].shape[1]
    a, b, c = _triple(answer, last), _triple(answer, cases["cut"]), _triple(answer, last // 2)
    identity = np.broadcast_to(np.array([1, 1, 0]), a.shape)

    def joined(x: Array, y: Array) -> Array:
        return answer.again("compose", Cases({"first": x, "second": y}, {}, cases.regime, cases.dtype, cases.device))[
            "composed"
        ]

    return (
        exactly("the two halves composed = the whole", answer["composed"], a),
        exactly("associative", joined(joined(a, b), c), joined(a, joined(b, c))),
        exactly("left identity", joined(identity, a), a),
        exactly("right identity", joined(a, identity), a),
    )


def _sizes(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    counted = sized_lengths(cases)
    return (
        exactly("map lengths by formula = windows that fit", answer["outputs"], counted),
        exactly("map lengths of the framework = windows that fit", answer["measured"], counted),
    )


def _one_convolution(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    room = cases["n"][:, None] + answer["left"] + answer["right"] - answer["size"]
    return (
        exactly("⌊(n + P_before + P_after − r)/S⌋ + 1 = map length", room // answer["jump"] + 1, answer["outputs"]),
        exactly("map lengths = windows that fit", answer["outputs"], lengths(cases)),
    )


def least_input(cases: Cases) -> Ints:
    """Least n ≥ 1 that leaves no map empty, by bisection over counted windows: (lane,)."""
    low, high = zeros(cases) + 1, widths(cases)[:, 0]  # an input as long as the field always suffices
    while (low < high).any():
        middle = (low + high) // 2
        enough = lengths(cases.with_arrays(n=middle))[:, -1] > 0
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return low


def _unpadded(cases: Cases, n: Ints) -> Cases:
    """The same layers without padding on inputs of n pixels, as `output_sizes` wants them."""
    plain = np.zeros_like(cases["kernel"])
    layers = {name: cases[name] for name in ("kernel", "stride", "dilation")}
    codes = {"kind": plain + SIZED.index("convolution"), "padding": plain, "output_padding": plain}
    return Cases({**layers, **codes, "n": n}, {}, cases.regime, cases.dtype, cases.device)


def _minimum(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    bare, size = (cases["padding"] == 0).all(axis=(1, 2)), answer["size"][:, -1]
    gaps = (
        exactly("least input = least n that leaves no map empty", answer["min_input"], least_input(cases)),
        exactly("without padding, least input = r", answer["min_input"], size, bare),
    )
    fits = answer.again("output_sizes", _unpadded(cases, np.maximum(size, 1)))
    short = answer.again("output_sizes", _unpadded(cases, np.maximum(size - 1, 1)))
    if "measured" not in fits:
        return gaps
    return (
        *gaps,
        exactly("the framework returns one unit for r pixels, unpadded", fits["measured"][:, -1], 1),
        exactly("the framework returns none for r − 1 pixels, unpadded", short["measured"][:, -1], 0, size > 1),
    )


GEOMETRY_CLAIMS = (
    Claim(
        id="RCF-01",
        version=1,
        title="Three recurrences agree",
        sentence="The receptive field size computed upwards, downwards and in closed form is the extent of the set of "
        "positions that one unit reads, and the jump is the shift of that set from one unit to the next.",
        latex=r"r_l=r_{l-1}+(k^e_l-1)j_{l-1},\; j_l=j_{l-1}s_l;\quad R_{l-1}=(R_l-1)s_l+k^e_l;\quad"
        r" r_L=1+\sum_l(k^e_l-1)\prod_{i<l}s_i",
        source=(("araujo2019", "section Single-path networks"), ("dumoulin2016", "section 2")),
        kind="exact",
        asks="geometry",
        check=_recurrences,
        domain=GEOMETRY,
        needs=("size", "jump", "top_down", "closed_form"),
    ),
    Claim(
        id="RCF-02",
        version=1,
        title="Dilation stretches the kernel",
        sentence="A kernel of size k and dilation d spans d(k−1)+1 positions (one for k = 1, whatever d) and has the "
        "geometry of the undilated kernel of that size.",
        latex=r"k^e=d(k-1)+1",
        source=(("yu2016", "section 2"), ("dumoulin2016", "section Dilated convolutions")),
        kind="exact",
        asks="geometry",
        check=_dilation,
        domain=GEOMETRY,
        needs=("effective_kernel", "size", "jump", "left", "right", "outputs"),
        parents=("RCF-01",),
    ),
    Claim(
        id="RCF-03",
        version=1,
        title="Region, padding and centre",
        sentence="Unit u sees the box that starts at uS − P and has length r, where P accumulates the padding before; "
        "padding moves the box and never changes r.",
        latex=r"[uS-P,\;uS-P+r-1],\quad P=\sum_l p_l\prod_{i<l}s_i,\quad c_u=uS-P+\tfrac{r-1}{2}",
        source=(("araujo2019", "section Computing receptive field region in input image"),),
        kind="exact",
        asks="geometry",
        check=_region,
        domain=GEOMETRY,
        needs=("region", "size", "center2", "left", "right"),
        parents=("RCF-01",),
    ),
    Claim(
        id="RCF-04",
        version=1,
        title="Composition is a monoid",
        sentence="Size, jump and padding of a network are those of its two parts composed, wherever it is cut; "
        "composing is associative and (1, 1, 0) is its identity.",
        latex=r"(r_1,j_1,P_1)\circ(r_2,j_2,P_2)=(r_1+(r_2-1)j_1,\;j_1j_2,\;P_1+j_1P_2)",
        source=(("araujo2019", "section Single-path networks"),),
        kind="exact",
        asks="geometry",
        also=("compose",),
        check=_monoid,
        domain=GEOMETRY,
        needs=("composed", "size", "jump", "left"),
        parents=("RCF-01",),
    ),
    Claim(
        id="RCF-05",
        version=1,
        title="Layer output size",
        sentence="The length of a map is the number of windows that fit: rounded down for convolutions and pools, "
        "rounded up in ceil mode unless the last window would start beyond the input, and the positions written, "
        "minus the padding, for transposed convolutions.",
        latex=r"\left\lfloor\tfrac{n+2p-d(k-1)-1}{s}\right\rfloor+1,\qquad (n-1)s-2p+d(k-1)+o+1",
        source=(("dumoulin2016", "Relationships 6 and 14"), ("paszke2019", "documentation of torch.nn.MaxPool1d")),
        kind="exact",
        asks="output_sizes",
        check=_sizes,
        domain=SIZES,
        needs=("outputs", "measured"),
        lanes=64,
    ),
    Claim(
        id="RCF-06",
        version=1,
        title="A stack is one convolution",
        sentence="Although every layer rounds down, the length of the last map is that of one convolution with the "
        "receptive field as kernel, the total stride and the accumulated padding, as long as no map is empty.",
        latex=r"n_L=\left\lfloor\frac{n+P_{\mathrm{before}}+P_{\mathrm{after}}-r}{S}\right\rfloor+1",
        source=(("araujo2019", "section Single-path networks"), ("graham1994", "section 3.2, nested floors")),
        kind="exact",
        asks="geometry",
        check=_one_convolution,
        domain=GEOMETRY,
        needs=("size", "jump", "left", "right", "outputs"),
        parents=("RCF-01", "RCF-05"),
    ),
    Claim(
        id="RCF-07",
        version=1,
        title="The least input is the receptive field",
        sentence="Without padding, the shortest input that leaves no map empty has exactly r pixels.",
        latex=r"p=0\;\Rightarrow\;\min\{n:n_L\ge1\}=r",
        source=(("araujo2019", "section Single-path networks"),),
        kind="exact",
        asks="geometry",
        also=("output_sizes",),
        check=_minimum,
        domain=INPUTS,
        needs=("min_input", "size"),
        parents=("RCF-05", "RCF-06"),
        lanes=32,
    ),
)
