"""Which clause of the session layer a difference breaks: tables from (operation, where) to clause ids.

As at the store's port, what counts is what was asked, and of a thread that was only looked at, which operation
before it could have changed it.
"""

from __future__ import annotations

from typing import Any

from threadstore import ThreadId
from threadstore import manager_params as m
from threadstore import params as p
from threadstore.session_state import SessionState
from threadstore.state import State

from .compare_values import Mismatch
from .process import RestartParams

#: The clause of an operation whose own answer differs.
ANSWERS: dict[type, str] = {
    m.StartParams: "ROUTE-2",
    m.ResumeParams: "RESUME-1",
    m.ForkParams: "FORK-1",
    m.SpawnParams: "FORK-2",
    m.ListLoadedParams: "ROUTE-2",
    m.OutboundParams: "ORIG-3",
    p.AppendThreadItemsParams: "ROUTE-2",
    p.PersistThreadParams: "ROUTE-2",
    p.FlushThreadParams: "ROUTE-2",
    p.ShutdownThreadParams: "ROUTE-2",
    p.DiscardThreadParams: "ROUTE-2",
    p.UpdateThreadMetadataParams: "ROUTE-1",
    p.ArchiveThreadParams: "ROUTE-2",
    p.UnarchiveThreadParams: "ROUTE-2",
    p.DeleteThreadParams: "ROUTE-2",
    p.ReadThreadParams: "ROUTE-1",
    p.LoadThreadHistoryParams: "ROUTE-2",
    p.ListThreadsParams: "ROUTE-2",
    RestartParams: "ROUTE-2",
}

#: The clause of a field of a thread that was made or loaded, by the operation.
LOADED: dict[type, dict[str, str]] = {
    m.StartParams: {"originator": "ORIG-1", "turns": "TURN-1"},
    m.ForkParams: {
        "originator": "ORIG-1",
        "turns": "FORK-1b",
        "name": "FORK-1d",
        **dict.fromkeys(("thread_id", "session_id", "forked_from_id", "source", "thread_source"), "FORK-1"),
        **dict.fromkeys(
            ("base_instructions", "dynamic_tools", "selected_capability_roots", "multi_agent_version", "history_mode"),
            "FORK-1e",
        ),
    },
    m.SpawnParams: {"originator": "ORIG-2c", "turns": "FORK-2b"},
    m.ResumeParams: {
        "originator": "ORIG-2b",
        "turns": "TURN-1",
        **dict.fromkeys(("cwd", "model_provider", "memory_mode"), "RESUME-2"),
    },
}

#: The clause of each consumer of the originator.
CONSUMERS: dict[str, str] = {
    "responses": "ORIG-3",
    "websocket": "ORIG-3b",
    "compaction": "ORIG-3c",
    "store_creation": "ORIG-3d",
    "rollout_metadata": "ORIG-3e",
    "memory_telemetry": "ORIG-3f",
}

_FACTS = {
    **dict.fromkeys(("preview", "title", "first_user_message", "cwd"), "SYNC-1b"),
    "recency_at": "SYNC-1c",
    "updated_at": "SYNC-5",
    "name": "SYNC-2",
    "originator": "ORIG-2",
}

#: The clause of a stored thread that is seen to differ after an operation on it: of its fields, and of its history.
SIGHTS: dict[type, tuple[dict[str, str], str, str]] = {
    m.StartParams: ({"originator": "ORIG-2"}, "ORIG-2", "ORIG-2"),
    m.ResumeParams: ({"originator": "ORIG-2b"}, "RESUME-2", "RESUME-2"),
    m.ForkParams: ({"originator": "ORIG-2"}, "FORK-1d", "FORK-1"),
    m.SpawnParams: ({"originator": "ORIG-2"}, "FORK-2", "FORK-2b"),
    p.AppendThreadItemsParams: (_FACTS, "SYNC-1", "ROUTE-2"),
    p.PersistThreadParams: (_FACTS, "SYNC-1", "ROUTE-2"),
    p.FlushThreadParams: (_FACTS, "SYNC-1", "ROUTE-2"),
    p.ShutdownThreadParams: (_FACTS, "SYNC-1", "ROUTE-2"),
    p.UpdateThreadMetadataParams: ({"name": "ROUTE-1", "originator": "ORIG-2"}, "SYNC-2", "ROUTE-1"),
}


#: The clauses of this level begin so; what the store's model names of a refusal is the store's.
_LEVEL = ("ORIG-", "FORK-", "TURN-", "RESUME-", "SYNC-", "GUARD-", "ROUTE-")


def clause_of_manager(
    operation: Any,
    mismatch: Mismatch,
    state: SessionState,
    *,
    was_loaded: bool,
    cause: tuple[Any, ThreadId | None] | None,
) -> str:
    """Return the clause that a difference breaks.

    Of a look that is no part of the program, ``cause`` is the last operation that could have changed something, and the
    thread that it was about.
    """
    timed = state.variants.timed
    if cause and isinstance(operation, p.ReadThreadParams | p.LoadThreadHistoryParams):
        return clause_of_manager_sight(*cause, operation.thread_id, state.store, mismatch, timed=timed)
    own = clause_of_manager_answer(operation, mismatch.path, was_loaded=was_loaded, timed=timed)
    return mismatch.clause if mismatch.clause and mismatch.clause.startswith(_LEVEL) else own


def clause_of_manager_answer(operation: Any, path: str, *, was_loaded: bool, timed: bool) -> str:
    """Return the clause that an operation's own answer breaks at a path."""
    if isinstance(operation, m.OutboundParams):
        return "ROUTE-2" if path.startswith("error") or not path else CONSUMERS[operation.consumer]
    if isinstance(operation, m.ResumeParams) and was_loaded:
        return "RESUME-3"
    if isinstance(operation, p.ListThreadsParams) and "." in path:
        return _of_field(path.split(".")[1], timed) or ANSWERS[p.ListThreadsParams]
    own = LOADED.get(type(operation), {}).get(path.split(".")[0])
    return own or ANSWERS[type(operation)]


def _of_field(name: str, timed: bool) -> str | None:
    return "SYNC-1" if name == "updated_at" and not timed else _FACTS.get(name)


def clause_of_manager_sight(
    cause: Any, about: ThreadId | None, seen: ThreadId, state: State, mismatch: Mismatch, *, timed: bool
) -> str:
    """Return the clause that ``cause`` broke, an operation about a thread, by what a look at ``seen`` showed."""
    if about != seen:
        return "FORK-1c" if _are_kin(about, seen, state) else "ROUTE-2"
    if isinstance(cause, RestartParams) or type(cause) not in SIGHTS:
        return ANSWERS[type(cause)]
    fields, of_field, of_history = SIGHTS[type(cause)]
    if "items" in mismatch.path:
        return of_history
    name = mismatch.path.split(".")[0]
    return _of_field(name, timed) or of_field if fields is _FACTS else fields.get(name, of_field)


def _are_kin(one: ThreadId | None, other: ThreadId, state: State) -> bool:
    threads = state.threads
    sources = {key: threads[key].record.forked_from_id for key in (one, other) if key is not None and key in threads}
    return one is not None and (sources.get(other, other) == one or sources.get(one) == other)
