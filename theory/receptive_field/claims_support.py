"""Claims about what a unit really sees: exact supports, numbers of paths, and how much each pixel matters."""

from __future__ import annotations

import numpy as np

from theory.core.bound import U64, ZERO, Bound, absolute, gamma, rounding
from theory.core.claim import Answer, Claim
from theory.core.domain import Array, Cases
from theory.core.gap import Gap, at_most, equal, exactly
from theory.receptive_field import oracle
from theory.receptive_field.cases import COUNTED, SIGNS, SUPPORT, Ints, Mask, lengths, walked
from theory.receptive_field.cases_graphs import DEPTHS, PLANES, axis, plane_lengths


def clipped_box(hull: Ints, cases: Cases) -> Mask:
    """Pixels of a box that lie in the input: hull (lane, 2) → (lane, width)."""
    pixel = np.arange(cases.integer("width"))
    inside = (pixel >= hull[:, :1]) & (pixel <= hull[:, 1:])
    return np.asarray(inside & (pixel < cases["n"][:, None]))


def box_is_exact(cases: Cases) -> Mask:
    """The four conditions under which every pixel of the box matters: (lane,).

    No holes (d = 1; k ≥ s below the last layer), no window that lies in the padding alone (p ≤ k − 1), and no pixels
    dropped at the end beyond the padding: (n + p_before + p_after − k) mod s ≤ p_after.
    """
    k, s, d, p = (cases[name] for name in ("kernel", "stride", "dilation", "padding"))
    top = np.arange(k.shape[1]) == k.shape[1] - 1
    dense = ((d == 1) | (k == 1)) & ((k >= s) | top) & (p <= k[..., None] - 1).all(axis=-1)
    dropped = (lengths(cases)[:, :-1] + p.sum(axis=-1) - k) % s
    return np.asarray((dense & (dropped <= p[..., 1])).all(axis=1))


def _support(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    seen = walked(cases, clip=True)[0].mask(cases.integer("width"))
    return (
        exactly("index set = brute-force set, clipped at every layer", answer["support"], seen),
        exactly("non-zero gradient = brute-force set", answer["gradient"], seen),
        exactly("NaN reaches the unit = brute-force set", answer["nan"], seen),
    )


def _box(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    free, clipped = walked(cases), walked(cases, clip=True)
    hull = free[0].hull()[:, 0]
    box = clipped_box(hull, cases)
    interior = np.logical_and.reduce([a.size() == b.size() for a, b in zip(free, clipped, strict=True)])
    seen = ends(answer["gradient"])
    return (
        exactly("the subject's box = hull of the index set", answer["region"], hull),
        at_most("gradient ⊆ box", answer["gradient"], box, ZERO),
        exactly("under the four conditions, gradient = box ∩ input", answer["gradient"], box,
                box_is_exact(cases)[:, None]),
        exactly("where nothing is clipped, hull of the gradient = box", seen, answer["region"], interior[:, None]),
    )  # fmt: skip


def ends(mask: Array) -> Ints:
    """First and last True of each lane: (lane, 2)."""
    return np.stack([mask.argmax(axis=1), mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)], axis=1)


def counted(cases: Cases) -> Ints:
    """Paths from each pixel to the one output unit of an unpadded stack, counted one by one: (lane, width)."""
    unit, bare = np.zeros(cases.lanes, dtype=np.int64), np.zeros_like(cases["kernel"])
    sites = oracle.walk(unit, cases["kernel"], cases["stride"], cases["dilation"], bare)[0]
    return sites.counts(cases.integer("width"))


def _path_counts(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    paths = counted(cases)
    return (
        exactly("polynomial product = paths counted one by one", answer["counts"], paths),
        exactly("gradient of all-ones weights = paths counted one by one", answer["gradient_counts"], paths),
    )


def _moments(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    paths = counted(cases).astype(object)  # Python integers: the products exceed 64 bits
    x = np.arange(paths.shape[1]).astype(object)
    total, moment, square = paths.sum(axis=1), (paths * x).sum(axis=1), (paths * x * x).sum(axis=1)
    return (
        exactly("twice the mean · paths = 2 Σ x paths", answer["mean2"], (2 * moment / total).astype(np.float64)),
        exactly("12 variances = 12 (Σ x² c Σ c − (Σ x c)²) / (Σ c)²", answer["variance12"],
                (12 * (square * total - moment**2) // total**2).astype(np.float64)),
    )  # fmt: skip


def _random_weights(answer: Answer, cases: Cases) -> Gap:
    return exactly("mean square over all sign patterns = paths", answer["mean_square"], counted(cases))


def _plane(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    k, s, d = cases["kernel"], cases["stride"], cases["dilation"]
    sites = oracle.walk(cases["unit"], k, s, d, cases["padding"][..., 0], plane_lengths(cases))
    seen = sites[0].mask(cases.integer("height"), cases.integer("width"))
    boxes = np.stack([walked(axis(cases, i))[0].hull()[:, 0] for i in range(2)], axis=1)
    gradient = answer["gradient"]
    product = np.any(gradient, axis=2, keepdims=True) & np.any(gradient, axis=1, keepdims=True)
    return (
        exactly("index set = brute-force set on the plane", answer["support"], seen),
        exactly("non-zero gradient = brute-force set on the plane", gradient, seen),
        exactly("non-zero gradient = product of its shadows", gradient, product),
        exactly("box of each axis = hull of that axis alone", answer["region"], boxes),
    )


def _exact_profile(cases: Cases) -> Array:
    """Coefficients of ((1 + x + … + x^(k−1))/k)^depth, each correctly rounded: (lane, width)."""
    table = np.zeros((cases.lanes, cases.integer("width")))
    for lane in range(cases.lanes):
        k, depth = int(cases["kernel"][lane]), int(cases["depth"][lane])
        row = np.ones(1, dtype=object)
        for _ in range(depth):
            row = np.convolve(row, np.ones(k, dtype=object))
        table[lane, : len(row)] = [int(paths) / k**depth for paths in row]
    return table


def _effective(answer: Answer, cases: Cases) -> tuple[Gap, ...]:
    """Bounds: all terms are positive, so every entry of the profile errs relatively by γ(depth (k+2)).

    Each of the depth layers costs a rounded weight, a product and at most k − 1 sums (Higham 2002, sections 3.1 and
    4.2); products that underflow lose at most the smallest normal number each. The moments inherit the relative error;
    the fourth over the square of the second, a quotient of three such factors, at most four times it.
    """
    k, depth = cases["kernel"].astype(np.float64), cases["depth"].astype(np.float64)
    x = np.arange(cases.integer("width")) - depth[:, None] * (k[:, None] - 1) / 2
    profile, exact = answer["profile"], _exact_profile(cases)
    relative = gamma(depth * (k + 2), cases.u) + gamma(np.full_like(k, cases.integer("width") + 4), U64)
    underflow = k**2 * depth * np.finfo(cases.dtype).tiny
    variance = (k**2 - 1) * depth / 12
    fourth = 3 - 1.2 * (k**2 + 1) / (k**2 - 1) / depth
    spread = (profile * x**2).sum(axis=1)
    entry = Bound(relative[:, None] * exact + underflow[:, None], "γ(depth (k+2)) p + k² depth tiny")
    tails = underflow * (x**4).sum(axis=1)
    return (
        equal("profile = path counts / k^depth", profile, exact, entry),
        equal("variance = depth (k² − 1)/12", spread, variance,
              absolute(relative * variance + tails, "γ(depth (k+2)) variance")),
        equal("kurtosis = 3 − 6 (k² + 1)/(5 (k² − 1) depth)", (profile * x**4).sum(axis=1) / spread**2, fourth,
              absolute(4 * relative * fourth + tails, "4 γ(depth (k+2)) kurtosis")),
        equal("standard deviation by formula = √(depth (k² − 1)/12)", answer["deviation"], np.sqrt(variance),
              rounding(6, cases.u, "γ(6) sd", np.sqrt(variance))),
    )  # fmt: skip


SUPPORT_CLAIMS = (
    Claim(
        id="RCF-08",
        version=1,
        title="Gradient support is the propagated set",
        sentence="The pixels with a non-zero gradient, and the pixels whose NaN reaches the unit, are the index set "
        "walked down and clipped to the map at every layer.",
        latex=r"\{x:\partial y_u/\partial x\ne0\}=T_1\cdots T_L\{u\},\quad T_lV=\{vs-p+da\}\cap[0,n_{l-1})",
        source=(("araujo2019", "section Computing receptive field region in input image"), ("luo2016", "section 2")),
        kind="exact",
        asks="support",
        check=_support,
        domain=SUPPORT,
        needs=("support", "gradient", "nan"),
        parents=("RCF-03",),
        lanes=16,
    ),
    Claim(
        id="RCF-09",
        version=1,
        title="When the box is exact",
        sentence="A unit sees pixels of its box only, and all of those in the input when no layer leaves holes, "
        "pads by a whole window, or drops pixels at the end beyond its padding.",
        latex=r"d_l=1,\;k_l\ge s_l\,(l<L),\;p_l\le k_l-1,\;(n_{l-1}+p^b_l+p^a_l-k_l)\bmod s_l\le p^a_l"
        r"\;\Rightarrow\;\mathrm{support}=\mathrm{box}\cap\mathrm{input}",
        source=(("araujo2019", "section Computing receptive field region in input image"),),
        kind="exact",
        asks="support",
        check=_box,
        domain=SUPPORT,
        needs=("gradient", "region"),
        parents=("RCF-03", "RCF-08"),
        lanes=16,
    ),
    Claim(
        id="RCF-10",
        version=1,
        title="Path counts",
        sentence="With all weights one, the gradient of a unit at a pixel is the number of paths between them: the "
        "coefficients of a product of polynomials, one for each layer.",
        latex=r"\frac{\partial y}{\partial x_i}=[z^i]\prod_l\sum_{a<k_l}z^{a\,d_l\,j_{l-1}}",
        source=(("luo2016", "section 2"),),
        kind="exact",
        asks="path_counts",
        check=_path_counts,
        domain=COUNTED,
        needs=("counts", "gradient_counts"),
        parents=("RCF-01",),
        lanes=32,
    ),
    Claim(
        id="RCF-11",
        version=1,
        title="Mean and variance of the effective field",
        sentence="Normalised path counts have mean (r−1)/2, and their variance is a sum over the layers.",
        latex=r"\mu=\frac{r-1}{2},\qquad \sigma^2=\sum_l\frac{j_{l-1}^2d_l^2(k_l^2-1)}{12}",
        source=(("luo2016", "section 2"),),
        kind="exact",
        asks="path_counts",
        check=_moments,
        domain=COUNTED,
        needs=("mean2", "variance12"),
        parents=("RCF-10",),
        lanes=32,
    ),
    Claim(
        id="RCF-12",
        version=1,
        title="Random weights see path counts",
        sentence="For independent weights of mean 0 and variance 1 the mean squared gradient at a pixel is the number "
        "of paths to it; for random signs this is an exact average over all patterns.",
        latex=r"\mathbb{E}\!\left[\left(\partial y/\partial x_i\right)^2\right]=\#\{\text{paths from }i\}",
        source=(("luo2016", "section 2"),),
        kind="exact",
        asks="random_weights",
        check=_random_weights,
        domain=SIGNS,
        needs=("mean_square",),
        parents=("RCF-10",),
        lanes=16,
    ),
    Claim(
        id="RCF-16",
        version=1,
        title="Product structure",
        sentence="What a unit of one path of layers sees on a plane is the product of what it sees along each axis.",
        latex=r"\mathrm{support}_{2D}=\mathrm{support}_H\times\mathrm{support}_W",
        source=(("araujo2019", "section Problem setup"),),
        kind="exact",
        asks="support_2d",
        check=_plane,
        domain=PLANES,
        needs=("support", "gradient", "region"),
        parents=("RCF-08",),
        lanes=16,
    ),
    Claim(
        id="RCF-19",
        version=1,
        title="The effective field grows like the square root of depth",
        sentence="The effective field of equal layers is the distribution of a sum of uniform steps: its standard "
        "deviation grows like √depth while the field grows like depth, and its excess kurtosis vanishes like 1/depth.",
        latex=r"\sigma=\sqrt{L(k^2-1)/12},\qquad \frac{4\sigma}{r}\to0,\qquad"
        r" \frac{\mu_4}{\sigma^4}=3-\frac65\,\frac{k^2+1}{k^2-1}\,\frac1L",
        source=(("luo2016", "section 2"),),
        kind="rate",
        asks="effective_field",
        check=_effective,
        domain=DEPTHS,
        needs=("profile", "deviation"),
        parents=("RCF-11",),
        lanes=16,
    ),
)
