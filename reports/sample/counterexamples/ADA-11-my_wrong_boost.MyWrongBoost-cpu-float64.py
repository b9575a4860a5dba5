"""Counterexample to ADA-11 (The weighted share of training examples with a normalised margin of at most theta is bounded by a product over the rounds.)
Observed: P[margin ≤ an observed margin]: 1 > 0.88888888888888884 (beyond 1.91e-14 = (Σ_m (γ(5n+24) + 8u|α|) + γ(m+2) Σ|α|) × right side)
"""
import json, pathlib, sys
import numpy as np
sys.path.insert(0, ".")
from impl.catalogue import resolve
subject = resolve("my_wrong_boost:MyWrongBoost", "adaboost")
case = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())
arrays = {
    name: np.array([float.fromhex(v) if isinstance(v, str) else v for v in a["values"]], a["dtype"]).reshape(a["shape"])
    for name, a in case["arrays"].items()
}
print("input:", arrays, case["settings"])
answer = subject.operations["fit_discrete"](
    arrays, case["settings"], device=case["device"], dtype=case["dtype"], seed=case["seed"]
)
for name, value in answer.items():
    print(name, "=", np.array2string(np.asarray(value), precision=17))
