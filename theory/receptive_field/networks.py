"""Published networks: receptive field size, total stride and effective padding at endpoints; plain stacks.

The table of Araujo, Norris and Sim (2019) was computed on TensorFlow graphs whose SAME padding depends on the
input size; taken here are its rows without a resolution or, where those leave the padding open, the rows at
resolution 321, where every SAME padding is symmetric and so equals the explicit padding of other frameworks
(at 224 the same table says 239 instead of 241 for ResNet-50).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Stack = tuple[tuple[int, int, int, int], ...]
"""Layers as (kernel, stride, padding, dilation)."""


@dataclass(frozen=True)
class Network:
    """What is known of a network: one entry per endpoint; left is −1 where no padding was published."""

    name: str
    endpoints: tuple[str, ...]
    size: tuple[int, ...]
    jump: tuple[int, ...]
    left: tuple[int, ...]
    source: tuple[str, str]
    layers: Stack = ()


def _convolutions(count: int) -> Stack:
    return ((3, 1, 1, 1),) * count


def _vgg(*counts: int) -> Stack:
    """Blocks of 3×3 convolutions, each followed by a 2×2 pool (Simonyan and Zisserman 2015, table 1)."""
    return tuple(layer for count in counts for layer in (*_convolutions(count), (2, 2, 0, 1)))


_TABLE = ("araujo2019", "table of pre-computed parameters")
_LENET = ((5, 1, 0, 1), (2, 2, 0, 1), (5, 1, 0, 1), (2, 2, 0, 1))
_ALEX_TAIL = ((3, 2, 0, 1), (5, 1, 2, 1), (3, 2, 0, 1), *_convolutions(3), (3, 2, 0, 1))
_MOBILE_STRIDES = (2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_ZF = ((7, 2, 0, 1), (3, 2, 0, 1), (5, 2, 0, 1), (3, 2, 0, 1), *_convolutions(3), (3, 2, 0, 1))
_DCGAN = (*((4, 2, 1, 1),) * 4, (4, 1, 0, 1))
_ALEX_ENDS = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
_ALEX_SIZES = (11, 19, 51, 67, 99, 131, 163, 195)
_ALEX_JUMPS = (4, 8, 8, 16, 16, 16, 16, 32)
_POOLS = ("pool1", "pool2", "pool3", "pool4", "pool5")
_JUMPS = (2, 4, 8, 16, 32)
_BLOCKS = ("block1", "block2", "block3", "block4")


def _last(name: str, endpoint: str, size: int, jump: int, left: int, source: tuple[str, str]) -> Network:
    return Network(name, (endpoint,), (size,), (jump,), (left,), source)


def _slim(depth: int, size: tuple[int, ...], left: tuple[int, ...]) -> Network:
    """TF-Slim's ResNet v1, which strides in the 3×3 convolution of the last unit of blocks 1 to 3."""
    return Network(f"resnet-{depth}-slim", _BLOCKS, size, (8, 16, 32, 32), left, _TABLE)


_NETWORKS = (
    Network("lenet-5", ("pool1", "pool2"), (6, 16), (2, 4), (0, 0), ("lecun1998", "Fig. 2"), _LENET),
    Network(
        "alexnet",
        _ALEX_ENDS,
        _ALEX_SIZES,
        _ALEX_JUMPS,
        (0, 0, 16, 16, 32, 48, 64, 64),
        _TABLE,
        ((11, 4, 0, 1), *_ALEX_TAIL),
    ),
    Network(
        "alexnet-torchvision",
        _ALEX_ENDS,
        _ALEX_SIZES,
        _ALEX_JUMPS,
        (2, 2, 18, 18, 34, 50, 66, 66),
        ("krizhevsky2012", "section 3.5; conv1 padded by 2"),
        ((11, 4, 2, 1), *_ALEX_TAIL),
    ),
    Network("vgg-11", _POOLS, (4, 10, 30, 70, 150), _JUMPS, (1, 3, 11, 27, 59), _TABLE, _vgg(1, 1, 2, 2, 2)),
    Network("vgg-16", _POOLS, (6, 16, 44, 100, 212), _JUMPS, (2, 6, 18, 42, 90), _TABLE, _vgg(2, 2, 3, 3, 3)),
    Network(
        "vgg-19",
        _POOLS,
        (6, 16, 52, 124, 268),
        _JUMPS,
        (2, 6, 22, 54, 118),
        ("simonyan2015", "table 1, column E"),
        _vgg(2, 2, 4, 4, 4),
    ),
    Network("zfnet", ("pool5",), (171,), (32,), (-1,), ("zeiler2014", "Fig. 3"), _ZF),
    _last("resnet-18", "block4", 435, 32, 217, ("he2016", "table 1")),
    _last("resnet-34", "block4", 899, 32, 449, ("he2016", "table 1")),
    _last("resnet-50", "block4", 427, 32, 213, ("he2016", "table 1; stride moved to the 3×3 convolution")),
    _last("resnet-101", "block4", 971, 32, 485, ("he2016", "table 1; stride moved to the 3×3 convolution")),
    _last("resnet-152", "block4", 1451, 32, 725, ("he2016", "table 1; stride moved to the 3×3 convolution")),
    _last("resnet-50-he", "block4", 483, 32, 241, ("he2016", "table 1; stride in the first 1×1 convolution")),
    _slim(50, (35, 99, 291, 483), (17, 49, 145, 241)),
    _slim(101, (35, 99, 835, 1027), (17, 49, 417, 513)),
    _slim(152, (35, 163, 1315, 1507), (17, 81, 657, 753)),
    _slim(200, (35, 419, 1571, 1763), (17, 209, 785, 881)),
    Network(
        "mobilenet-v1",
        tuple(f"conv{i}" for i in range(14)),
        (3, 7, 11, 19, 27, 43, 59, 91, 123, 155, 187, 219, 251, 315),
        (2, 2, 4, 4, 8, 8, 16, 16, 16, 16, 16, 16, 32, 32),
        (1, 3, 5, 9, 13, 21, 29, 45, 61, 77, 93, 109, 125, 157),
        _TABLE,
        tuple((3, s, 1, 1) for s in _MOBILE_STRIDES),
    ),
    _last("mobilenet-v2", "features", 491, 32, 245, ("sandler2018", "table 2")),
    Network(
        "inception-v3",
        (
            *("Conv2d_1a", "Conv2d_2a", "Conv2d_2b", "MaxPool_3a", "Conv2d_3b", "Conv2d_4a", "MaxPool_5a"),
            *("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
            *("Mixed_7a", "Mixed_7b", "Mixed_7c"),
        ),
        (3, 7, 11, 15, 15, 23, 31, 63, 95, 127, 159, 351, 543, 735, 927, 1055, 1183, 1311),
        (2, 2, 2, 4, 4, 4, 8, 8, 8, 8, 16, 16, 16, 16, 16, 32, 32, 32),
        (0, 0, 2, 2, 2, 2, 2, 18, 34, 50, 58, 154, 250, 346, 442, 490, 554, 618),
        _TABLE,
    ),
    Network("dcgan-discriminator", ("output",), (94,), (16,), (15,), ("radford2016", "section 3"), _DCGAN),
)

NETWORKS = {network.name: network for network in _NETWORKS}
"""Every network by its name; the families are made by `network`."""


def network(name: str) -> Network:
    """A network by its name, or a member of the families "patchgan-N" and "wavenet-MxB".

    patchgan-N (Isola et al. 2017, appendix 6.1.2): N 4×4 convolutions of stride 2 and two of stride 1, all
    padded by 1: r = 9·2^N − 2; for N = 0 the pixel discriminator, 1×1 only. wavenet-MxB (van den Oord et al.
    2016, section 2.1): B stacks of M causal k = 2 convolutions with dilations 1, 2 … 2^(M−1), padded on the
    left: r = 1 + B(2^M − 1). Raises KeyError for an unknown name.
    """
    if patch := re.fullmatch(r"patchgan-(\d+)", name):
        return _patchgan(name, int(patch[1]))
    if wave := re.fullmatch(r"wavenet-(\d+)x(\d+)", name):
        size = 1 + int(wave[2]) * (2 ** int(wave[1]) - 1)
        return _last(name, "output", size, 1, size - 1, ("vandenoord2016", "section 2.1"))
    return NETWORKS[name]


def _patchgan(name: str, strided: int) -> Network:
    jump = 2**strided
    layers: Stack = ((4, 2, 1, 1),) * strided + ((4, 1, 1, 1),) * 2 if strided else ((1, 1, 0, 1),) * 3
    size, left = (9 * jump - 2, 3 * jump - 1) if strided else (1, 0)
    return Network(name, ("output",), (size,), (jump,), (left,), ("isola2017", "appendix 6.1.2"), layers)
