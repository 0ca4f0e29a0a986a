"""The model as a graph: states that operations lead to, each judged once and known from then on.

Running every program means asking the model the same question again and again. A *node* is a state with its open
values bound as some store chose them; an *edge* is an operation there, the outcome that conforms, an answer that was
judged to conform, and the node that it leads to. A store that gives the same answer again is on the same edge; one
that gives another is judged anew, and goes its own way.
"""

from __future__ import annotations

from typing import Any

import attrs
from attrs import define, field

from threadstore import Operation, StoredThread
from threadstore.model import bind, step
from threadstore.outcomes import Outcome
from threadstore.state import State, Thread

from ..compare import Answer, Mismatch, Raised, Returned, judge
from ..values import copied

_RECORD = tuple(a.name for a in attrs.fields(StoredThread))


@define(eq=False)
class Edge:
    """An operation in a state: what conforms, and one answer that did."""

    outcome: Outcome
    accepted: Answer
    node: Node

    def takes(self, answer: Answer) -> bool:
        """Tell whether an answer is the one that was judged before."""
        known = self.accepted
        if type(answer) is not type(known):
            return False
        if isinstance(answer, Raised):
            return isinstance(known, Raised) and answer.error == known.error
        return isinstance(known, Returned) and bool(answer.value == known.value)


@define(eq=False)
class Node:
    """A state of the model."""

    state: State
    edges: dict[int, Edge] = field(factory=dict)


@define
class Graph:
    """The nodes that were reached so far, each once."""

    _nodes: dict[Any, Node] = field(factory=dict)

    def node(self, state: State) -> Node:
        """Return the node of a state, however it was reached."""
        key = signature(state)
        return self._nodes.get(key) or self._nodes.setdefault(key, Node(state))

    def follow(self, node: Node, number: int, operation: Operation, answer: Answer) -> Node | Mismatch:
        """Return the node that an operation leads to, or how the answer does not conform.

        ``number`` is the operation's own: two with one number are the same operation.
        """
        known = node.edges.get(number)
        if known is not None and known.takes(answer):
            return known.node
        state, outcome = step(node.state, operation)
        verdict = judge(outcome, answer)
        if isinstance(verdict, Mismatch):
            return verdict
        for name, value in verdict.bindings:
            state = bind(state, name, copied(value))
        after = self.node(state)
        if known is None:
            kept = Returned(copied(answer.value)) if isinstance(answer, Returned) else answer
            node.edges[number] = Edge(outcome, kept, after)
        return after


def signature(state: State) -> Any:
    """Return what tells one state from another: everything but the count of changes."""
    return tuple(sorted((thread_id, _signature_of(thread)) for thread_id, thread in state.threads.items()))


def _signature_of(thread: Thread) -> Any:
    record = thread.record
    fields = tuple(repr(getattr(record, name)) for name in _RECORD)
    return fields, tuple(repr(item.payload) for item in thread.history), thread.live, thread.visible
