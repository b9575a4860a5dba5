"""Counterexample to ADA-05 (A round divides the weights of the mistakes by twice the error and the others by twice the accuracy: no exponential is needed.)
Observed: D_{m+1}: 0.66666666666666674 ≠ 0.5 (beyond 2.49e-15 = (γ(3n+16) + 4u|α|) D_{m+1})
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
