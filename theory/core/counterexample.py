"""A counterexample as a file that anyone can replay: JSON with hex floats, and a short stand-alone script.

A counterexample file is data. Loading one imports nothing and runs nothing; the subject it names is only imported
when the reader's own command line names it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from theory.core.domain import Array, Cases, Setting

SCHEMA = 1


class CorruptFile(ValueError):
    """The file is no counterexample file; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Counterexample:
    """One refuting case with everything needed to judge it again.

    subject: how the subject was named ("ours", "adaboost/mutant/alpha-log2", "my_boost:MyBoost"). observed: label,
    relation, left, right, bound and its terms, as they were seen. libraries: versions at the time.
    """

    claim: str
    claim_version: int
    system: str
    subject: str
    seed: int
    cases: Cases
    observed: Mapping[str, str | float]
    libraries: Mapping[str, str]

    def save(self, path: Path) -> None:
        """Write the JSON file and, beside it, the stand-alone script of the same stem."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self._document(), indent=1) + "\n", encoding="utf-8")

    def _document(self) -> dict[str, Any]:
        return {
            "tollens_counterexample": SCHEMA,
            "claim": self.claim,
            "claim_version": self.claim_version,
            "system": self.system,
            "subject": self.subject,
            "seed": self.seed,
            "device": self.cases.device,
            "dtype": self.cases.dtype,
            "regime": self.cases.regime,
            "level": self.cases.level,
            "settings": dict(self.cases.settings),
            "arrays": {name: encode(value) for name, value in self.cases.arrays.items()},
            "observed": {k: float(v).hex() if isinstance(v, float) else v for k, v in self.observed.items()},
            "libraries": dict(self.libraries),
        }


def encode(array: Array) -> dict[str, Any]:
    """dtype, shape and values of an array; floats as hexadecimal strings, so that not a bit is lost."""
    flat = array.ravel().tolist()
    values = [float(v).hex() for v in flat] if array.dtype.kind == "f" else flat
    return {"dtype": array.dtype.name, "shape": list(array.shape), "values": values}


def decode(entry: Mapping[str, Any]) -> Array:
    """The array that `encode` wrote. Raises ValueError, KeyError or TypeError when it is not one."""
    dtype = np.dtype(str(entry["dtype"]))
    if dtype.kind not in "biuf":
        raise ValueError(f"dtype {dtype} is not a number")
    values = [float.fromhex(v) if dtype.kind == "f" else v for v in entry["values"]]
    return np.array(values, dtype=dtype).reshape(entry["shape"])


def load(path: Path) -> Counterexample:
    """Read a counterexample file. Raises CorruptFile with one line that says what is wrong and what would be right."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CorruptFile(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CorruptFile(f"{path}: not a JSON file ({error})") from None
    if not isinstance(document, dict) or document.get("tollens_counterexample") != SCHEMA:
        raise CorruptFile(f'{path}: not a counterexample file (expected "tollens_counterexample": {SCHEMA})')
    try:
        return _parse(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise CorruptFile(f"{path}: damaged counterexample file: {what}") from None


def _parse(document: dict[str, Any]) -> Counterexample:
    arrays = {str(name): decode(entry) for name, entry in document["arrays"].items()}
    if len({len(a) for a in arrays.values()}) > 1:
        raise ValueError("its arrays disagree about the number of lanes")
    settings: dict[str, Setting] = {}
    for name, value in document["settings"].items():
        if not isinstance(value, (int, float, str, bool)):
            raise TypeError(f"setting {name!r} is neither number nor text")
        settings[str(name)] = value
    cases = Cases(
        arrays,
        settings,
        regime=str(document["regime"]),
        dtype=str(document["dtype"]),
        device=str(document["device"]),
        level=float(document["level"]),
    )
    return Counterexample(
        claim=str(document["claim"]),
        claim_version=int(document["claim_version"]),
        system=str(document["system"]),
        subject=str(document["subject"]),
        seed=int(document["seed"]),
        cases=cases,
        observed=dict(document["observed"]),
        libraries=dict(document["libraries"]),
    )


SCRIPT = '''"""Counterexample to {claim} ({sentence})
Observed: {observed}
"""
import json, pathlib, sys
import numpy as np
sys.path.insert(0, ".")
{obtain}
case = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())
arrays = {{
    name: np.array([float.fromhex(v) if isinstance(v, str) else v for v in a["values"]], a["dtype"]).reshape(a["shape"])
    for name, a in case["arrays"].items()
}}
print("input:", arrays, case["settings"])
answer = subject.operations["{asks}"](
    arrays, case["settings"], device=case["device"], dtype=case["dtype"], seed=case["seed"]
)
for name, value in answer.items():
    print(name, "=", np.array2string(np.asarray(value), precision=17))
'''
"""The stand-alone script: it needs NumPy and the subject, and shows input and answer beside what was expected."""


def save_script(path: Path, *, claim: str, sentence: str, observed: str, obtain: str, asks: str) -> None:
    """Write the stand-alone script; `obtain` is the Python line that binds the name `subject`."""
    text = SCRIPT.format(
        claim=claim, sentence=sentence.replace('"""', "'''"), observed=observed, obtain=obtain, asks=asks
    )
    path.write_text(text, encoding="utf-8")
