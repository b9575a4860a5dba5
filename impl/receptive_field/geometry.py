"""Size, jump, padding and centre of a stack's receptive field, on batches of stacks and on lists of layers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from impl.receptive_field.layers import LayerGeometry
from impl.receptive_field.rules import RULES, Rules, Whole
from impl.receptive_field.stack import Stack, stack_of


class Field(NamedTuple):
    """Size r, jump j and left padding P of a receptive field: integers, or one per lane (and per depth)."""

    size: Whole
    jump: Whole
    padding: Whole


IDENTITY = Field(1, 1, 0)
"""The field of a pixel: the neutral element of `compose`."""


class RF(NamedTuple):
    """The receptive field after a layer. start, center: leftmost pixel and centre of unit 0."""

    size: int
    jump: int
    padding: int
    start: int
    center: Fraction


def forward(stack: Stack, rules: Rules = RULES) -> Field:
    """Bottom-up recurrence r' = r + (e−1) j, j' = j s, P' = P + j p, after 0 … L layers: each (lane, L+1).

    Source: Araujo, Norris & Sim 2019, section on single-path networks; Dumoulin & Visin 2016.
    """
    one = stack.kernel.new_ones(stack.lanes)
    fields = [Field(one, one, torch.zeros_like(one))]
    for index in range(stack.depth):
        kernel, stride, left, _, dilation = stack.layer(index)
        size, jump, padding = fields[-1]
        effective = rules.effective_kernel(kernel, dilation)
        grown = rules.size(size, jump, effective, stride, left)
        fields.append(Field(grown, rules.jump(jump, stride), rules.padding(padding, jump, left)))
    return Field(*(torch.stack(column, dim=1) for column in zip(*fields, strict=True)))


def top_down(stack: Stack, rules: Rules = RULES) -> Tensor:
    """Top-down recurrence RF ← (RF − 1) s + e from 1 at the top unit: (lane, L+1), top first, the field last.

    Entry i is the extent, on the map i layers below the top, of what one top unit sees.
    """
    sizes = [stack.kernel.new_ones(stack.lanes)]
    for index in rules.top_down_order(stack.depth):
        kernel, stride, _, _, dilation = stack.layer(index)
        sizes.append(rules.top_down(sizes[-1], rules.effective_kernel(kernel, dilation), stride))
    return torch.stack(sizes, dim=1)


def closed_form(stack: Stack, rules: Rules = RULES) -> Field:
    """Sums instead of recurrences: r = 1 + Σ_l (e_l − 1) Π_{i<l} s_i and P = Σ_l p_l Π_{i<l} s_i: each (lane,)."""
    one = stack.kernel.new_ones((stack.lanes, 1))
    jumps = torch.cat([one, stack.stride.cumprod(dim=1)], dim=1)  # (lane, L+1)
    before = jumps[:, :-1]
    effective = rules.effective_kernel(stack.kernel, stack.dilation)
    size = 1 + ((effective - 1) * before).sum(dim=1)
    return Field(size, jumps[:, -1], (stack.left * before).sum(dim=1))


def compose(below: Field, above: Field, rules: Rules = RULES) -> Field:
    """The field of `above` run on top of `below`: (r₁ + (r₂−1) j₁, j₁ j₂, P₁ + j₁ P₂), a monoid.

    A composed field is a layer with kernel r₂, stride j₂ and padding P₂.
    """
    size = rules.size(below.size, below.jump, above.size, above.jump, above.padding)
    jump = rules.jump(below.jump, above.jump)
    return Field(size, jump, rules.composed_padding(below.padding, below.jump, above.padding))


def region(field: Field, unit: Whole) -> tuple[Whole, Whole]:
    """First and last pixel, before clipping, that a unit sees: [u j − P, u j − P + r − 1]."""
    start = unit * field.jump - field.padding
    return start, start + field.size - 1


def doubled_center(field: Field, unit: Whole, rules: Rules = RULES) -> Whole:
    """Twice the centre u j − P + (r−1)/2 of a unit's region, so that it stays a whole number."""
    return rules.doubled_centre(unit, *field)


def lengths(stack: Stack, n: Tensor, rules: Rules = RULES) -> Tensor:
    """Number of units on the input and after every layer: (lane, L+1) from n (lane,); 0 once a layer does not fit."""
    sizes = [n]
    for index in range(stack.depth):
        kernel, stride, left, right, dilation = stack.layer(index)
        size = rules.output_size(sizes[-1], rules.effective_kernel(kernel, dilation), stride, left, right)
        sizes.append(torch.where(sizes[-1] > 0, size.clamp_min(0), 0))
    return torch.stack(sizes, dim=1)


def min_input_size(stack: Stack, rules: Rules = RULES) -> Tensor:
    """Least input with a non-empty output at every layer: (lane,). Without padding it equals the size r.

    Walks down from one unit: n ← max(1, (n−1) s + e − p_left − p_right).
    """
    least = stack.kernel.new_ones(stack.lanes)
    for index in reversed(range(stack.depth)):
        kernel, stride, left, right, dilation = stack.layer(index)
        wanted = rules.top_down(least, rules.effective_kernel(kernel, dilation), stride)
        least = (wanted - left - right).clamp_min(1)
    return least


def receptive_field_forward(layers: Sequence[LayerGeometry]) -> list[RF]:
    """The receptive field after each layer of a list, input side first.

    >>> receptive_field_forward([LayerGeometry(3), LayerGeometry(3, stride=2)])[-1].size
    5
    """
    size, jump, padding = (column[0].tolist() for column in forward(stack_of(layers)))
    rows = zip(size[1:], jump[1:], padding[1:], strict=True)
    return [RF(r, j, P, -P, Fraction(r - 1, 2) - P) for r, j, P in rows]


def receptive_field_top_down(layers: Sequence[LayerGeometry]) -> list[int]:
    """What one top unit sees on each map from the top (1) down to the input."""
    sizes: list[int] = top_down(stack_of(layers))[0].tolist()
    return sizes


def receptive_field_region(layers: Sequence[LayerGeometry], unit: int) -> tuple[int, int]:
    """First and last pixel, before clipping, that a unit of the last layer sees."""
    last = closed_form(stack_of(layers))
    start, stop = region(last, unit)
    return int(start), int(stop)


def center(layers: Sequence[LayerGeometry], unit: int) -> Fraction:
    """Centre of a unit's region: a whole or half pixel."""
    return Fraction(int(doubled_center(closed_form(stack_of(layers)), unit)), 2)
