"""The single-path networks: LeNet-5, AlexNet, ZFNet and VGG, trunks only."""

from __future__ import annotations

from torch import nn

from impl.receptive_field.networks.blocks import plain, trunk


def lenet5(width: int = 1) -> nn.Sequential:
    """LeCun et al. 1998, Fig. 2, on 32×32."""
    return trunk(
        [
            ("conv1", nn.Sequential(nn.Conv2d(1, 6 * width, 5), nn.Tanh())),
            ("pool1", nn.AvgPool2d(2)),
            ("conv2", nn.Sequential(nn.Conv2d(6 * width, 16 * width, 5), nn.Tanh())),
            ("pool2", nn.AvgPool2d(2)),
        ]
    )


def alexnet(padding: int, width: int = 1) -> nn.Sequential:
    """Krizhevsky, Sutskever & Hinton 2012, section 3.5; conv1 without padding, or padded by 2 as torchvision does."""
    w = width
    return trunk(
        [
            ("conv1", plain(3, w, 11, 4, padding)),
            ("pool1", nn.MaxPool2d(3, 2)),
            ("conv2", plain(w, w, 5, 1, 2)),
            ("pool2", nn.MaxPool2d(3, 2)),
            ("conv3", plain(w, w, 3, 1, 1)),
            ("conv4", plain(w, w, 3, 1, 1)),
            ("conv5", plain(w, w, 3, 1, 1)),
            ("pool5", nn.MaxPool2d(3, 2)),
        ]
    )


def zfnet(width: int = 1) -> nn.Sequential:
    """Zeiler & Fergus 2014, Fig. 3: a smaller first kernel and stride than AlexNet."""
    w = width
    return trunk(
        [
            ("conv1", plain(3, w, 7, 2, 1)),
            ("pool1", nn.MaxPool2d(3, 2, 1)),
            ("conv2", plain(w, w, 5, 2)),
            ("pool2", nn.MaxPool2d(3, 2, 1)),
            ("conv3", plain(w, w, 3, 1, 1)),
            ("conv4", plain(w, w, 3, 1, 1)),
            ("conv5", plain(w, w, 3, 1, 1)),
            ("pool5", nn.MaxPool2d(3, 2)),
        ]
    )


VGG = {"vgg-11": (1, 1, 2, 2, 2), "vgg-16": (2, 2, 3, 3, 3), "vgg-19": (2, 2, 4, 4, 4)}
"""3×3 convolutions before each 2×2 pool (Simonyan & Zisserman 2015, table 1)."""


def vgg(name: str, width: int = 1) -> nn.Sequential:
    """Simonyan & Zisserman 2015, table 1."""
    stages: list[tuple[str, nn.Module]] = []
    channels = 3
    for block, count in enumerate(VGG[name], start=1):
        layers = []
        for _ in range(count):
            layers.append(plain(channels, width, 3, 1, 1))
            channels = width
        stages.append((f"pool{block}", nn.Sequential(*layers, nn.MaxPool2d(2))))
    return trunk(stages)
