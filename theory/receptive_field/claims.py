"""The claims of the system, in the order of their ids."""

from __future__ import annotations

from theory.receptive_field.claims_geometry import GEOMETRY_CLAIMS
from theory.receptive_field.claims_graphs import GRAPH_CLAIMS
from theory.receptive_field.claims_support import SUPPORT_CLAIMS

CLAIMS = tuple(sorted((*GEOMETRY_CLAIMS, *SUPPORT_CLAIMS, *GRAPH_CLAIMS), key=lambda claim: claim.id))
