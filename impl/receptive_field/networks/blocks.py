"""Pieces that the published networks share. Channel counts never change a receptive field, so they are kept small."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from torch import Tensor, nn

Pair = int | tuple[int, int]
Act = Callable[[], nn.Module]


def trunk(stages: Iterable[tuple[str, nn.Module]]) -> nn.Sequential:
    """Stages one after the other, each followed by an identity under its name: the endpoints of the network."""
    named: OrderedDict[str, nn.Module] = OrderedDict()
    for name, stage in stages:
        named[f"{name}_layers"] = stage
        named[name] = nn.Identity()
    return nn.Sequential(named)


def conv(
    channels: int, out: int, kernel: Pair, stride: int = 1, padding: Pair = 0, *, groups: int = 1, act: Act = nn.ReLU
) -> nn.Sequential:
    """Convolution, batch norm, activation."""
    layer = nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(out), act())


def plain(channels: int, out: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Sequential:
    """Convolution and ReLU, as before batch norm."""
    return nn.Sequential(nn.Conv2d(channels, out, kernel, stride, padding), nn.ReLU())


class Residual(nn.Module):
    """act(body(x) + shortcut(x))."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut, self.act = body, shortcut, act

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, h, w)."""
        out: Tensor = self.act(self.body(x) + self.shortcut(x))
        return out
