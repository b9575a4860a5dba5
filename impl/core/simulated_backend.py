"""Bring torch.device("sim") to life: fill torch's PrivateUse1 slot, once a process."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._C import _acc
from torch.utils import backend_registration

from impl.core import simulated, simulated_random

_SLOT = "privateuseone"  # what torch calls the slot while nobody has it
_kept: list[torch.library.Library] = []  # a registration ends with its Library
_lost: list[BaseException] = []  # raised by an operator inside backward(), see _Guard


class _Module:
    """What torch asks of `torch.sim`: availability, seeds, random states, dtypes for autocast."""

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def device_count(self) -> int:
        return 1

    def current_device(self) -> int:
        return 0

    def synchronize(self, device: Any = None) -> None:
        simulated.count("syncs")

    def manual_seed(self, seed: int) -> None:
        simulated_random.seed(seed)

    def manual_seed_all(self, seed: int) -> None:
        simulated_random.seed(seed)

    def get_rng_state(self, device: Any = None) -> Tensor:
        return simulated_random.stream.get_state()

    def set_rng_state(self, state: Tensor, device: Any = None) -> None:
        simulated_random.stream.set_state(state)

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]

    def _is_in_bad_fork(self) -> bool:
        return False


class _Guard(_acc.DeviceGuard):
    """Tells torch which device this is, and catches errors on their way out of backward().

    torch 2.13 asks for the type while an error unwinds through C++, and ends the process if that error is still set
    when the answer comes. Any call through ctypes.pythonapi raises a pending error as an ordinary exception, which
    can be kept; `_keep_errors` raises it again.
    """

    def type_(self) -> Any:
        try:
            ctypes.pythonapi.PyErr_Occurred()
        except BaseException as error:  # also an interrupt: nothing may stay pending
            _lost.append(error)
        return torch._C._autograd.DeviceType.PrivateUse1


def _keep_errors(run: Callable[..., Any]) -> Callable[..., Any]:
    """Enter torch's backward engine, and raise the errors that `_Guard` caught."""

    def backward(*args: Any, **kwargs: Any) -> Any:
        _lost.clear()
        try:
            return run(*args, **kwargs)
        except Exception as error:
            failure: BaseException = _lost[0] if _lost else error
        finally:
            _lost.clear()
        try:
            if "device_ready_queues_" in str(failure):
                raise RuntimeError("sim must be registered before the process's first backward()") from None
            raise failure
        finally:
            del failure  # no cycle of frame and traceback, which would keep the graph's tensors

    return backward


def registered() -> bool:
    """Whether this process has the simulated device."""
    return torch._C._get_privateuse1_backend_name() == "sim"


def register() -> None:
    """Make torch.device("sim") work; a second call does nothing.

    Call it before the process's first `.backward()`, even one on the CPU (autograd counts the devices only once),
    and never where a real accelerator computes: torch takes `sim` for the current accelerator from here on.
    `torch.Generator` is replaced by a subclass that answers to device="sim".

    Raises RuntimeError when another device has taken the slot, ImportError or AttributeError on a torch without
    Python backends.
    """
    if registered():
        return
    taken = torch._C._get_privateuse1_backend_name()
    if taken != _SLOT:
        raise RuntimeError(f"torch has one slot for outside devices, and {taken!r} has taken it")
    setup = backend_registration._setup_privateuseone_for_python_backend
    setup("sim", backend_module=_Module(), device_guard=_Guard())
    torch.Generator = simulated_random.Generator  # type: ignore[misc]  # the only way to be asked
    autograd: Any = torch.autograd
    autograd._engine_run_backward = _keep_errors(autograd._engine_run_backward)
    library: Any = torch.library.Library
    everything, aten = library("_", "IMPL"), library("aten", "IMPL")
    everything.fallback(simulated.fallback, "PrivateUse1")
    aten.impl("_copy_from", simulated.copy_from, "PrivateUse1")  # torch.tensor(..., device="sim") asks no wrapper
    _kept.extend((everything, aten))
