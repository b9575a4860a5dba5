"""The networks of generative models: DCGAN and PatchGAN discriminators, WaveNet, and a small U-Net."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from impl.receptive_field.networks.blocks import Residual, plain, trunk


def dcgan_discriminator(width: int = 1) -> nn.Sequential:
    """Radford, Metz & Chintala 2016, section 3, on 64×64: four strided convolutions and a last one over 4×4."""
    layers: list[nn.Module] = []
    channels = 3
    for stage in range(4):
        layers.append(nn.Conv2d(channels, width, 4, 2, 1, bias=stage == 0))
        layers += [nn.BatchNorm2d(width)] if stage else []
        layers.append(nn.LeakyReLU(0.2))
        channels = width
    return trunk([("output", nn.Sequential(*layers, nn.Conv2d(width, 1, 4)))])


def patchgan(strided: int, width: int = 1) -> nn.Sequential:
    """Isola et al. 2017, appendix 6.1.2: 4×4 convolutions, `strided` of stride 2 and two of stride 1; 0 is 1×1."""
    shapes = [(4, 2, 1)] * strided + [(4, 1, 1)] * 2 if strided else [(1, 1, 0)] * 3
    layers: list[nn.Module] = []
    channels = 6
    for kernel, stride, padding in shapes[:-1]:
        layers += [nn.Conv2d(channels, width, kernel, stride, padding), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
        channels = width
    kernel, stride, padding = shapes[-1]
    return trunk([("output", nn.Sequential(*layers, nn.Conv2d(channels, 1, kernel, stride, padding)))])


class Gate(nn.Module):
    """tanh(filter) · sigmoid(gate) of one dilated causal convolution (van den Oord et al. 2016, eq. 2)."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.pad = nn.ConstantPad1d((dilation, 0), 0.0)
        self.both = nn.Conv1d(width, 2 * width, 2, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, time)."""
        value, gate = self.both(self.pad(x)).chunk(2, dim=1)
        out: Tensor = self.mix(torch.tanh(value) * torch.sigmoid(gate))
        return out


def wavenet(dilations: int, stacks: int, width: int = 1) -> nn.Sequential:
    """Stacks of dilated gates (van den Oord et al. 2016, section 2.1): dilations 1, 2 … 2^(dilations − 1)."""
    gates = [Gate(width, 2**power) for _ in range(stacks) for power in range(dilations)]
    layers = [Residual(gate, nn.Identity(), nn.Identity()) for gate in gates]
    return trunk([("output", nn.Sequential(nn.Conv1d(1, width, 1), *layers))])


class UNet(nn.Module):
    """A U-Net of one level (Ronneberger, Fischer & Brox 2015, Fig. 1), padded so that sizes match."""

    def __init__(self, width: int = 1) -> None:
        super().__init__()
        self.down = plain(1, width, 3, 1, 1)
        self.pool = nn.MaxPool2d(2)
        self.bottom = plain(width, width, 3, 1, 1)
        self.up = nn.ConvTranspose2d(width, width, 2, 2)
        self.head = plain(2 * width, 1, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, 1, h, w) with even h and w."""
        skip = self.down(x)
        raised = self.up(self.bottom(self.pool(skip)))
        out: Tensor = self.head(torch.cat([skip, raised], dim=1))
        return out
