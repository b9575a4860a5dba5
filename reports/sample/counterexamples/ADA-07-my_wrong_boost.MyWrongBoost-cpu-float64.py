"""Counterexample to ADA-07 (The training error is at most the exponential loss, which is the product of the normalisers, which falls exponentially with the squared edges.)
Observed: Σ ln Z ≤ −2 Σ γ²: 0 > -0.055555555555555566 (beyond 4.07e-15 = Σ_m (γ(n+1) + δ²))
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
