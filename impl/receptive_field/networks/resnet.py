"""ResNet trunks (He et al. 2016, table 1) with the stride where each library puts it."""

from __future__ import annotations

from typing import Literal

from torch import nn

from impl.receptive_field.networks.blocks import Residual, conv, trunk

Placement = Literal["first", "middle", "last-unit"]
"""A block strides in its first unit's first 1×1 (He), that unit's 3×3 (torchvision), or its last unit's 3×3 (slim)."""

UNITS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}


def resnet(depth: int, placement: Placement = "middle", width: int = 1) -> nn.Sequential:
    """Endpoints block1 … block4, after the stem of a 7×7 convolution and a 3×3 pool."""
    stem = nn.Sequential(conv(3, width, 7, 2, 3), nn.MaxPool2d(3, 2, 1))
    stages: list[tuple[str, nn.Module]] = [("stem", stem)]
    channels = width
    for block, units in enumerate(UNITS[depth], start=1):
        layers: list[nn.Module] = []
        for stride in _strides(block, units, placement):
            out = width if depth < 50 else 4 * width
            layers.append(_unit(channels, width, out, stride, depth < 50, placement))
            channels = out
        stages.append((f"block{block}", nn.Sequential(*layers)))
    return trunk(stages)


def _strides(block: int, units: int, placement: Placement) -> list[int]:
    if placement == "last-unit":
        return [1] * (units - 1) + [2 if block < 4 else 1]
    return [2 if block > 1 else 1] + [1] * (units - 1)


def _unit(channels: int, inner: int, out: int, stride: int, basic: bool, placement: Placement) -> nn.Module:
    if basic:
        body = nn.Sequential(conv(channels, inner, 3, stride, 1), conv(inner, out, 3, 1, 1, act=nn.Identity))
    else:
        early, late = (stride, 1) if placement == "first" else (1, stride)
        body = nn.Sequential(
            conv(channels, inner, 1, early),
            conv(inner, inner, 3, late, 1),
            conv(inner, out, 1, act=nn.Identity),
        )
    shortcut: nn.Module = nn.Identity()
    if stride > 1 and placement == "last-unit":
        shortcut = nn.MaxPool2d(1, stride)
    elif stride > 1 or channels != out:
        shortcut = conv(channels, out, 1, stride, act=nn.Identity)
    return Residual(body, shortcut, nn.ReLU())
