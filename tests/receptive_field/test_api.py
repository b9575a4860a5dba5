"""The arithmetic of receptive fields as a user meets it: hand values, supports, effective fields, bad input."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from impl.core.random import generator
from impl.foreign import torch_nn
from impl.mutants.receptive_field import MUTANTS
from impl.receptive_field.convention import adapt
from impl.receptive_field.effective import effective_receptive_field, erf_std
from impl.receptive_field.geometry import (
    center,
    closed_form,
    compose,
    forward,
    min_input_size,
    receptive_field_forward,
    receptive_field_region,
    receptive_field_top_down,
)
from impl.receptive_field.layers import LayerGeometry, output_size, pooling
from impl.receptive_field.probes import gradient_support, nan_support
from impl.receptive_field.stack import stack_of
from impl.receptive_field.subject import SUBJECT
from impl.receptive_field.support import exact_support, path_count_kernel

VGG_BLOCK = [LayerGeometry(3, padding=1), LayerGeometry(3, padding=1), pooling(2)]


def one_lane(layers: list[LayerGeometry], unit: int, n: int) -> dict[str, np.ndarray]:
    """The arrays of the port for one stack."""
    columns = {name: [[getattr(layer, name) for layer in layers]] for name in ("kernel", "stride", "dilation")}
    padding = [[layer.sides for layer in layers]]
    return {
        **{name: np.array(values) for name, values in columns.items()},
        "padding": np.array(padding),
        "n": np.array([n]),
        "unit": np.array([unit]),
        "cut": np.array([1]),
    }


def test_forward_recurrence_of_a_vgg_block_by_hand() -> None:
    fields = receptive_field_forward(VGG_BLOCK)
    assert [field.size for field in fields] == [3, 5, 6]
    assert [field.jump for field in fields] == [1, 1, 2]
    assert fields[-1].start == -2
    assert fields[-1].center == Fraction(1, 2)


def test_walking_down_gives_what_one_unit_sees_on_every_map() -> None:
    assert receptive_field_top_down(VGG_BLOCK) == [1, 2, 4, 6]


def test_dilation_widens_the_kernel_but_not_a_kernel_of_one() -> None:
    wide = receptive_field_forward([LayerGeometry(3, dilation=2), LayerGeometry(1, dilation=5)])
    assert [field.size for field in wide] == [5, 5]


def test_region_and_centre_move_by_the_jump() -> None:
    assert receptive_field_region(VGG_BLOCK, 3) == (4, 9)
    assert center(VGG_BLOCK, 3) == Fraction(13, 2)


def test_composing_two_halves_gives_the_whole() -> None:
    below, above = (closed_form(stack_of(part)) for part in (VGG_BLOCK[:2], VGG_BLOCK[2:]))
    whole = closed_form(stack_of(VGG_BLOCK))
    assert [int(x) for x in compose(below, above)] == [int(x) for x in whole]


def test_no_layers_see_the_pixel_itself() -> None:
    fields = forward(stack_of([]))
    assert fields.size.tolist() == [[1]]
    assert exact_support([], 2, 5) == {2}


def test_least_unpadded_input_is_the_receptive_field() -> None:
    layers = [LayerGeometry(3, stride=2), LayerGeometry(4)]
    assert int(min_input_size(stack_of(layers))) == receptive_field_forward(layers)[-1].size == 9


@pytest.mark.parametrize(
    ("layer", "n", "units"),
    [
        (LayerGeometry(3, stride=2), 8, 3),
        (pooling(3, 2, ceil_mode=True), 8, 4),
        (pooling(1, 2, ceil_mode=True), 4, 2),
        (LayerGeometry(3, stride=2, transposed=True, padding=1, output_padding=1), 4, 8),
        (pooling(2), 7, 3),
    ],
)
def test_output_sizes_by_hand(layer: LayerGeometry, n: int, units: int) -> None:
    assert output_size(n, layer) == units


def test_padding_is_clipped_at_every_layer_not_only_at_the_input() -> None:
    layers = [LayerGeometry(2, stride=2), LayerGeometry(2, padding=1)]
    assert exact_support(layers, 1, 3) == {0, 1}
    assert receptive_field_region(layers, 1) == (0, 3)


def test_a_transposed_layer_sees_one_or_two_inputs_by_phase() -> None:
    layer = LayerGeometry(3, stride=2, transposed=True)
    assert [len(exact_support([layer], unit, 4)) for unit in range(9)] == [1, 1, 2, 1, 2, 1, 2, 1, 1]


def test_two_three_wide_layers_count_paths_like_a_triangle() -> None:
    stack = stack_of([LayerGeometry(3), LayerGeometry(3)])
    assert path_count_kernel(stack).tolist() == [[1, 2, 3, 2, 1]]


def test_effective_field_grows_like_the_root_of_depth() -> None:
    assert erf_std([LayerGeometry(3)] * 16) == math.sqrt(16 * 8 / 12)


def test_effective_field_of_one_layer_is_its_window_and_repeats_with_its_seed() -> None:
    layer = nn.Conv1d(1, 1, 3, padding=1, bias=False)
    maps = [effective_receptive_field(layer, (1, 1, 7), (3,), 4, generator(5)) for _ in range(2)]
    assert (maps[0] > 0).tolist() == [False, False, True, True, True, False, False]
    assert torch.equal(*maps)


def test_gradient_and_nan_probes_agree_with_the_propagated_set() -> None:
    layers = [LayerGeometry(2, stride=2), LayerGeometry(3, padding=1, dilation=1)]
    net = nn.Sequential(nn.Conv1d(1, 2, 2, stride=2), nn.ReLU(), nn.Conv1d(2, 1, 3, padding=1))
    wanted = exact_support(layers, 0, 9)
    assert set(gradient_support(net, (1, 1, 9), (0,)).nonzero().flatten().tolist()) == wanted
    assert set(nan_support(net, (1, 1, 9), (0,)).nonzero().flatten().tolist()) == wanted


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kernel": 0}, "conv: kernel must be at least 1, got 0"),
        ({"kernel": 3, "stride": -1}, "conv: stride must be at least 1, got -1"),
        ({"kernel": 3, "dilation": 0}, "conv: dilation must be at least 1, got 0"),
        ({"kernel": 3, "padding": -1}, "conv: padding must be at least 0, got -1"),
        ({"kernel": 3, "stride": 2, "transposed": True, "output_padding": 2}, "output_padding must lie in 0 … 1"),
        ({"kernel": 3, "output_padding": 1}, "needs transposed=True"),
    ],
)
def test_a_bad_layer_is_refused_by_name_field_and_value(fields: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LayerGeometry(**fields, name="conv")  # type: ignore[arg-type]


def test_more_pool_padding_than_half_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="pool1: padding must be at most kernel // 2 = 1 for pooling, got 2"):
        pooling(3, padding=2, name="pool1")


def test_a_kernel_larger_than_the_padded_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"effective kernel 5 does not fit into input 2 with padding 1 \+ 1"):
        output_size(2, LayerGeometry(3, dilation=2, padding=1))


def test_a_unit_outside_the_output_is_refused() -> None:
    with pytest.raises(ValueError, match="unit must lie in 0 … 2, got 3"):
        exact_support([LayerGeometry(3)], 3, 5)
    with pytest.raises(ValueError, match="unit must lie in 0 … 2, got unit 3 in lane 0"):
        SUBJECT.operations["support"](
            one_lane([LayerGeometry(3)], 3, 5), {"width": 5}, device="cpu", dtype="float64", seed=0
        )


def test_a_transposed_layer_has_no_single_size() -> None:
    with pytest.raises(ValueError, match="transposed layers have no single size"):
        receptive_field_forward([LayerGeometry(3, transposed=True)])


def test_zero_stride_in_a_batch_is_refused_with_its_lane() -> None:
    arrays = one_lane([LayerGeometry(3)], 0, 5)
    arrays["stride"] = np.array([[0]])
    with pytest.raises(ValueError, match="layer 0: stride must be at least 1, got 0 in lane 0"):
        SUBJECT.operations["geometry"](arrays, {}, device="cpu", dtype="float64", seed=0)


def test_mutant_names_are_unique_and_every_mutant_says_what_is_wrong() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)
    assert all(mutant.mistake and mutant.subject.name == mutant.name for mutant in MUTANTS)


def receptive_field(layers: list[dict[str, int]]) -> int:
    """A user's function, as convention.adapt takes it."""
    size = jump = 1
    for layer in layers:
        size += layer["dilation"] * (layer["kernel"] - 1) * jump
        jump *= layer["stride"]
    return size


def test_a_bare_function_answers_sizes_and_by_one_more_layer_jumps() -> None:
    subject = adapt(receptive_field, "user")
    asked = subject.operations["geometry"](one_lane(VGG_BLOCK, 0, 9), {}, device="cpu", dtype="float64", seed=0)
    ours = SUBJECT.operations["geometry"](one_lane(VGG_BLOCK, 0, 9), {}, device="cpu", dtype="float64", seed=0)
    for name in ("size", "jump", "top_down", "closed_form", "effective_kernel"):
        assert asked[name].tolist() == ours[name].tolist()


class Triples:
    """A user's class that gives size, jump and padding."""

    def receptive_field(self, layers: list[dict[str, int]]) -> tuple[int, int, int]:
        size, jump, left = 1, 1, 0
        for layer in layers:
            size += layer["dilation"] * (layer["kernel"] - 1) * jump
            left += layer["padding"] * jump
            jump *= layer["stride"]
        return size, jump, left


def test_a_class_that_gives_padding_answers_region_and_centre_too() -> None:
    arrays = one_lane(VGG_BLOCK, 2, 9)
    asked, ours = (
        subject.operations["geometry"](arrays, {}, device="cpu", dtype="float64", seed=0)
        for subject in (adapt(Triples, "user"), SUBJECT)
    )
    for name in ("left", "right", "center2", "region"):
        assert asked[name].tolist() == ours[name].tolist()


def test_an_object_without_any_convention_is_refused_and_a_module_says_why_nothing_applies() -> None:
    with pytest.raises(TypeError, match="found neither on dict"):
        adapt(dict, "user")
    assert "gradient_support" in adapt(nn.Identity, "user").missing["trace"]


def test_torch_answers_the_support_of_its_own_layers() -> None:
    arrays = one_lane([LayerGeometry(3, stride=2, padding=1)], 1, 6)
    answers = torch_nn.SUBJECT.operations["support"](arrays, {"width": 6}, device="cpu", dtype="float64", seed=0)
    assert answers["support"].tolist() == [[False, True, True, True, False, False]]
