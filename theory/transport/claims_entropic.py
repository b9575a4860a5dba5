"""The claims about entropic transport, in the order in which they rest on each other."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.transport.claims_bias import OT_15
from theory.transport.claims_contraction import OT_14
from theory.transport.claims_debiasing import OT_16
from theory.transport.claims_envelope import OT_31
from theory.transport.claims_sinkhorn import OT_13

ENTROPIC_CLAIMS: tuple[Claim, ...] = (OT_13, OT_15, OT_14, OT_16, OT_31)
