"""The claims that Tollens makes about optimal transport, in the order of the source article.

Cost → transport plan → primal programme → dual programme → weak duality → Farkas → strong duality → c-transform →
1-Lipschitz form → critic; what rests on the chain comes after the link that it rests on.
"""

from __future__ import annotations

from theory.core.claim import Claim
from theory.transport.claims_closed import CLOSED_CLAIMS
from theory.transport.claims_critic import CRITIC_CLAIMS
from theory.transport.claims_dual import DUAL_CLAIMS
from theory.transport.claims_entropic import ENTROPIC_CLAIMS
from theory.transport.claims_linear import LINEAR_CLAIMS

CLAIMS: tuple[Claim, ...] = (*LINEAR_CLAIMS, *DUAL_CLAIMS, *CRITIC_CLAIMS, *CLOSED_CLAIMS, *ENTROPIC_CLAIMS)
