"""The device axis: what is asked for is there or named as missing; what is not asked for is written down."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from impl.core import devices
from impl.core.devices import NAMES, Device, not_verified, probe, record, resolve, strict, wording

NOT_BUILT = f"torch {torch.__version__} is built without it"
without_cuda = pytest.mark.skipif(torch.version.cuda is not None, reason="this torch is built with CUDA")
without_mps = pytest.mark.skipif(torch.backends.mps.is_built(), reason="this torch is built with MPS")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a GPU, as far as the device axis can tell, in a process without a simulation."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", "12.9")
    monkeypatch.setattr(devices, "_simulating", lambda: False)


def test_the_cpu_and_the_simulated_devices_are_there() -> None:
    assert [device.name for device in resolve("cpu, sim,sim-mps,sim")] == ["cpu", "sim", "sim-mps"]
    assert [device.floats for device in resolve("cpu,sim,sim-mps")] == [
        ("float64", "float32"),
        ("float64", "float32"),
        ("float32",),
    ]


@pytest.mark.parametrize("spec", ["tpu", "cpu,tpu", "", "cpu,", "auto,cpu"])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(spec: str) -> None:
    with pytest.raises(ValueError, match=r"is unknown: choose from cpu, sim, sim-mps, cuda, mps") as caught:
        resolve(spec)
    assert "\n" not in str(caught.value)


def test_probing_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="device 'tpu' is unknown"):
        probe("tpu")


@without_cuda
@without_mps
@pytest.mark.parametrize("name", devices.ACCELERATORS)
def test_a_device_asked_for_by_name_and_absent_is_an_error_with_its_reason(name: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"device {name}: {NOT_BUILT}") + "$"):
        resolve(f"cpu,{name}")


def test_a_device_without_a_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "12.9")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert probe("cuda").missing == "built in, but no device or driver answers"


@without_cuda
@without_mps
def test_auto_takes_the_simulation_where_no_accelerator_is_found() -> None:
    assert [device.name for device in resolve("auto")] == ["cpu", "sim"]


@pytest.mark.usefixtures("gpu")
def test_auto_takes_every_accelerator_found_and_then_no_simulation() -> None:
    assert [device.name for device in resolve("auto")] == ["cpu", "cuda"]


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("spec", ["sim,cuda", "cuda,cpu,sim-mps"])
def test_a_simulation_and_an_accelerator_need_two_runs(spec: str) -> None:
    with pytest.raises(
        ValueError, match=r"^device cuda: a simulated and a real accelerator need two runs, cpu,sim and"
    ):
        resolve(spec)


@pytest.mark.usefixtures("gpu")
def test_a_process_that_simulates_takes_no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_simulating", lambda: True)
    for spec in ("cpu,cuda", "auto"):
        with pytest.raises(ValueError, match="need two runs"):
            resolve(spec)


@pytest.mark.usefixtures("gpu")
def test_a_process_that_computes_on_cuda_takes_no_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    with pytest.raises(ValueError, match=r"^device sim: this process computes on cuda; simulate in another one$"):
        resolve("cpu,sim")


def test_a_torch_that_cannot_simulate_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise AttributeError("no such slot")

    monkeypatch.setattr(devices, "_simulate", refuse)
    assert probe("sim").missing == f"torch {torch.__version__} cannot simulate a device (no such slot)"


@without_cuda
@without_mps
def test_devices_not_asked_for_are_written_down_with_their_reason() -> None:
    assert not_verified(resolve("cpu,sim")) == [
        ("sim-mps", "not asked for"),
        ("cuda", NOT_BUILT),
        ("mps", NOT_BUILT),
    ]
    assert not_verified(["cpu", "sim"]) == not_verified(resolve("cpu,sim"))
    assert not_verified(NAMES) == []


@pytest.mark.usefixtures("gpu")
def test_a_device_that_is_there_and_was_not_asked_for_is_written_down_too() -> None:
    assert ("cuda", "not asked for") in not_verified(["cpu"])


def test_the_wording_never_lets_a_simulation_read_as_a_run() -> None:
    assert wording(Device("cpu")) == "ran on cpu"
    assert wording(Device("cuda")) == "ran on cuda"
    assert wording(Device("sim")) == "simulated: device rules checked, numbers are the CPU's"
    assert wording(Device("sim-mps")) == wording(Device("sim"))
    assert wording(Device("cuda", "no driver")) == "NOT VERIFIED: no driver"


def test_a_record_is_json_and_tells_a_simulation_from_a_device_and_strict_from_as_shipped() -> None:
    strict(True)
    rows = {name: json.loads(json.dumps(record(probe(name)))) for name in NAMES}
    assert {name: row["simulated"] for name, row in rows.items()} == {
        name: name in ("sim", "sim-mps") for name in NAMES
    }
    assert {row["mode"] for row in rows.values()} == {"strict"}
    assert rows["cpu"]["torch"] == torch.__version__
    assert rows["cpu"]["hardware"]
    assert rows["sim-mps"]["floats"] == ["float32"]
    assert rows["cpu"]["conv"] == "ieee"
    strict(False)
    shipped = record(probe("cpu"))
    assert (shipped["mode"], shipped["conv"], shipped["matmul"]) == ("as shipped", "tf32", "none")
    assert shipped["deterministic"] is False


@pytest.mark.usefixtures("gpu")
def test_a_record_of_cuda_names_the_gpu_and_its_software(monkeypatch: pytest.MonkeyPatch) -> None:
    chip = types.SimpleNamespace(name="A chip", major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: chip)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)
    assert record(probe("cuda"))["hardware"] == "A chip, sm_90, CUDA 12.9, cuDNN 91002"


def test_strict_leaves_no_flag_of_torch_in_doubt() -> None:
    strict(True)
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.backends.cuda.matmul.fp32_precision == "ieee"
    assert torch.backends.cudnn.rnn.fp32_precision == "ieee"
    strict(False)
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_bound_counts_roundings_and_knows_tf32() -> None:
    u = 2.0**-24
    assert Device("cpu").bound("float32", 10) == 10 * u / (1 - 10 * u)
    assert probe("sim").bound("float64", 3, scale=5.0) == 2 * (3 * 2.0**-53 / (1 - 3 * 2.0**-53)) * 5.0
    strict(False)
    assert probe("sim").unit_roundoff("float32", "conv") == 2.0**-11
    assert probe("sim").unit_roundoff("float32", "matmul") == u
    assert probe("sim").unit_roundoff("float64", "conv") == 2.0**-53
    assert [Device(name).unit_roundoff("float32", "conv") for name in ("cpu", "sim-mps", "mps")] == [u] * 3
    strict(True)
    assert probe("sim").unit_roundoff("float32", "conv") == u
    with pytest.raises(ValueError, match="no correct digit"):
        Device("cpu").bound("float32", 2**24)


def test_a_convolution_on_the_simulated_device_needs_the_bound_of_tf32_and_keeps_it() -> None:
    device = probe("sim")
    x = torch.randn(1, 3, 40, generator=torch.Generator().manual_seed(0))
    w = torch.randn(2, 3, 9, generator=torch.Generator().manual_seed(1))
    exact = torch.nn.functional.conv1d(x.double(), w.double())
    size = torch.nn.functional.conv1d(x.double().abs(), w.double().abs())
    worst = {}
    for strictly in (True, False):
        strict(strictly)
        out = torch.nn.functional.conv1d(x.to(device.torch), w.to(device.torch)).cpu().double()
        worst[strictly] = ((out - exact).abs() / size).max().item()
        assert worst[strictly] <= device.bound("float32", 3 * 9 + 2, operation="conv")  # 27 terms, 2 factors
    strict(True)
    assert worst[False] > device.bound("float32", 3 * 9 + 2, operation="conv")


def test_asking_for_a_simulated_device_makes_it_behave_as_that_one() -> None:
    cuda_like, metal_like = resolve("sim,sim-mps")
    wide = torch.ones(1, dtype=torch.float64)
    assert wide.to(cuda_like.torch).device.type == "sim"
    assert wide.to(devices.place("sim")).device.type == "sim"
    for choose in (lambda: metal_like.torch, lambda: devices.place("sim-mps"), lambda: probe("sim-mps").torch):
        assert wide.to(cuda_like.torch).dtype == torch.float64
        with pytest.raises(TypeError, match="MPS has float32 only"):
            wide.to(choose())
    with metal_like.watch(), pytest.raises(TypeError, match="MPS has float32 only"):
        wide.to("sim")


def test_watching_counts_waits_of_the_simulated_device_and_none_on_the_cpu() -> None:
    for name, waits in (("cpu", 0), ("sim", 3)):
        device = probe(name)
        x = torch.arange(3.0).to(device.torch)
        with device.watch() as counts:
            values = [float(v) for v in x]
        assert (values, counts["syncs"]) == ([0.0, 1.0, 2.0], waits)
    assert [probe(name).counts_syncs for name in NAMES] == [False, True, True, True, False]


@pytest.mark.usefixtures("gpu")
def test_watching_cuda_counts_torchs_warnings_and_lets_others_through(monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    texts = ["called a synchronizing CUDA operation"] * 3 + ["another"]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")  # which shows a line's warning once
        with probe("cuda").watch() as counts:
            for text in texts:
                warnings.warn(text, stacklevel=1)
    assert counts["syncs"] == 3
    assert [str(warning.message) for warning in seen] == ["another"]
    assert modes == ["warn", 0]


@pytest.mark.gpu
def test_watching_a_real_gpu_sees_it_waited_for() -> None:
    if missing := probe("cuda").missing:
        pytest.skip(missing)
    code = (
        "import torch; from impl.core.devices import resolve\n"
        "d = resolve('cpu,cuda')[1]; x = torch.ones(3).to(d.torch)\n"
        "with d.watch() as counts: x.sum().item(); x.cpu(); x * 2\n"
        "assert counts['syncs'] == 2, counts"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
