"""The state machine: generated programs over all operations, in lockstep with the model.

Every rule draws its thread from a pool of threads in one state, and none guards an error path away: a refusal is
compared like any answer. After each operation that could have changed a thread that thread is read again, and at
the end of a program everything observable is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from threadstore import (
    AppendThreadItemsParams,
    Backend,
    CreateThreadParams,
    Operation,
    RolloutItem,
    ThreadId,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
)  # fmt: skip
from threadstore.model_listing import visible_content

from .drawn import DrawnMachine, drawn_beginning, drawn_rules
from .homes import close_store, fresh_home, open_store
from .lockstep import Lockstep
from .process import WaitParams
from .results import Run
from .rules import RULES, WEIGHTS, rules_of
from .strategies import beginnings


class ThreadStoreMachine(DrawnMachine):
    """What the rules share: the store, the model beside it, and the threads by state."""

    backend: Backend
    lockstep: Lockstep

    def __init__(self) -> None:
        super().__init__()
        home = self.opened.enter_context(fresh_home(self.backend))
        store = open_store(self.backend, home, self.clock)
        self.opened.callback(close_store, store)
        self.lockstep = Lockstep(store, self.backend.capabilities, self.suite_run.tallies["store"], clock=self.clock)
        self._ids = 0
        self._deleted: list[ThreadId] = []
        #: What was appended last.
        self.last_batch: Sequence[RolloutItem] = ()

    def thread(self, who: str, nth: int) -> ThreadId:
        """Return the nth thread of a pool, of all threads when it is empty, or one never seen."""
        pool = self._pool(who) or ([] if who == "fresh" else self._pool("any"))
        if not pool:
            # A number drawn high takes an id that was asked for before and never made, if there is one.
            if nth == 3 and self._unmade():
                return self._unmade()[-1]
            self._ids += 1
            return self._id(self._ids)
        return pool[-1 - nth % len(pool)]

    def storable(self, items: Sequence[RolloutItem]) -> Sequence[RolloutItem]:
        """Return items as this store promises to keep them: of typed ones, members that every type knows."""
        if not self.backend.capabilities.typed_items:
            return items
        said = ("user_message", "agent_message")
        return [
            RolloutItem(item.type, {name: item.payload[name] for name in ("type", "message")})
            for item in items
            if item.payload.get("type") in said
        ]

    def said(self) -> list[str]:
        """Return what people said in the threads of this store, by the model."""
        threads = self.lockstep.state.threads.values()
        return [text for thread in threads for text in visible_content(thread.history)]

    def _id(self, number: int) -> ThreadId:
        return str(UUID(int=0x01900000_0000_7000_8000_000000000000 + number))

    def _unmade(self) -> list[ThreadId]:
        known = self.lockstep.state.threads
        ids = (self._id(number) for number in range(1, self._ids + 1))
        return [thread_id for thread_id in ids if thread_id not in known]

    def _pool(self, who: str) -> list[ThreadId]:
        threads = self.lockstep.state.threads
        if who == "deleted":
            return self._deleted
        if who == "any":
            return list(threads)
        states: dict[str, Callable[[Any], bool]] = {
            "live": lambda thread: thread.live and thread.visible,
            "closed": lambda thread: not thread.live and not thread.archived,
            "archived": lambda thread: thread.archived,
            "hidden": lambda thread: not thread.visible,
            "parent": lambda thread: any(
                each.record.parent_thread_id == thread.record.thread_id for each in threads.values()
            ),
            "fresh": lambda thread: False,
        }
        return [thread_id for thread_id, thread in threads.items() if states[who](thread)]

    def prepare(self, beginnings: list[dict[str, Any]]) -> None:
        """Make the threads that a program begins with."""
        made: list[ThreadId] = []
        for beginning in beginnings:
            thread_id = self.thread("fresh", 0)
            parent = made[-1 - beginning["parent"] % len(made)] if made and beginning["parent"] is not None else None
            made.append(thread_id)
            self.run(CreateThreadParams(thread_id=thread_id, parent_thread_id=parent, **beginning["facts"]))
            if beginning["items"]:
                self.run(AppendThreadItemsParams(thread_id=thread_id, items=self.storable(beginning["items"])))
            if beginning["changes"]:
                patch = ThreadMetadataPatch(**beginning["changes"])
                self.run(UpdateThreadMetadataParams(thread_id=thread_id, patch=patch))
            for then in beginning["then"]:
                self.run(then(thread_id=thread_id))

    def run(self, operation: Operation | WaitParams) -> None:
        """Run an operation in lockstep, and look at the thread it was about."""
        self.lockstep.run(operation)
        self.lockstep.look_at_thread_of(operation)


def store_machine(backend: Backend, focus: str | None = None, suite_run: Run | None = None) -> type[ThreadStoreMachine]:
    """Return the machine that judges a backend."""
    rules = drawn_rules(RULES, rules_of(focus), WEIGHTS)
    rules["prepare"] = drawn_beginning(ThreadStoreMachine.prepare, beginnings=beginnings)
    shared = {"backend": backend, "suite_run": suite_run or Run(), "completed": [0]}
    return type("StoreMachine", (ThreadStoreMachine,), {**rules, **shared})


def empty_machine(focus: str | None = None) -> type[RuleBasedStateMachine]:
    """Return a machine that draws what `store_machine` draws, and does nothing: what Hypothesis itself costs."""
    rules = drawn_rules(RULES, rules_of(focus), WEIGHTS, _nothing)
    rules["prepare"] = drawn_beginning(_nothing, beginnings=beginnings)
    return type("EmptyMachine", (RuleBasedStateMachine,), rules)


def _nothing(machine: RuleBasedStateMachine, **drawn: Any) -> None:
    pass
