"""Which claims must refute which mutant of folds and neighbours."""

from __future__ import annotations

RESAMPLING_KILLERS: dict[str, tuple[str, ...]] = {
    "folds-drop-the-remainder": ("OV-13",),
    "folds-remainder-last": ("OV-13",),
    "folds-larger-last": ("OV-13",),
    "folds-with-replacement": ("OV-13",),
    "folds-not-shuffled": ("OV-26",),
    "test-rows-in-training": ("OV-13", "OV-27", "OV-22"),
    "trains-on-the-next-fold": ("OV-13", "OV-22"),
    "stratified-blocks": ("OV-27",),
    "stratified-from-the-first": ("OV-27",),
    "stratified-ignores-labels": ("OV-27",),
    "stratified-not-shuffled": ("OV-32",),
    "validates-on-training-rows": ("OV-22",),
    "validates-with-scaled-penalty": ("OV-22",),
    "validation-error-summed": ("OV-22",),
    "expanded-distances": ("OV-14",),
    "manhattan-distances": ("OV-25",),
    "one-coordinate": ("OV-14", "OV-25"),
    "farthest-neighbours": ("OV-14", "OV-25"),
    "nearest-left-out": ("OV-14", "OV-25"),
    "nearest-decides": ("OV-25",),
    "mean-of-labels": ("OV-25",),
    "highest-of-equals": ("OV-25",),
}
