"""Counterexample to ADA-08 (The vote is the exact line search of the exponential loss along the chosen hypothesis.)
Observed: d/da loss at α: 0.33333333333333343 ≠ 0 (beyond 5.21e-15 = γ(2n+8) + 4u|α| + γ(12) of the oracle)
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
