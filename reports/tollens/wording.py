"""Numbers and lists as a reader wants them: short, exact where it matters, in plain text that can be copied."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tollens.evidence import Number

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW_SPACE = "\u202f"

VERDICTS = {
    "stands": "stands", "refuted": "refuted", "error": "error", "vacuous": "vacuous",
    "not-applicable": "not applicable", "skipped": "skipped",
}  # fmt: skip
SIMULATED = "simulated: device rules checked, numbers are the CPU's"


def short(value: Number | None, digits: int = 3) -> str:
    """A number to a few significant digits: 0.23, 12.5, 1.2 × 10⁻¹⁵, ∞; a dash where nothing was measured."""
    if value is None:
        return "–"
    x = float(value)
    if not math.isfinite(x):
        return _special(x)
    if x == 0:
        return "0"
    if x == int(x) and abs(x) < 1e6:
        return count(int(x))
    if 1e-3 <= abs(x) < 1e6:
        return _trimmed(f"{x:.{max(0, digits - 1 - math.floor(math.log10(abs(x))))}f}").replace("-", "−")
    mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
    mantissa = _trimmed(mantissa)
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return power if mantissa == "1" else f"{mantissa} × {power}".replace("-", "−")


def exact(value: Any) -> str:
    """A number of a counterexample, with every digit it needs to be typed in again."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {"inf": "∞", "-inf": "−∞", "nan": "NaN"}.get(str(value), str(value))
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text


def pair(left: Number, right: Number) -> tuple[str, str]:
    """Two sides of a comparison: short where they differ plainly, every digit where they differ far down."""
    a, b = float(left), float(right)
    if math.isfinite(a) and math.isfinite(b) and abs(a - b) < 1e-3 * max(abs(a), abs(b)):
        return exact(left), exact(right)
    return short(left, 6), short(right, 6)


def count(value: int) -> str:
    """A whole number with its thousands set apart by a narrow space."""
    return f"{value:,}".replace(",", _NARROW_SPACE).replace("-", "−")


def duration(seconds: float) -> str:
    """0.8 s, 93 s, 12 min, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """1 claim, 2 claims."""
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def listing(items: Iterable[str], most: int = 6) -> str:
    """A, B and C; what goes beyond `most` is counted."""
    names = list(items)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def cell(row: Any) -> str:
    """Where a verdict was reached: "cpu float64", "cuda → cpu float32" when another device answered."""
    asked, used = row["device_asked"], row["device_used"]
    return f"{asked if asked == used or not used else f'{asked} → {used}'} {row['dtype']}".strip()


def _trimmed(decimal: str) -> str:
    return decimal.rstrip("0").rstrip(".") if "." in decimal else decimal


def _special(x: float) -> str:
    return "NaN" if math.isnan(x) else ("∞" if x > 0 else "−∞")
