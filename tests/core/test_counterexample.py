from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from theory.core.counterexample import CorruptFile, Counterexample, decode, encode, load
from theory.core.domain import Cases


def example(**arrays: np.ndarray) -> Counterexample:
    cases = Cases(arrays or {"x": np.array([[0.1]])}, {"rounds": 2, "mode": "reweight"}, dtype="float32", device="sim")
    observed: dict[str, str | float] = {"label": "sum", "relation": "=", "left": 0.1, "right": math.inf, "terms": "u"}
    return Counterexample("TOY-01", 3, "sums", "evil_module:Evil", 17, cases, observed, {"numpy": np.__version__})


@given(
    hnp.arrays(
        hnp.floating_dtypes(sizes=(32, 64), endianness="="), hnp.array_shapes(max_dims=3), elements=st.floats(width=32)
    )
)
def test_floats_keep_every_bit(array: np.ndarray) -> None:
    again = decode(json.loads(json.dumps(encode(array))))

    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype


@given(hnp.arrays(st.sampled_from([np.int64, np.bool_, np.uint8]), hnp.array_shapes(max_dims=2)))
def test_integers_and_booleans_come_back(array: np.ndarray) -> None:
    np.testing.assert_array_equal(decode(json.loads(json.dumps(encode(array)))), array)


def test_a_saved_counterexample_loads_as_it_was(tmp_path: Path) -> None:
    made = example(x=np.array([[0.1, -0.0]]), y=np.array([[1, -1]]))
    made.save(tmp_path / "c.json")

    again = load(tmp_path / "c.json")

    assert (again.claim, again.claim_version, again.subject, again.seed) == ("TOY-01", 3, "evil_module:Evil", 17)
    assert (again.cases.device, again.cases.dtype, again.cases.settings) == ("sim", "float32", made.cases.settings)
    np.testing.assert_array_equal(again.cases["x"], made.cases["x"])


def test_loading_imports_nothing_that_the_file_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    example().save(tmp_path / "c.json")

    load(tmp_path / "c.json")

    assert "evil_module" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a JSON file"),
        ("[]", "not a counterexample file"),
        ('{"tollens_counterexample": 99}', "not a counterexample file"),
        ('{"tollens_counterexample": 1}', "'arrays' is missing"),
    ],
)
def test_a_damaged_file_is_one_line_that_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)

    with pytest.raises(CorruptFile, match=message) as caught:
        load(path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "object"}, "is not a number"),
        ({"shape": [7, 7]}, "cannot reshape"),
        ({"values": ["0x1.zz"]}, "invalid hexadecimal"),
        ({"values": [["0x1p0"]]}, "damaged"),
    ],
)
def test_a_damaged_array_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "c.json"
    example().save(path)
    document = json.loads(path.read_text())
    document["arrays"]["x"] |= change
    path.write_text(json.dumps(document))

    with pytest.raises(CorruptFile, match=message):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptFile, match=r"nowhere\.json: no such file"):
        load(tmp_path / "nowhere.json")
