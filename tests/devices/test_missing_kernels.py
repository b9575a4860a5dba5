"""Operators without a kernel on CUDA or Metal: our tables are recomputed from the list which torch ships."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torchgen

from impl.core.simulated_rules import NO_CUDA_KERNEL, NO_MPS_KERNEL

OPERATOR = re.compile(r"- func: (\w+)(\.\w+)?\(")
DELEGATE = re.compile(r"  structured_delegate: ([\w.]+)")
KERNEL = re.compile(r"    ([A-Z]\w*(?:, *\w+)*):")

# Never met on dense tensors that hold numbers: other layouts, quantisation, oneDNN, training of transformers on fast
# paths which MPS does not enter, convolutions that the device computes under another name, torch's own tests.
APART = re.compile(
    r"_test_|_foobar|mkldnn|quanti|sparse|spdiags|nested|jagged|padded_dense|csr|coo|compressed|_for_cpu|int4|4bit"
    r"|_scaled_mm|_fused_(moving|sdp)|slow_conv|_transform|multi_head|_make_dep_token|_functional_assert_async"
    r"|_add_relu|from_file|narrow_copy|moving_avg|sspaddmm"
)
# An `out=` form is missing, the operator itself is there.
ELSEWHERE = {"max", "min", "std", "var", "adaptive_avg_pool3d"}


def operators() -> dict[str, tuple[set[str], str]]:
    """Per overload: the backends that torchgen's list gives it a kernel for, and whom it delegates to."""
    listing = Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml"
    found: dict[str, tuple[set[str], str]] = {}
    name = ""
    for line in listing.read_text(encoding="utf-8").splitlines():
        if match := OPERATOR.match(line):
            name = match[1] + (match[2] or "")
            found[name] = (set(), "")
        elif match := DELEGATE.match(line):
            found[name] = (found[name][0], match[1])
        elif line.startswith("  ufunc_inner_loop"):
            found[name][0].update(("CPU", "CUDA"))
        elif name and (match := KERNEL.match(line)):
            found[name][0].update(re.split(", *", match[1]))
    return found


def without_kernel(backend: str) -> set[str]:
    """Operators with a CPU kernel in some overload that has none on this backend."""
    listed = operators()
    missing = set()
    for name, (backends, delegate) in listed.items():
        kernels = listed[delegate][0] if delegate else backends
        composite = any(kernel.startswith("Composite") for kernel in kernels)
        if "CPU" in kernels and backend not in kernels and not composite:
            missing.add(name.split(".")[0])
    return {name for name in missing if not APART.search(name)} - ELSEWHERE


@pytest.mark.parametrize(("backend", "table"), [("CUDA", NO_CUDA_KERNEL), ("MPS", NO_MPS_KERNEL)])
def test_the_tables_of_missing_kernels_are_those_of_this_torch(backend: str, table: frozenset[str]) -> None:
    missing = without_kernel(backend)
    assert sorted(missing - table) == []
    assert sorted(table - missing) == []
