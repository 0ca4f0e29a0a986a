"""The model as a graph: states that operations lead to, each judged once and known from then on.

Running every program means asking the model the same question again and again. A *node* is a state with its open
values bound as some store chose them; an *edge* is an operation there, an answer that was judged to conform, and the
node that it leads to. A store that gives the same answer again is on the same edge; one that gives another, if only by
the type of a number, is judged anew, and goes its own way.
"""

from __future__ import annotations

from typing import Any

import attrs
from attrs import define, field

from threadstore import Operation, StoredThread
from threadstore.model import bind, step
from threadstore.state import State, Thread

from ..compare import Answer, judge
from ..compare_values import Mismatch
from ..values import copied
from .known import Knows, same_as

_RECORD = tuple(a.name for a in attrs.fields(StoredThread))


@define(eq=False)
class Edge:
    """An operation in a state: what knows an answer that was judged to conform, and where it led."""

    knows: Knows
    node: Node


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
        if known is not None and known.knows(answer):
            return known.node
        state, outcome = step(node.state, operation)
        verdict = judge(outcome, answer)
        if isinstance(verdict, Mismatch):
            return verdict
        for name, value in verdict.bindings:
            state = bind(state, name, copied(value))
        after = self.node(state)
        if known is None:
            node.edges[number] = Edge(same_as(copied(answer)), after)
        return after


def signature(state: State) -> Any:
    """Return what tells one state from another: all but the counts of changes, which matter to cursors alone.

    Programs here take no cursors.
    """
    return tuple(sorted((thread_id, _signature_of(thread)) for thread_id, thread in state.threads.items()))


def _signature_of(thread: Thread) -> Any:
    record = thread.record
    fields = tuple(repr(getattr(record, name)) for name in _RECORD)
    items = tuple((item.type, repr(item.payload)) for item in thread.history)
    return fields, items, thread.history_mode, thread.live, thread.visible
