"""What an accelerator's operators may do, as plain data: the discipline which `impl.core.simulated` enforces.

Read from torch's documentation, its operator list (`torchgen`, native_functions.yaml) and its own test of which
calls wait for the device (test_torch.py, test_sync_warning). None of it was measured on a GPU.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch._ops import OpOverload


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MATMUL: Mapping[str, tuple[int, int]] = {  # which two arguments are contracted; the last axis of the first one
    "mm": (0, 1), "bmm": (0, 1), "mv": (0, 1), "dot": (0, 1),
    "addmm": (1, 2), "addmm_": (1, 2), "addmv": (1, 2), "addmv_": (1, 2), "baddbmm": (1, 2), "baddbmm_": (1, 2),
}  # fmt: skip
CONVOLUTION: Mapping[str, tuple[int, ...]] = {"convolution": (0, 1), "convolution_backward": (0, 1, 2)}
INDEXING = _names("index index_put index_put_ _index_put_impl_ _unsafe_index _unsafe_index_put")
TRANSFERS = _names("_to_copy copy_ _copy_from _copy_from_and_resize")
IDEMPOTENT = _names("fill_ zero_")  # the same value at every place: sharing memory does no harm

# The host waits: it needs a value, a size that depends on values, or LAPACK's verdict.
SYNCHRONISING = _names(
    "_local_scalar_dense equal nonzero masked_select _unique2 unique_dim unique_consecutive bincount multinomial "
    "_linalg_check_errors _linalg_eigh _linalg_svd _linalg_eigvals linalg_eig cholesky"
)

# torch.use_deterministic_algorithms documents that these raise on CUDA; the conditional ones are in `unordered`.
UNORDERED = _names(
    "histc put_ nll_loss2d_forward max_unpool2d max_unpool3d avg_pool3d_backward _adaptive_avg_pool2d_backward "
    "_adaptive_avg_pool3d_backward adaptive_max_pool2d_backward fractional_max_pool2d_backward "
    "fractional_max_pool3d_backward upsample_linear1d_backward upsample_bilinear2d_backward "
    "upsample_bicubic2d_backward upsample_trilinear3d_backward reflection_pad1d_backward reflection_pad2d_backward "
    "reflection_pad3d_backward grid_sampler_2d_backward grid_sampler_3d_backward _ctc_loss_backward"
)

# CPU operators without a kernel, recomputed from torchgen's list by tests/devices/test_devices.py.
NO_CUDA_KERNEL = _names(
    "histogram _histogramdd_bin_edges _histogramdd_from_bin_cts _histogramdd_from_bin_tensors "
    "_upsample_lanczos2d_aa _upsample_lanczos2d_aa_backward"
)
NO_MPS_KERNEL = _names(
    "_linalg_eigh _linalg_eigvals _linalg_svd linalg_eig linalg_eigvals linalg_ldl_factor_ex linalg_ldl_solve "
    "linalg_lstsq linalg_lu_solve linalg_matrix_exp geqrf ormqr _compute_linear_combination _int_mm "
    "_adaptive_avg_pool3d _adaptive_avg_pool3d_backward adaptive_avg_pool3d_backward adaptive_max_pool3d "
    "adaptive_max_pool3d_backward fractional_max_pool2d fractional_max_pool2d_backward fractional_max_pool3d "
    "fractional_max_pool3d_backward _upsample_bicubic2d_aa_backward _upsample_bilinear2d_aa_backward "
    "_upsample_lanczos2d_aa _upsample_lanczos2d_aa_backward _ctc_loss _ctc_loss_backward multi_margin_loss "
    "multi_margin_loss_backward multilabel_margin_loss_forward multilabel_margin_loss_backward _pdist_forward "
    "_pdist_backward segment_reduce _segment_reduce_backward _masked_softmax _masked_softmax_backward "
    "batch_norm_update_stats channel_shuffle embedding_renorm_ glu_jvp glu_backward_jvp rrelu_with_noise "
    "rrelu_with_noise_ _aminmax binomial poisson frexp hash_tensor heaviside heaviside_ logit_ logspace mode "
    "put_ take special_airy_ai special_laguerre_polynomial_l special_legendre_polynomial_p special_log_ndtr "
    "special_ndtri _addmm_activation _fused_adagrad_"
)


@dataclass(frozen=True)
class Profile:
    """The accelerator that is simulated.

    absent: operators without a kernel. tf32: whether torch's TF32 flags act on it. ordered: whether hard
    deterministic mode refuses its unordered kernels. numerics: whether to round, reorder and break ties as it may;
    switched off, the numbers are exactly the CPU's.
    """

    name: str
    float64: bool
    absent: frozenset[str]
    tf32: bool
    ordered: bool
    numerics: bool = True


CUDA = Profile("CUDA", float64=True, absent=NO_CUDA_KERNEL, tf32=True, ordered=True)
MPS = Profile("MPS", float64=False, absent=NO_MPS_KERNEL, tf32=False, ordered=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an operator's schema says.

    written: position and name of each argument that it writes. returns_argument: for each result, whether it is one
    of them. takes_generator: it draws, and has a place for a generator. draws: it draws, and has none.
    """

    name: str
    written: tuple[tuple[int, str], ...]
    returns_argument: tuple[bool, ...]
    takes_generator: bool
    draws: bool


@cache
def facts(op: OpOverload) -> Facts:
    """The facts of one operator overload, read once."""
    schema = op._schema
    takes_generator = any(a.name == "generator" for a in schema.arguments)
    return Facts(
        name=schema.name.removeprefix("aten::"),
        written=tuple((i, a.name) for i, a in enumerate(schema.arguments) if a.alias_info and a.alias_info.is_write),
        returns_argument=tuple(bool(r.alias_info and r.alias_info.is_write) for r in schema.returns),
        takes_generator=takes_generator,
        draws=not takes_generator and torch.Tag.nondeterministic_seeded in op.tags,
    )


def argument(args: Sequence[Any], kwargs: Mapping[str, Any], place: int, name: str, default: Any = None) -> Any:
    """An operator's argument, wherever it was passed."""
    return args[place] if len(args) > place else kwargs.get(name, default)


def waits(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether the host must wait for the device to run this operator on these arguments.

    A mask on the device costs a wait, since the number of its True entries is needed; a mask on the host costs
    none, and neither does filling a mask with a number (CUDA turns it into masked_fill).
    """
    if name in INDEXING:
        if "put" in name and args[2].device.type == "cpu" and args[2].numel() == 1:
            return False
        masks = [i for i in args[1] if i is not None and i.dtype in (torch.bool, torch.uint8)]
        return any(i.device.type != "cpu" for i in masks)
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    if name == "histc":  # without a range it looks for the smallest and the largest value
        return bool(argument(args, kwargs, 2, "min", 0) == argument(args, kwargs, 3, "max", 0))
    return name in SYNCHRONISING


def unordered(name: str, overload: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether CUDA has no deterministic kernel for this operator on these arguments."""
    if name in ("median", "nanmedian"):
        return overload.startswith("dim")
    if name == "bincount":
        return argument(args, kwargs, 1, "weights") is not None
    if name == "cumsum":
        return bool(args[0].is_floating_point() or args[0].is_complex())
    if name in ("scatter_reduce", "scatter_reduce_"):
        return bool(args[4] == "prod")
    return name in UNORDERED


def require_determinism(name: str, overload: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise RuntimeError for what CUDA refuses under `torch.use_deterministic_algorithms(True)`."""
    if unordered(name, overload, args, kwargs):
        raise RuntimeError(
            f"{name} does not have a deterministic implementation on CUDA, but "
            "torch.use_deterministic_algorithms(True) asks for one"
        )
    if name in MATMUL and os.environ.get("CUBLAS_WORKSPACE_CONFIG") not in (":4096:8", ":16:8"):
        raise RuntimeError(f"{name} is deterministic only if CUBLAS_WORKSPACE_CONFIG=:4096:8 is set before start")
