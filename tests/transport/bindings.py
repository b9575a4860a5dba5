"""Which claims must refute which mutant."""

from __future__ import annotations

from tests.transport.bindings_closed import CLOSED_KILLERS
from tests.transport.bindings_critic import CRITIC_KILLERS
from tests.transport.bindings_entropic import ENTROPIC_KILLERS
from tests.transport.bindings_linear import LINEAR_KILLERS

KILLERS: dict[str, tuple[str, ...]] = {**LINEAR_KILLERS, **CLOSED_KILLERS, **ENTROPIC_KILLERS, **CRITIC_KILLERS}
