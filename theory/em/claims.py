"""The claims that Tollens makes about EM, in the order of the source article.

Guess the hidden data (a bound that touches) → maximise with the guess → the likelihood never falls → Gaussian mixtures,
coins, hidden Markov models and latent Dirichlet allocation are the same idea.
"""

from __future__ import annotations

from theory.core.claim import Claim
from theory.em.claims_allocation import ALLOCATION_CLAIMS
from theory.em.claims_bound import BOUND_CLAIMS
from theory.em.claims_counts import COUNTS_CLAIMS
from theory.em.claims_emission import EMISSION_CLAIMS
from theory.em.claims_impossible import IMPOSSIBLE_CLAIMS
from theory.em.claims_markov import MARKOV_CLAIMS
from theory.em.claims_rate import RATE_CLAIMS
from theory.em.claims_rise import RISE_CLAIMS
from theory.em.claims_smoothed import SMOOTHED_CLAIMS
from theory.em.claims_start import START_CLAIMS
from theory.em.claims_steps import STEPS_CLAIMS
from theory.em.claims_symmetry import SYMMETRY_CLAIMS

CLAIMS: tuple[Claim, ...] = (
    *BOUND_CLAIMS,
    *STEPS_CLAIMS,
    *RISE_CLAIMS,
    *SYMMETRY_CLAIMS,
    *START_CLAIMS,
    *COUNTS_CLAIMS,
    *RATE_CLAIMS,
    *MARKOV_CLAIMS,
    *IMPOSSIBLE_CLAIMS,
    *EMISSION_CLAIMS,
    *ALLOCATION_CLAIMS,
    *SMOOTHED_CLAIMS,
)
