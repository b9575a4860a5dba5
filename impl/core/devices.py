"""The device axis: which devices exist here, what each can hold, how exact it is, and what a report says of it.

A device that was asked for by name and is absent is an error, never a silent CPU; one that was not asked for is
written down as NOT VERIFIED, with its reason. A simulated device checks discipline, never numbers.
"""

from __future__ import annotations

import os
import platform
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it once: before torch is imported

import torch

if TYPE_CHECKING:
    from impl.core.simulated_rules import Profile

Place: TypeAlias = torch.device

NAMES = ("cpu", "sim", "sim-mps", "cuda", "mps")
ACCELERATORS = ("cuda", "mps")  # the real ones
UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
TF32_UNIT_ROUNDOFF = 2.0**-11
NOT_ASKED = "not asked for"
_BOTH_FLOATS = ("float64", "float32")
_CUDA_WAITS = "called a synchronizing"  # how torch's warning begins


@dataclass(frozen=True)
class Device:
    """A device by name.

    missing: why it cannot be used here, "" when it can. floats: the dtypes that it can hold. slack: what multiplies a
    rounding bound on it, since its library functions err by an ulp or two more than the CPU's; 4 on real accelerators
    is a proposal until the first runs on them.
    """

    name: str
    missing: str = ""
    floats: tuple[str, ...] = _BOTH_FLOATS
    slack: float = 1.0

    @property
    def simulated(self) -> bool:
        """Whether this is a simulation on the CPU."""
        return self.name.startswith("sim")

    @property
    def counts_syncs(self) -> bool:
        """Whether `watch` can see the host wait: the CPU has nothing to wait for, and Metal does not tell."""
        return self.simulated or self.name == "cuda"

    @property
    def torch(self) -> Place:
        """The torch.device. There is one simulated device in a process: asking here makes it behave as this one."""
        if self.simulated:
            _simulate(self.name)
        return torch.device(self.name.split("-")[0])

    def unit_roundoff(self, dtype: str, operation: str = "") -> float:
        """The unit roundoff u of `dtype` here; of TF32 when `operation` ("matmul", "conv", "rnn") is set to use it.

        Raises KeyError for a dtype or an operation that is none of these.
        """
        if operation and dtype == "float32" and self.name in ("cuda", "sim") and _precision()[operation] == "tf32":
            return TF32_UNIT_ROUNDOFF
        return UNIT_ROUNDOFF[dtype]

    def bound(self, dtype: str, roundings: int, *, scale: float = 1.0, operation: str = "") -> float:
        """Bound slack · γ_n · scale, with γ_n = n u / (1 − n u): the error of a value after n roundings in any order.

        Raises ValueError when n u ≥ 1: the bound then says nothing. Source: Higham 2002, section 3.1.
        """
        nu = roundings * self.unit_roundoff(dtype, operation)
        if nu >= 1:
            raise ValueError(f"{roundings} roundings in {dtype} leave no correct digit: use a wider dtype")
        return self.slack * nu / (1 - nu) * scale

    @contextmanager
    def watch(self) -> Iterator[Counter[str]]:
        """Count in the block what costs time on this device; "syncs" is how often the host waited for it.

        Look at `counts_syncs` before believing a zero. Other warnings pass through untouched.
        """
        if self.simulated:
            from impl.core import simulated

            _simulate(self.name)
            with simulated.watch() as counts:
                yield counts
        else:
            counts = Counter(syncs=0)
            with _watch_cuda(counts) if self.name == "cuda" else nullcontext():
                yield counts


@contextmanager
def _watch_cuda(counts: Counter[str]) -> Iterator[None]:
    """Count torch's warnings of waits; torch calls them experimental, and waits inside libraries go unseen."""
    mode = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def count(message: Warning | str, *rest: Any, **named: Any) -> None:
            if str(message).startswith(_CUDA_WAITS):
                counts["syncs"] += 1
            else:
                show(message, *rest, **named)

        warnings.filterwarnings("always", message=_CUDA_WAITS)
        warnings.showwarning = count
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(mode)


def _profile(name: str) -> Profile:
    from impl.core import simulated_rules

    return simulated_rules.MPS if name == "sim-mps" else simulated_rules.CUDA


def _simulate(name: str) -> None:
    from impl.core import simulated, simulated_backend

    simulated_backend.register()
    simulated.select(_profile(name))


def _simulating() -> bool:
    return torch._C._get_privateuse1_backend_name() == "sim"


def probe(name: str) -> Device:
    """The device of this name, with the reason if it is absent. Probing "sim" or "sim-mps" loads the simulation.

    Raises ValueError for a name that is none of NAMES.
    """
    if name not in NAMES:
        raise ValueError(f"device {name!r} is unknown: choose from {', '.join(NAMES)}")
    if name == "cpu":
        return Device(name)
    floats = ("float32",) if name.endswith("mps") else _BOTH_FLOATS
    if name.startswith("sim"):
        return Device(name, _why_no_simulation(name), floats, slack=2.0)
    return Device(name, _why_no_accelerator(name), floats, slack=4.0)


def _why_no_simulation(name: str) -> str:
    cuda: Any = torch.cuda
    if cuda.is_initialized() and not _simulating():
        return "this process computes on cuda; simulate in another one"
    try:
        _simulate(name)
    except (ImportError, AttributeError, RuntimeError) as error:
        return f"torch {torch.__version__} cannot simulate a device ({error})"
    return ""


def _why_no_accelerator(name: str) -> str:
    if name == "cuda":
        built, there = bool(torch.version.cuda or torch.version.hip), torch.cuda.is_available()
    else:
        built, there = torch.backends.mps.is_built(), torch.backends.mps.is_available()
    if there:
        return ""
    return "built in, but no device or driver answers" if built else f"torch {torch.__version__} is built without it"


def place(name: str) -> Place:
    """The torch.device for a device's name; for a simulated one, as `Device.torch`."""
    return Device(name).torch


def resolve(spec: str) -> list[Device]:
    """The devices of a comma-separated list, in its order; "auto" is the CPU and every real accelerator found.

    Where auto finds none it takes the CPU and the simulation. Raises ValueError, in one line, for an unknown name, for
    a device that is absent, and for a simulation beside a real accelerator: torch knows one current accelerator in a
    process, so that takes two runs.
    """
    names = list(dict.fromkeys(part.strip() for part in spec.split(",")))
    if names == ["auto"]:
        found = [name for name in ACCELERATORS if not _why_no_accelerator(name)]
        names = ["cpu", *(found or ["sim"])]
    for name in names:
        if name not in NAMES:
            raise ValueError(f"device {name!r} is unknown: choose from {', '.join(NAMES)}, or auto alone")
    real = [name for name in names if name in ACCELERATORS and not _why_no_accelerator(name)]
    if real and (_simulating() or any(name.startswith("sim") for name in names)):
        raise ValueError(
            f"device {real[0]}: a simulated and a real accelerator need two runs, cpu,sim and cpu,{real[0]}"
        )
    devices = [probe(name) for name in names]
    for device in devices:
        if device.missing:
            raise ValueError(f"device {device.name}: {device.missing}")
    return devices


def not_verified(asked: Iterable[Device | str]) -> list[tuple[str, str]]:
    """Name and reason of each device that was not asked for, in the order of NAMES. Loads no simulation."""
    names = {device if isinstance(device, str) else device.name for device in asked}
    return [
        (name, (name in ACCELERATORS and _why_no_accelerator(name)) or NOT_ASKED) for name in NAMES if name not in names
    ]


def wording(device: Device) -> str:
    """The fixed sentence of a report: a pass on a simulated device never reads as one on a real device."""
    if device.missing:
        return f"NOT VERIFIED: {device.missing}"
    return "simulated: device rules checked, numbers are the CPU's" if device.simulated else f"ran on {device.name}"


def strict(on: bool) -> None:
    """True: test the mathematics, in IEEE float32 with deterministic kernels. False: what torch's defaults give.

    Operators without a deterministic kernel warn on CUDA ("... does not have a deterministic implementation"), since
    a hard mode would refuse even float cumsum. Only the new fp32_precision flags are used: torch raises when they
    are mixed with allow_tf32. `set_deterministic_debug_mode` is `use_deterministic_algorithms` without its second of
    import time.
    """
    torch.backends.cuda.matmul.fp32_precision = "ieee" if on else "none"
    cudnn: Any = torch.backends.cudnn  # its precision flags are missing in the stubs
    cudnn.conv.fp32_precision = cudnn.rnn.fp32_precision = "ieee" if on else "tf32"
    cudnn.benchmark = False
    torch.set_deterministic_debug_mode("warn" if on else "default")


def _precision() -> dict[str, str]:
    """How float32 products are computed: "ieee" or "none" (both IEEE), or "tf32"."""
    cudnn: Any = torch.backends.cudnn
    return {
        "matmul": str(torch.backends.cuda.matmul.fp32_precision),
        "conv": str(cudnn.conv.fp32_precision),
        "rnn": str(cudnn.rnn.fp32_precision),
    }


def record(device: Device) -> dict[str, object]:
    """What the evidence says of one device, as JSON can hold it; the mode is that of this moment."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    precision = _precision()
    is_strict = deterministic and "tf32" not in precision.values()
    return {
        "device": device.name,
        "simulated": device.simulated,
        "missing": device.missing,
        "wording": wording(device),
        "hardware": "" if device.missing else _hardware(device.name),
        "torch": torch.__version__,
        "floats": list(device.floats),
        "slack": device.slack,
        "counts_syncs": device.counts_syncs,
        "mode": "strict" if is_strict else "as shipped",
        **precision,
        "deterministic": deterministic,
        "mps_fallback": os.environ.get("PYTORCH_ENABLE_MPS_FALLBACK", ""),
    }


def _hardware(name: str) -> str:
    """Chip and software below torch, in words."""
    if name == "cuda":
        gpu = torch.cuda.get_device_properties(0)
        cudnn: Any = torch.backends.cudnn
        runtime = f"CUDA {torch.version.cuda}" if torch.version.cuda else f"HIP {torch.version.hip}"
        return f"{gpu.name}, sm_{gpu.major}{gpu.minor}, {runtime}, cuDNN {cudnn.version()}"
    if name == "mps":
        return f"{torch.backends.mps.get_name()}, macOS {platform.mac_ver()[0]}"
    return platform.processor() or platform.machine()
