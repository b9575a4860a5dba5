"""The oracle on trial: against values worked out by hand and against plain Python sets."""

import itertools

import numpy as np
import pytest

from theory.receptive_field import oracle
from theory.receptive_field.cases import GEOMETRY, STACKS, draw_stack, layers_of, lengths, walked
from theory.receptive_field.claims_geometry import least_input
from theory.receptive_field.claims_support import box_is_exact, clipped_box, counted
from theory.receptive_field.networks import NETWORKS, network


def column(*numbers):
    return np.array([numbers])


def stack(*layers):
    """One lane of layers (kernel, stride, dilation, padding)."""
    kernel, stride, dilation, padding = (np.array([part]) for part in zip(*layers, strict=True))
    return kernel, stride, dilation, padding


def walked_in_python(unit, kernel, stride, dilation, before):
    """The index sets of one unit, map by map from the top, with Python's own sets."""
    sets = [{unit}]
    for k, s, d, p in reversed(list(zip(kernel, stride, dilation, before, strict=True))):
        sets.append({v * s - p + d * a for v in sets[-1] for a in range(k)})
    return sets[::-1]


def paths_in_python(kernel, stride, dilation):
    """Paths from every pixel to unit 0 by trying every choice of taps."""
    jumps = np.cumprod([1, *stride[:-1]]) if len(stride) else []
    choices = itertools.product(*(range(k) for k in kernel))
    places = [sum(a * d * j for a, d, j in zip(taps, dilation, jumps, strict=True)) for taps in choices]
    return dict(zip(*np.unique(places, return_counts=True), strict=True))


def test_two_three_by_three_layers_see_five_pixels_around_the_unit():
    sites = oracle.walk(np.array([4]), *stack((3, 1, 1, 1), (3, 1, 1, 1)))
    assert [s.hull()[0, 0].tolist() for s in sites] == [[2, 6], [3, 5], [4, 4]]


def test_a_dilated_pair_of_taps_sees_two_pixels_with_a_hole():
    sites = oracle.walk(np.array([0]), *stack((2, 1, 2, 0)))
    assert sites[0].mask(4).tolist() == [[True, False, True, False]]


def test_an_empty_stack_is_the_identity():
    empty = np.zeros((1, 0), dtype=np.int64)
    sites = oracle.walk(np.array([3]), empty, empty, empty, empty)
    assert sites[0].hull().tolist() == [[[3, 3]]]


def test_paths_of_two_layers_of_three_taps_are_one_two_three_two_one():
    sites = oracle.walk(np.array([0]), *stack((3, 1, 1, 0), (3, 1, 1, 0)))
    assert sites[0].counts(6).tolist() == [[1, 2, 3, 2, 1, 0]]


@pytest.mark.parametrize("regime", STACKS)
def test_the_index_sets_are_those_of_plain_python_sets(regime):
    cases = draw_stack(np.random.default_rng(5), {"layers": 3}, regime, 12)
    names = ("kernel", "stride", "dilation")
    masks = [
        walked_in_python(int(cases["unit"][i]), *(cases[n][i] for n in names), cases["padding"][i, :, 0])
        for i in range(12)
    ]
    for map_index, sites in enumerate(walked(cases)):
        got = [set(sites.place[sites.lane == i, 0].tolist()) for i in range(12)]
        assert got == [sets[map_index] for sets in masks]


@pytest.mark.parametrize("seed", range(6))
def test_path_counts_are_those_of_every_choice_of_taps(seed):
    cases = draw_stack(np.random.default_rng(seed), {"layers": 3}, "generic", 4)
    counts = counted(cases)
    for i in range(4):
        expected = paths_in_python(cases["kernel"][i], cases["stride"][i], cases["dilation"][i])
        assert {x: counts[i, x] for x in np.flatnonzero(counts[i])} == expected


def test_clipping_happens_at_every_layer_and_not_only_at_the_input():
    layers = stack((2, 2, 1, 0), (2, 1, 1, 1))
    once = oracle.walk(np.array([1]), *layers)[0].mask(3)
    always = oracle.walk(np.array([1]), *layers, column(3, 1, 2))[0].mask(3)
    assert (once.tolist(), always.tolist()) == ([[True, True, True]], [[True, True, False]])


def test_the_smallest_box_with_a_dead_end_is_not_called_exact():
    layers = dict(zip(("kernel", "stride", "dilation"), stack((2, 2, 1, 0), (2, 1, 1, 1))[:3], strict=True))
    padding = np.array([[[0, 0], [1, 1]]])
    cases = layers_of("vgg-11").with_arrays(**layers, padding=padding, n=np.array([3]), unit=np.array([1]))
    assert not box_is_exact(cases)[0]


def test_the_four_conditions_make_the_box_exact_on_a_thousand_stacks():
    rng = np.random.default_rng(2)
    for layers in range(1, 5):
        cases = draw_stack(rng, {"layers": layers}, "asymmetric-padding", 2000, limit=24)
        cases = cases.with_arrays(dilation=np.ones_like(cases["dilation"]))
        cases = cases.take(GEOMETRY.valid(cases))
        cases = cases.take(box_is_exact(cases))
        seen = walked(cases, clip=True)[0].mask(24)
        assert cases.lanes > 50
        assert (seen == clipped_box(walked(cases)[0].hull()[:, 0], cases)).all()


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "dilation", "padding", "expected"),
    [(5, 3, 1, 1, 0, 3), (5, 3, 2, 1, 2, 3), (6, 3, 2, 1, 2, 3), (4, 3, 1, 2, 0, 0), (5, 3, 1, 2, 0, 1)],
)
def test_windows_that_fit_are_counted(n, kernel, stride, dilation, padding, expected):
    one = [np.array([v]) for v in (n, kernel, stride, dilation, padding)]
    assert oracle.windows(*one).tolist() == [expected]


def test_ceil_mode_drops_a_last_window_that_starts_in_the_padding():
    one = [np.array([v]) for v in (3, 2, 3, 1, 1)]  # windows start at −1 and 2 and would start at 5
    assert oracle.ceil_length(*one).tolist() == [2]


def test_ceil_mode_keeps_a_last_window_that_hangs_over_the_end():
    one = [np.array([v]) for v in (4, 3, 2, 1, 0)]
    assert oracle.ceil_length(*one).tolist() == [2]


def test_a_transposed_convolution_of_stride_two_sees_one_or_two_pixels():
    layer = {"kernel": 3, "stride": 2, "dilation": 1, "padding": 0, "factor": 1}
    four = {name: np.full(4, value) for name, value in layer.items()}
    reads = oracle.read_by("transposed", np.arange(2, 6), np.full(4, 5), 5, **four)
    assert reads.sum(axis=1).tolist() == [2, 1, 2, 1]


def test_circular_padding_reads_both_ends():
    layer = {name: np.array([v]) for name, v in (("kernel", 5), ("stride", 1), ("dilation", 1), ("padding", 2))}
    assert oracle.read_by("circular", np.array([0]), np.array([7]), 7, **layer).tolist() == [[1, 1, 1, 0, 0, 1, 1]]


def test_reflected_padding_reads_the_mirrored_pixels_twice():
    layer = {name: np.array([v]) for name, v in (("kernel", 5), ("stride", 1), ("dilation", 1), ("padding", 2))}
    assert oracle.read_by("reflect", np.array([0]), np.array([7]), 7, **layer).tolist() == [[1, 2, 2, 0, 0, 0, 0]]


def test_adaptive_bins_of_seven_pixels_in_three_overlap():
    bins = oracle.read_by("adaptive-pool", np.arange(3), np.full(3, 7), 7, factor=np.full(3, 3))
    assert [np.flatnonzero(row).tolist() for row in bins] == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]


def test_linear_upsampling_reads_one_pixel_at_the_border_and_at_a_centre():
    reads = oracle.read_by("linear", np.arange(6), np.full(6, 2), 2, factor=np.full(6, 3))
    assert reads.tolist() == [[1, 0], [1, 0], [1, 1], [1, 1], [0, 1], [0, 1]]


def test_same_padding_on_a_plane_sees_a_rectangle():
    pair = [np.array([[part]]) for part in ((1, 3), (1, 1), (1, 1), (0, 1))]
    sites = oracle.walk(np.array([[1, 0]]), *pair, np.array([[[3, 4], [3, 4]]]))
    assert np.argwhere(sites[0].mask(3, 4)[0]).tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize("name", [name for name, known in NETWORKS.items() if known.layers])
def test_published_plain_stacks_have_the_published_size_and_stride(name):
    cases = layers_of(name)
    hulls = [walked(cases, np.array([unit]))[0].hull()[0, 0] for unit in (0, 1)]
    known = network(name)
    assert hulls[0][1] - hulls[0][0] + 1 == known.size[-1]
    assert hulls[1][0] - hulls[0][0] == known.jump[-1]
    assert known.left[-1] in (-1, -hulls[0][0])


@pytest.mark.parametrize(("n", "size"), list(enumerate((1, 16, 34, 70, 142, 286, 574))))
def test_patchgan_sizes_are_those_of_the_paper(n, size):
    cases = layers_of(f"patchgan-{n}", 1024)
    assert network(f"patchgan-{n}").size == (size,)
    assert np.diff(walked(cases)[0].hull()[0, 0]).tolist() == [size - 1]


@pytest.mark.parametrize(("name", "size"), [("wavenet-10x1", 1024), ("wavenet-10x3", 3070)])
def test_wavenet_sizes_count_one_more_than_the_dilations(name, size):
    dilations = [2**i for _ in range(int(name[-1])) for i in range(10)]
    assert network(name).size == (size,) == (1 + sum(dilations),)


def test_the_least_input_of_an_unpadded_stack_is_found_by_trying_every_length():
    cases = draw_stack(np.random.default_rng(9), {"layers": 3}, "unpadded", 8)
    found = least_input(cases)
    for i in range(8):
        tried = (n for n in range(1, 400) if lengths(cases.lane(i).with_arrays(n=np.array([n])))[0, -1] > 0)
        assert next(tried) == found[i]
