"""Which claims must refute which mistake in weight decay."""

from __future__ import annotations

DECAY_KILLERS: dict[str, tuple[str, ...]] = {
    "sgd-without-decay": ("REG-17",),
    "sgd-decay-doubled": ("REG-17",),
    "sgd-decay-outside-velocity": ("REG-17",),
    "sgd-damped": ("REG-17",),
    "sgd-nesterov": ("REG-17",),
    "sgdw-without-rate": ("REG-17",),
    "sgdw-shrinks-after": ("REG-17",),
    "sgdw-coupled": ("REG-17",),
    "adam-decoupled": ("REG-22",),
    "adam-without-correction": ("REG-22",),
    "adam-second-uncorrected": ("REG-22",),
    "adam-correction-late": ("REG-22",),
    "adam-epsilon-inside": ("REG-22",),
    "adam-epsilon-uncorrected": ("REG-22",),
    "adam-without-root": ("REG-22",),
    "adam-decay-in-first-moment": ("REG-22",),
    "adam-betas-swapped": ("REG-22",),
    "adamw-coupled": ("REG-22",),
    "adamw-without-rate": ("REG-22",),
    "adamw-without-decay": ("REG-22",),
    "adamw-shrinks-after": ("REG-22",),
    "adamw-scaled-decay": ("REG-22",),
    "adamw-sign-decay": ("REG-22",),
}
