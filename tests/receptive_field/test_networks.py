"""The published table comes out of the tracer, and real copies respond to just the traced box."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from impl.receptive_field.networks.classic import vgg
from impl.receptive_field.networks.generative import UNet, patchgan
from impl.receptive_field.networks.inception import inception_v3
from impl.receptive_field.networks.library import endpoints, network
from impl.receptive_field.networks.mobilenet import mobilenet_v2
from impl.receptive_field.networks.resnet import resnet
from impl.receptive_field.probes import gradient_support
from impl.receptive_field.trace.tracer import trace_receptive_field

PUBLISHED = {
    "lenet-5": (16, 4, 0),
    "alexnet": (195, 32, 64),
    "alexnet-torchvision": (195, 32, 66),
    "vgg-11": (150, 32, 59),
    "vgg-16": (212, 32, 90),
    "vgg-19": (268, 32, 118),
    "resnet-18": (435, 32, 217),
    "resnet-50": (427, 32, 213),
    "resnet-50-he": (483, 32, 241),
    "resnet-200-slim": (1763, 32, 881),
    "mobilenet-v1": (315, 32, 157),
    "mobilenet-v2": (491, 32, 245),
    "inception-v3": (1311, 32, 618),
    "dcgan-discriminator": (94, 16, 15),
    "patchgan-3": (70, 8, 23),
    "wavenet-10x1": (1024, 1, 1023),
    "wavenet-10x3": (3070, 1, 3069),
}
"""Size, stride and effective padding at the last endpoint (Araujo, Norris & Sim 2019, and the papers)."""


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_the_published_size_stride_and_padding_come_out_exactly(name: str) -> None:
    last = list(endpoints(name).values())[-1]
    assert (last.size[0], last.stride[0], last.padding[0]) == PUBLISHED[name]


def test_all_eighteen_endpoints_of_inception_v3_come_out_exactly() -> None:
    nodes = endpoints("inception-v3").values()
    sizes = (3, 7, 11, 15, 15, 23, 31, 63, 95, 127, 159, 351, 543, 735, 927, 1055, 1183, 1311)
    paddings = (0, 0, 2, 2, 2, 2, 2, 18, 34, 50, 58, 154, 250, 346, 442, 490, 554, 618)
    assert tuple(node.size[0] for node in nodes) == sizes
    assert tuple(node.padding[0] for node in nodes) == paddings
    assert all(node.size[0] == node.size[1] for node in nodes)


@pytest.mark.parametrize("strided", range(7))
def test_patchgan_sees_nine_times_a_power_of_two_minus_two(strided: int) -> None:
    size = endpoints(f"patchgan-{strided}")["output"].size[0]
    assert size == (9 * 2**strided - 2 if strided else 1)


def test_residual_and_inception_networks_are_aligned_and_wavenet_is_not() -> None:
    aligned = {name: list(endpoints(name).values())[-1].aligned for name in ("resnet-50", "wavenet-10x1")}
    assert aligned == {"resnet-50": True, "wavenet-10x1": False}


def test_an_unknown_network_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match=r"no network is called 'vgg-13'; known are lenet-5, .*patchgan-N"):
        network("vgg-13")


COPIES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "patchgan": (patchgan(3), (1, 6, 100, 100)),
    "vgg-11": (vgg("vgg-11"), (1, 3, 192, 64)),
    "resnet-18": (resnet(18), (1, 3, 128, 96)),
    "mobilenet-v2": (mobilenet_v2(), (1, 3, 64, 96)),
    "u-net": (UNet(), (1, 1, 16, 12)),
}


@pytest.mark.parametrize("name", list(COPIES))
def test_a_real_copy_responds_to_exactly_the_traced_pixels(name: str) -> None:
    module, shape = COPIES[name]
    node = trace_receptive_field(module.eval(), shape)["output"]
    assert torch.equal(node.mask(), gradient_support(module.eval(), shape, node.unit))


def test_the_fans_at_the_end_of_inception_leave_the_corners_of_their_box_dead() -> None:
    fans, shape = inception_v3().eval()[-4:], (1, 6, 15, 13)
    node = trace_receptive_field(fans, shape)["output"]
    assert node.box == ((3, 11), (2, 10))
    assert not node.filled
    assert not node.mask()[3, 2]
    assert torch.equal(node.mask(), gradient_support(fans, shape, node.unit))
