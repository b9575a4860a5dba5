"""Our optimal transport as a subject. Formulas are arguments, so that a mutant is one line."""

from __future__ import annotations

from impl.core.subject import Subject
from impl.transport.asked.closed import CLOSED, Closed, closed_operations
from impl.transport.asked.critic import CRITIC, Critic, critic_operations
from impl.transport.asked.entropic import ENTROPIC, Entropic, entropic_operations
from impl.transport.asked.linear import LINEAR, Linear, linear_operations


def subject(
    name: str,
    *,
    linear: Linear = LINEAR,
    closed: Closed = CLOSED,
    entropic: Entropic = ENTROPIC,
    critic: Critic = CRITIC,
) -> Subject:
    """Optimal transport with these formulas, as a subject that answers every operation of the port."""
    operations = {
        **linear_operations(linear),
        **closed_operations(closed),
        **entropic_operations(entropic),
        **critic_operations(critic),
    }
    return Subject(name, "transport", operations, version="0.1.0", house=True)


SUBJECT = subject("ours")
