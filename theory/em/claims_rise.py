"""The likelihood never falls: split into its two gains, decided in ball arithmetic, and seen as a gradient step."""

from __future__ import annotations

from theory.core.claim import Claim
from theory.em.claims_ascent import EM_05
from theory.em.claims_increment import EM_04
from theory.em.claims_monotone import EM_03

RISE_CLAIMS: tuple[Claim, ...] = (EM_04, EM_03, EM_05)
