"""Popular false statements about receptive fields, each stated as if it were true."""

from __future__ import annotations

import numpy as np

from theory.core.bound import ZERO
from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, at_most, exactly
from theory.receptive_field.cases import COUNTED, SUPPORT, Mask, draw_stack, lengths, stack_domain, unit_exists
from theory.receptive_field.cases_graphs import BRANCHES
from theory.receptive_field.cases_layers import layer_domain, layer_exists
from theory.receptive_field.claims_support import clipped_box

TRANSPOSED = layer_domain("transposed")


def _resnet(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    return Cases({}, {"name": regime}, regime)


def _one_number(answer: Answer, cases: Cases) -> Gap:
    return exactly("the receptive field of ResNet-50 is 483", answer["size"][:, -1], 483)


def _largest_path(answer: Answer, cases: Cases) -> Gap:
    seen = answer["gradient"].sum(axis=1)
    return at_most("pixels with a non-zero gradient ≤ largest branch", seen, answer["sizes"].max(axis=1), ZERO)


def _all_matter(answer: Answer, cases: Cases) -> Gap:
    box = clipped_box(answer["region"], cases)
    return at_most("box ∩ input ⊆ non-zero gradient", box, answer["gradient"], ZERO)


def _own_field(answer: Answer, cases: Cases) -> Gap:
    acts = (cases["stride"][:, 0] > 1) | (cases["padding"][:, 0] > 0).any(axis=1)
    plain = cases.with_arrays(stride=np.ones_like(cases["stride"]), padding=np.zeros_like(cases["padding"]))
    size = answer.again("geometry", plain.with_arrays(unit=np.zeros_like(cases["unit"])))["size"][:, -1]
    return at_most("size without stride and padding + 1 ≤ size with them", size + 1, answer["size"][:, -1], ZERO, acts)


def _plain_fits(cases: Cases) -> Mask:
    plain = cases.with_arrays(stride=np.ones_like(cases["stride"]), padding=np.zeros_like(cases["padding"]))
    return np.asarray(unit_exists(cases) & unit_exists(plain.with_arrays(unit=np.zeros_like(cases["unit"]))))


def _whole_image(answer: Answer, cases: Cases) -> Gap:
    n, region = cases["n"], answer["region"]
    image = np.arange(cases.integer("width")) < n[:, None]
    covers = region[:, 1] - region[:, 0] + 1 >= n
    return at_most("image ⊆ non-zero gradient where r ≥ n", image, answer["gradient"], ZERO, covers[:, None])


def _same_kernel(answer: Answer, cases: Cases) -> Gap:
    merged = 1 + (cases["kernel"] - 1).sum(axis=1, keepdims=True)
    one = np.ones_like(merged)
    single = answer.again("path_counts", cases.with_arrays(kernel=merged, stride=one, dilation=one))
    total, other = answer["counts"].sum(axis=1), single["counts"].sum(axis=1)
    weights = answer["counts"] * other[:, None], single["counts"] * total[:, None]  # both over total · other
    return exactly("normalised path counts of the stack = those of one kernel of its size", *weights)


def _two_phases(answer: Answer, cases: Cases) -> Gap:
    seen, following = answer["support"].sum(axis=1), cases.with_arrays(unit=cases["unit"] + 1)
    return exactly("pixels that unit u sees = pixels that unit u + 1 sees", seen,
                   answer.again("layer", following)["support"].sum(axis=1))  # fmt: skip


def _borders(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Dense stacks of stride 1 on short inputs, padded by less than a window."""
    drawn = SUPPORT.draw(rng, shape, "asymmetric-padding", lanes)
    one = np.ones_like(drawn["kernel"])
    padding = np.minimum(drawn["padding"], drawn["kernel"][..., None] - 1)
    layers = {**drawn.arrays, "stride": one, "dilation": one, "padding": padding}
    plain = Cases({**layers, "n": rng.integers(1, 9, size=lanes)}, drawn.settings, regime)
    return plain.with_arrays(unit=rng.integers(0, np.maximum(lengths(plain)[:, -1], 1)))


def _dense(cases: Cases) -> Mask:
    """Nothing but the border keeps a unit from its pixels."""
    k, s, d, p = (cases[name] for name in ("kernel", "stride", "dilation", "padding"))
    good = ((s == 1) & (d == 1) & (p < k[..., None]).all(axis=-1)).all(axis=1)
    return np.asarray(good & unit_exists(cases))


def _interior_pair(cases: Cases) -> Mask:
    """Units u and u + 1 of an undilated transposed convolution, all of whose inputs exist."""
    following = cases.with_arrays(unit=cases["unit"] + 1)
    k, s, p, u = (cases[name] for name in ("kernel", "stride", "padding", "unit"))
    inside = (-(-(u + p - k + 1) // s) >= 0) & ((u + 1 + p) // s < cases["n"])
    alone = (cases["span"] == 1) & (cases["dilation"] == 1)
    return np.asarray(layer_exists(cases) & layer_exists(following) & inside & alone)


def _undilated(cases: Cases) -> Mask:
    small = (cases["kernel"] - 1).sum(axis=1) < cases.integer("width")
    return np.asarray(small & (cases["stride"] == 1).all(axis=1) & (cases["dilation"] == 1).all(axis=1))


def _unit_stacks(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """Undilated layers of stride 1."""
    drawn = COUNTED.draw(rng, shape, "generic", lanes)
    one = np.ones_like(drawn["kernel"])
    return Cases({**drawn.arrays, "stride": one, "dilation": one}, drawn.settings, regime)


def _single_units(rng: np.random.Generator, shape: Shape, regime: str, lanes: int) -> Cases:
    """One unit of a transposed convolution."""
    drawn = TRANSPOSED.draw(rng, shape, regime, lanes)
    return drawn.with_arrays(span=np.ones_like(drawn["span"]))


MYTHS = (
    Myth(
        id="RCF-M1",
        title="ResNet-50 has a receptive field of 483",
        sentence="The receptive field of ResNet-50 is 483 pixels.",
        truth="The paper strides in the first 1×1 convolution of a block: 483. Moved to the 3×3 convolution, as common "
        "implementations do, the same network sees 427 pixels.",
        source=(("araujo2019", "table of pre-computed parameters"), ("he2016", "table 1")),
        asks="network",
        check=_one_number,
        domain=Domain({}, ("resnet-50-he", "resnet-50-slim", "resnet-50"), _resnet),
        smallest="resnet-50 with the stride in the 3×3 convolution: 427",
    ),
    Myth(
        id="RCF-M2",
        title="A network of branches sees what its largest branch sees",
        sentence="The receptive field of a sum of branches is the largest receptive field among them.",
        truth="It is the hull of their union: branches that look to different sides see more together.",
        source=(("araujo2019", "section Arbitrary computation graphs"),),
        asks="branches",
        check=_largest_path,
        domain=BRANCHES,
        smallest="two branches of one pixel each, one of them shifted by padding, on 2 pixels: together they see 2",
        lanes=16,
    ),
    Myth(
        id="RCF-M3",
        title="Every pixel of the box matters",
        sentence="A unit depends on every pixel of its receptive field box that lies in the input.",
        truth="Dilation, strides wider than the next kernel, wide padding and dropped ends leave dead pixels.",
        source=(("araujo2019", "section Computing receptive field region in input image"),),
        asks="support",
        check=_all_matter,
        domain=SUPPORT,
        smallest="one layer, k = 2, d = 2, on 3 pixels: box {0, 1, 2}, support {0, 2}; padded by 1, on 1: none",
        lanes=16,
    ),
    Myth(
        id="RCF-M4",
        title="Padding and stride enlarge a layer's own receptive field",
        sentence="A padded or strided layer sees more than the same layer without padding and stride.",
        truth="Padding moves the field and stride spreads the fields of the next layers: one layer's r stays k.",
        source=(("araujo2019", "section Single-path networks"),),
        asks="geometry",
        check=_own_field,
        domain=stack_domain(
            ("generic", "asymmetric-padding", "unpadded"), draw_stack, layers=(1, 1), valid=_plain_fits
        ),
        smallest="one layer, k = 1, s = 2, on 1 pixel: r = 1 with and without the stride",
    ),
    Myth(
        id="RCF-M5",
        title="A field as large as the image sees the whole image",
        sentence="Where the receptive field is at least as long as the input, every unit sees the whole input.",
        truth="The field of a unit near the border lies partly in the padding.",
        source=(("araujo2019", "section Computing receptive field region in input image"),),
        asks="support",
        check=_whole_image,
        domain=Domain(SUPPORT.shapes, ("dense",), _borders, SUPPORT.axes, valid=_dense),
        smallest="n = 2, one layer with k = 2 and one pixel of padding before: r = 2 but unit 0 sees {0}",
        lanes=16,
    ),
    Myth(
        id="RCF-M6",
        title="Two 3×3 layers are one 5×5 layer",
        sentence="A stack of small kernels weighs the pixels as one kernel of its receptive field size does.",
        truth="It sees the same pixels, but path counts favour the middle: 1, 2, 3, 2, 1 against 1, 1, 1, 1, 1.",
        source=(("luo2016", "section 2"), ("simonyan2015", "section 2.3")),
        asks="path_counts",
        check=_same_kernel,
        domain=Domain({"layers": (1, 4)}, ("generic",), _unit_stacks, COUNTED.axes, valid=_undilated),
        smallest="two layers of k = 2 against one of k = 3: 1, 2, 1 against 1, 1, 1",
        lanes=16,
    ),
    Myth(
        id="RCF-M7",
        title="A transposed convolution has one receptive field size",
        sentence="All units of a transposed convolution see equally many pixels, away from the border.",
        truth="The number depends on the phase of the unit: for k = 3, s = 2 it is 1 or 2.",
        source=(("odena2016", "section Deconvolution & overlap"), ("dumoulin2016", "Relationship 14")),
        asks="layer",
        check=_two_phases,
        domain=Domain(TRANSPOSED.shapes, ("transposed",), _single_units, TRANSPOSED.axes, valid=_interior_pair),
        smallest="k = 1, s = 2 on 2 pixels: unit 0 sees one pixel, unit 1 none",
        lanes=16,
    ),
)
