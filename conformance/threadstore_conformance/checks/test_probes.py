"""Directed checks of LIFE-8: history modes, and what a store says that it does not offer.

A probe runs where the operation is not declared. The store must name it, and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from threadstore import (
    ListItemsParams,
    ListThreadsParams,
    ListTurnsParams,
    Operation,
    ReadThreadByRolloutPathParams,
    RolloutItem,
    SearchThreadsParams,
    ThreadId,
    ThreadRelationFilter,
    Unsupported,
)
from threadstore_conformance.lab import MISSING, UNSUPPORTED, Lab, clause, user_message

from .comparing import Look, changed_look, look
from .verbs import archive, flush, reading

_RELATIONS: tuple[Literal["direct_children_of", "descendants_of"], ...] = ("direct_children_of", "descendants_of")


@clause("LIFE-8")
def test_the_default_history_mode_is_constant_and_creatable(lab: Lab) -> None:
    """Ensure it answers the same before and after a thread is made with it."""
    mode = lab.store.default_history_mode()
    thread = lab.create(history_mode=mode)
    assert mode == lab.read(thread).history_mode
    archive(lab, thread)
    assert mode == lab.store.default_history_mode(), "default_history_mode must always give the same answer"


@clause("LIFE-8")
def test_the_default_history_mode_is_one_that_is_declared(lab: Lab) -> None:
    """Ensure it is legacy unless paginated is declared."""
    modes = ("legacy", "paginated") if lab.capabilities.paginated else ("legacy",)
    actual = lab.store.default_history_mode()
    assert actual in modes, f"default_history_mode must be one of {modes}, is {actual!r}"


@clause("LIFE-8")
def test_a_threads_history_mode_is_that_of_its_first_session_meta(lab: Lab) -> None:
    """Ensure the session_meta of another thread, appended later, changes no history mode."""
    thread = lab.create()
    meta = {"id": lab.new_id(), "originator": "another", "history_mode": "paginated"}
    lab.append(thread, RolloutItem("session_meta", meta))
    flush(lab, thread)
    assert lab.history(thread)[0].payload.get("history_mode", "legacy") == "legacy"
    actual = lab.read(thread).history_mode
    assert actual == "legacy", f"another thread's session_meta made this thread {actual}"


@clause("LIFE-8")
def test_a_paginated_thread_is_created_where_declared_and_else_unsupported(lab: Lab) -> None:
    """Ensure create of a paginated thread works, or is refused by its name and leaves nothing."""
    params = lab.creation(history_mode="paginated")
    if lab.capabilities.paginated:
        lab.create(params.thread_id, history_mode="paginated")
        assert lab.read(params.thread_id).history_mode == "paginated"
        return
    _assert_unsupported(lab, params, "paginated_threads")
    lab.refused(reading(params.thread_id), MISSING)
    lab.create(params.thread_id)
    assert lab.read(params.thread_id).history_mode == "legacy"


@clause("LIFE-8")
def test_what_is_not_declared_is_unsupported_by_its_name(lab: Lab) -> None:
    """Ensure each optional operation that is not declared answers Unsupported with the spec's name for it."""
    for thread in _threads(lab):
        for name, operation in _undeclared(lab, thread):
            _assert_unsupported(lab, operation, name)


@clause("LIFE-8")
def test_an_unsupported_operation_changes_nothing(lab: Lab) -> None:
    """Ensure threads and listings are the same after every probe, and a writer is still open."""
    threads = _threads(lab)
    before, listed = _looks(lab, threads), (lab.listed(), lab.listed(archived=True))
    for thread in threads:
        for name, operation in _undeclared(lab, thread):
            lab.refused(operation, UNSUPPORTED)
            for old, new in zip(before, _looks(lab, threads), strict=True):
                differences = changed_look(old, new)
                assert differences == {}, f"{name}, which is unsupported, changed {differences}"
    after = lab.listed(), lab.listed(archived=True)
    assert listed == after, f"probes changed the listings from {listed} to {after}"
    lab.append(threads[0], user_message("the writer is still open"))


def _threads(lab: Lab) -> list[ThreadId]:
    """Return an active and an archived thread that listings show."""
    threads = [lab.create() for _ in range(2)]
    for thread in threads:
        lab.append(thread, user_message("said"))
        lab.patch(thread, preview="said", name="named")
        flush(lab, thread)
    archive(lab, threads[1])
    return threads


def _looks(lab: Lab, threads: list[ThreadId]) -> list[Look]:
    return [look(lab, thread) for thread in threads]


def _undeclared(lab: Lab, thread: ThreadId) -> Iterator[tuple[str, Operation]]:
    """Yield the operations that this store does not declare, with the name that its refusal must carry."""
    declared = lab.capabilities
    if not declared.paths:
        for path in ("sessions/rollout.jsonl", "/nowhere/rollout.jsonl", "../x", "", thread):
            yield "read_thread_by_rollout_path", ReadThreadByRolloutPathParams(rollout_path=path)
            whole = ReadThreadByRolloutPathParams(rollout_path=path, include_archived=True, include_history=True)
            yield "read_thread_by_rollout_path", whole
    if not declared.relations:
        for kind in _RELATIONS:
            relation = ThreadRelationFilter(kind=kind, thread_id=thread)
            yield "relation_filter", ListThreadsParams(relation_filter=relation)
            yield "relation_filter", ListThreadsParams(relation_filter=relation, archived=True, page_size=1)
    if not declared.search:
        for archived in (False, True):
            yield "thread/search", SearchThreadsParams(search_term="said", archived=archived)
    if not declared.turns:
        yield "list_turns", ListTurnsParams(thread_id=thread, include_archived=True)
    if not declared.items:
        yield "list_items", ListItemsParams(thread_id=thread, include_archived=True)


def _assert_unsupported(lab: Lab, operation: Operation, name: str) -> None:
    error = lab.refused(operation, UNSUPPORTED)
    actual = error.operation if isinstance(error, Unsupported) else None
    assert actual == name, f"the error must carry the operation's name {name!r}, it carries {actual!r}"
