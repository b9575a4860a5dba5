"""Popular false statements about optimal transport. Each check states the myth as if it were true."""

from __future__ import annotations

from theory.core.claim import Myth
from theory.transport.myths_closed import CLOSED_MYTHS
from theory.transport.myths_critic import CRITIC_MYTHS
from theory.transport.myths_entropic import ENTROPIC_MYTHS
from theory.transport.myths_linear import LINEAR_MYTHS

MYTHS: tuple[Myth, ...] = tuple(
    sorted(
        (*LINEAR_MYTHS, *CLOSED_MYTHS, *ENTROPIC_MYTHS, *CRITIC_MYTHS), key=lambda myth: int(myth.id.rpartition("M")[2])
    )
)
