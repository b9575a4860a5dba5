"""Inception-v3 up to Mixed_7c, with the endpoint names of TF-Slim (Szegedy et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from impl.receptive_field.networks.blocks import conv, trunk


class Branches(nn.Module):
    """Parallel paths, concatenated over channels."""

    def __init__(self, *paths: nn.Module) -> None:
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, h, w)."""
        return torch.cat([path(x) for path in self.paths], dim=1)


def inception_v3(width: int = 1) -> nn.Sequential:
    """Endpoints Conv2d_1a … Mixed_7c."""
    w = width
    stem: list[tuple[str, nn.Module]] = [
        ("Conv2d_1a", conv(3, w, 3, 2)),
        ("Conv2d_2a", conv(w, w, 3)),
        ("Conv2d_2b", conv(w, w, 3, 1, 1)),
        ("MaxPool_3a", nn.MaxPool2d(3, 2)),
        ("Conv2d_3b", conv(w, w, 1)),
        ("Conv2d_4a", conv(w, w, 3)),
        ("MaxPool_5a", nn.MaxPool2d(3, 2)),
    ]
    mixed: list[tuple[str, nn.Module]] = [
        ("Mixed_5b", _square(w, w)),
        ("Mixed_5c", _square(4 * w, w)),
        ("Mixed_5d", _square(4 * w, w)),
        ("Mixed_6a", _reduction(4 * w, w)),
        ("Mixed_6b", _crossed(6 * w, w)),
        *((f"Mixed_6{letter}", _crossed(4 * w, w)) for letter in "cde"),
        ("Mixed_7a", _last_reduction(4 * w, w)),
        ("Mixed_7b", _fanned(6 * w, w)),
        ("Mixed_7c", _fanned(6 * w, w)),
    ]
    return trunk([*stem, *mixed])


def _path(channels: int, w: int, *shapes: tuple[int, int], last_stride: int = 1) -> nn.Sequential:
    """A 1×1, then convolutions of the given shapes; the last one strides without padding if last_stride > 1."""
    layers: list[nn.Module] = [conv(channels, w, 1)]
    for place, (k, m) in enumerate(shapes, start=1):
        strided = place == len(shapes) and last_stride > 1
        stride, padding = (last_stride, (0, 0)) if strided else (1, (k // 2, m // 2))
        layers.append(conv(w, w, (k, m), stride, padding))
    return nn.Sequential(*layers)


def _pooled(channels: int, w: int) -> nn.Sequential:
    return nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(channels, w, 1))


def _square(c: int, w: int) -> Branches:
    return Branches(_path(c, w), _path(c, w, (5, 5)), _path(c, w, (3, 3), (3, 3)), _pooled(c, w))


def _reduction(c: int, w: int) -> Branches:
    return Branches(conv(c, w, 3, 2), _path(c, w, (3, 3), (3, 3), last_stride=2), nn.MaxPool2d(3, 2))


def _crossed(c: int, w: int) -> Branches:
    return Branches(
        _path(c, w), _path(c, w, (1, 7), (7, 1)), _path(c, w, (7, 1), (1, 7), (7, 1), (1, 7)), _pooled(c, w)
    )


def _last_reduction(c: int, w: int) -> Branches:
    return Branches(
        _path(c, w, (3, 3), last_stride=2),
        _path(c, w, (1, 7), (7, 1), (3, 3), last_stride=2),
        nn.MaxPool2d(3, 2),
    )


def _fan(w: int) -> Branches:
    return Branches(conv(w, w, (1, 3), 1, (0, 1)), conv(w, w, (3, 1), 1, (1, 0)))


def _fanned(c: int, w: int) -> Branches:
    return Branches(
        _path(c, w), nn.Sequential(_path(c, w), _fan(w)), nn.Sequential(_path(c, w, (3, 3)), _fan(w)), _pooled(c, w)
    )
