"""Published networks by name, without weights, and an input on which every layer has units."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import nn

from impl.receptive_field.networks.classic import VGG, alexnet, lenet5, vgg, zfnet
from impl.receptive_field.networks.generative import dcgan_discriminator, patchgan, wavenet
from impl.receptive_field.networks.inception import inception_v3
from impl.receptive_field.networks.mobilenet import mobilenet_v1, mobilenet_v2
from impl.receptive_field.networks.resnet import resnet
from impl.receptive_field.rules import RULES, Rules
from impl.receptive_field.trace.node import RFNode
from impl.receptive_field.trace.tracer import trace_receptive_field

Shape = tuple[int, ...]


class Network(NamedTuple):
    """A builder, the shape of its input, and its endpoints in order."""

    build: Callable[[], nn.Module]
    shape: Shape
    endpoints: tuple[str, ...]


_IMAGE = (1, 3, 224, 224)
_ALEX = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
_BLOCKS = ("block1", "block2", "block3", "block4")
_LAST = ("block4",)
_INCEPTION = (
    *("Conv2d_1a", "Conv2d_2a", "Conv2d_2b", "MaxPool_3a", "Conv2d_3b", "Conv2d_4a", "MaxPool_5a"),
    *(f"Mixed_{name}" for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")),
)

NETWORKS: dict[str, Network] = {
    "lenet-5": Network(lenet5, (1, 1, 32, 32), ("pool1", "pool2")),
    "alexnet": Network(partial(alexnet, 0), (1, 3, 227, 227), _ALEX),
    "alexnet-torchvision": Network(partial(alexnet, 2), _IMAGE, _ALEX),
    "zfnet": Network(zfnet, _IMAGE, ("pool5",)),
    **{name: Network(partial(vgg, name), _IMAGE, tuple(f"pool{i}" for i in range(1, 6))) for name in VGG},
    **{f"resnet-{depth}": Network(partial(resnet, depth), _IMAGE, _LAST) for depth in (18, 34, 50, 101, 152)},
    "resnet-50-he": Network(partial(resnet, 50, "first"), _IMAGE, _LAST),
    **{
        f"resnet-{depth}-slim": Network(partial(resnet, depth, "last-unit"), _IMAGE, _BLOCKS)
        for depth in (50, 101, 152, 200)
    },
    "mobilenet-v1": Network(mobilenet_v1, _IMAGE, tuple(f"conv{i}" for i in range(14))),
    "mobilenet-v2": Network(mobilenet_v2, _IMAGE, ("features",)),
    "inception-v3": Network(inception_v3, (1, 3, 299, 299), _INCEPTION),
    "dcgan-discriminator": Network(dcgan_discriminator, (1, 3, 64, 64), ("output",)),
}
"""The table of Araujo, Norris & Sim 2019 as far as it was built here; `network` adds the families."""


def network(name: str) -> Network:
    """A network by its name, or one of the families "patchgan-N" and "wavenet-MxB".

    Raises ValueError listing the known names.
    """
    if match := re.fullmatch(r"patchgan-(\d+)", name):
        strided = int(match[1])
        side = 2 ** (strided + 2)
        return Network(partial(patchgan, strided), (1, 6, side, side), ("output",))
    if match := re.fullmatch(r"wavenet-(\d+)x(\d+)", name):
        return Network(partial(wavenet, int(match[1]), int(match[2])), (1, 1, 16), ("output",))
    if name not in NETWORKS:
        known = ", ".join([*NETWORKS, "patchgan-N", "wavenet-MxB"])
        raise ValueError(f"no network is called {name!r}; known are {known}")
    return NETWORKS[name]


@lru_cache(maxsize=128)
def endpoints(name: str, rules: Rules = RULES) -> Mapping[str, RFNode]:
    """The traced receptive field at each endpoint of a network in evaluation mode, built without weights."""
    entry = network(name)
    with torch.device("meta"):
        module = entry.build().eval()
    nodes = trace_receptive_field(module, entry.shape, formulas=rules)
    return MappingProxyType({endpoint: nodes[endpoint] for endpoint in entry.endpoints})
