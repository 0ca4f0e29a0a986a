"""The session machine: generated programs over a manager, in lockstep with the session model, restarts among them.

Every rule draws its thread from a pool of threads in one state, and none guards an error path away. After each
operation the threads that it was about are looked at, and at the end of a program everything observable is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from threadstore import (
    AppendThreadItemsParams,
    ListThreadsParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
)
from threadstore.manager_params import StartParams
from threadstore.session_history import cut_after

from .discovery import Registered
from .drawn import DrawnMachine, drawn_beginning, drawn_rules
from .process import RestartParams, fresh_process
from .products import asked_of, unasked_in
from .results import Run
from .session_lockstep import SessionLockstep
from .session_rules import RULES, WEIGHTS, next_page, rules_of
from .session_strategies import OVERRIDES, beginnings, turn_items


class SessionMachine(DrawnMachine):
    """What the rules share: the manager, the model beside it, and the threads by state."""

    backend: Registered
    lockstep: SessionLockstep

    def __init__(self) -> None:
        super().__init__()
        self.process = self.opened.enter_context(fresh_process(self.backend, self.clock))
        self.lockstep = SessionLockstep(
            self.process, self.clock, self.suite_run.tallies["manager"], expected=self.suite_run.expected
        )
        self._turns = 0
        self._fresh = 0

    def thread(self, who: str, nth: int) -> ThreadId:
        """Return the nth thread of a pool, of all threads when it is empty, or one never made."""
        pool = [] if who == "fresh" else self._pool(who) or self.lockstep.made
        if not pool:
            self._fresh += 1
            return str(UUID(int=0x01900000_0000_7000_B000_000000000000 + self._fresh))
        return pool[-1 - nth % len(pool)]

    def items(self, batch: Any) -> list[RolloutItem]:
        """Return the items of a drawn batch: its turns, each with an id of its own, and what stands between."""
        items: list[RolloutItem] = []
        for part in batch:
            if isinstance(part, dict):
                self._turns += 1
                items += turn_items(part, f"turn-{self._turns}")
            else:
                items += part
        return items

    def history(self, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
        """Return a thread's items after its own SessionMeta, by the model."""
        thread = self.lockstep.state.store.threads.get(thread_id)
        return tuple(thread.history)[1:] if thread else ()

    def turn_ids(self, thread_id: ThreadId) -> list[str]:
        """Return the ids of the turns that a thread's history tells of, those that can be forked after last."""
        items = self.history(thread_id)
        told = [item.payload.get("turn_id") for item in items]
        known = dict.fromkeys(turn_id for turn_id in told if isinstance(turn_id, str))
        return sorted(known, key=lambda turn_id: cut_after(items, turn_id) is not None)

    def prepare(self, override: str | None, beginnings: list[dict[str, Any]]) -> None:
        """Start the process as drawn, and make the threads that a program begins with."""
        if override is not None and self.process.can_restart:
            self.run(RestartParams(environment_override=override))
        for beginning in beginnings:
            self.run(StartParams(**beginning["facts"]))
            if not self.lockstep.made:
                return
            thread_id = self.lockstep.made[-1]
            self.run(AppendThreadItemsParams(thread_id=thread_id, items=self.items(beginning["batch"])))
            if beginning["changes"]:
                patch = ThreadMetadataPatch(**beginning["changes"])
                self.run(UpdateThreadMetadataParams(thread_id=thread_id, patch=patch))
            if beginning["close"]:
                self.run(ShutdownThreadParams(thread_id=thread_id))

    def run(self, operation: Any) -> None:
        """Run an operation in lockstep, and look at the threads it was about."""
        asked = asked_of(self.backend, operation)
        self.lockstep.tally.unasked.update(unasked_in(operation, asked))
        if asked is not None:
            self.lockstep.run(self.lockstep.names.named(asked))
            self.lockstep.look_at_thread_of(asked)

    def walk(self, query: ListThreadsParams) -> None:
        """Follow a listing for a few pages."""
        for _ in range(3):
            self.run(query)
            number = self.lockstep.references.last
            if number is None:
                return
            query = next_page(query, number)

    def _pool(self, who: str) -> list[ThreadId]:
        state = self.lockstep.state
        threads, loaded = state.store.threads, state.loaded
        states: dict[str, Callable[[ThreadId], bool]] = {
            "loaded": lambda each: each in loaded,
            "ephemeral": lambda each: each in loaded and loaded[each].loaded.ephemeral,
            "cold": lambda each: each in threads and each not in loaded,
            "archived": lambda each: each in threads and threads[each].archived,
            "shelved": lambda each: each in loaded and each in threads and threads[each].archived,
            "deleted": lambda each: each not in threads and each not in loaded,
            "any": lambda each: True,
        }
        return [thread_id for thread_id in self.lockstep.made if states[who](thread_id)]


def session_machine(
    backend: Registered, focus: str | None = None, suite_run: Run | None = None
) -> type[SessionMachine]:
    """Return the machine that judges a backend's session layer."""
    rules = drawn_rules(RULES, rules_of(focus), WEIGHTS)
    rules["prepare"] = drawn_beginning(
        SessionMachine.prepare, override=st.sampled_from(OVERRIDES), beginnings=beginnings
    )
    shared = {"backend": backend, "suite_run": suite_run or Run(), "completed": [0]}
    return type("SessionMachine", (SessionMachine,), {**rules, **shared})
