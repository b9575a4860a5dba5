"""Counterexample to ADA-10 (Among all distributions under which the last hypothesis is worthless, the new weights are nearest to the old ones in relative entropy, at distance minus the logarithm of the normaliser.)
Observed: Σ D_{m+1} y h: -0.33333333333333348 ≠ 0 (beyond 8.19e-15 = γ(3n+16) + 4u|α|)
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
