"""MobileNet trunks: depthwise separable convolutions, then inverted residuals."""

from __future__ import annotations

from torch import nn

from impl.receptive_field.networks.blocks import Residual, conv, trunk

V1_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
"""Of the thirteen separable convolutions after conv0 (Howard et al. 2017, table 1)."""

V2_STAGES = ((1, 1, 1), (6, 2, 2), (6, 3, 2), (6, 4, 2), (6, 3, 1), (6, 3, 2), (6, 1, 1))
"""Expansion, repeats and first stride of the bottlenecks (Sandler et al. 2018, table 2)."""


def mobilenet_v1(width: int = 1) -> nn.Sequential:
    """Howard et al. 2017, table 1, with endpoints conv0 … conv13."""
    stages: list[tuple[str, nn.Module]] = [("conv0", conv(3, width, 3, 2, 1))]
    for index, stride in enumerate(V1_STRIDES, start=1):
        depthwise = conv(width, width, 3, stride, 1, groups=width)
        stages.append((f"conv{index}", nn.Sequential(depthwise, conv(width, width, 1))))
    return trunk(stages)


def mobilenet_v2(width: int = 1) -> nn.Sequential:
    """Sandler et al. 2018, table 2, up to the last 1×1 convolution."""
    layers: list[nn.Module] = [conv(3, width, 3, 2, 1, act=nn.ReLU6)]
    for expansion, repeats, first in V2_STAGES:
        layers += [_inverted(width, expansion, first if i == 0 else 1) for i in range(repeats)]
    return trunk([("features", nn.Sequential(*layers, conv(width, 4 * width, 1, act=nn.ReLU6)))])


def _inverted(width: int, expansion: int, stride: int) -> nn.Module:
    inner = width * expansion
    widen = [conv(width, inner, 1, act=nn.ReLU6)] if expansion > 1 else []
    depthwise = conv(inner, inner, 3, stride, 1, groups=inner, act=nn.ReLU6)
    body = nn.Sequential(*widen, depthwise, conv(inner, width, 1, act=nn.Identity))
    return Residual(body, nn.Identity(), nn.Identity()) if stride == 1 else body
