"""Directed checks of the APPEND clauses."""

from __future__ import annotations

from threadstore_conformance.lab import Lab, clause, user_message


@clause("APPEND-1")
def test_items_come_back_in_the_order_appended(lab: Lab) -> None:
    """Ensure every item of every batch comes back once, in order."""
    thread = lab.create()
    sent = [user_message(f"message {number}") for number in range(7)]
    lab.append(thread, *sent[:3])
    lab.append(thread, sent[3])
    lab.append(thread, *sent[4:])
    assert lab.items(thread) == sent
