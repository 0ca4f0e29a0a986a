"""The rules of the session machine as data: what each draws, and the operation it makes of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st

from threadstore import ThreadMetadataPatch, ThreadRelationFilter
from threadstore import manager_params as m
from threadstore import params as p
from threadstore.session import CONSUMERS
from threadstore.session_history import user_messages

from . import session_strategies as s
from .process import RestartParams, WaitParams
from .products import kills
from .program import CURSOR_PREFIX, PATH_PREFIX

if TYPE_CHECKING:
    from .session_machine import SessionMachine

_who = st.sampled_from(s.POOLS)
_nth = st.integers(0, 3)


def _start(self: SessionMachine, facts: Any, kin: Any, ephemeral: bool) -> None:
    related: dict[str, Any] = {}
    if kin:
        how, who, nth = kin
        parent = self.thread(who, nth)
        spawn = {"parent_thread_id": parent, "depth": 1, "agent_nickname": "nick", "agent_role": None}
        given = {"source": {"subagent": {"thread_spawn": spawn}}, "parent_thread_id": parent, "forked_from_id": parent}
        related = {how: given[how]}
    self.run(m.StartParams(**facts, **related, ephemeral=ephemeral))


def _resume(self: SessionMachine, who: str, nth: int, metadata: Any, archived: bool, path: str | None) -> None:
    thread_id = self.thread(who, nth)
    rollout_path = None
    if path and self.backend.capabilities.paths:
        rollout_path = PATH_PREFIX + (thread_id if path == "own" else self.thread("any", nth + 1))
    params = m.ResumeParams(
        thread_id=thread_id, rollout_path=rollout_path, metadata=metadata, include_archived=archived
    )
    self.run(params)


def _fork(self: SessionMachine, who: str, nth: int, cut: str, place: int, facts: Any, ephemeral: bool) -> None:
    source = self.thread(who, nth)
    more: dict[str, Any] = {}
    if cut == "before_user_message":
        more = {"nth": place % (len(user_messages(self.history(source))) + 2)}
    elif cut == "after_turn":
        turns = self.turn_ids(source)
        more = {"turn_id": turns[-1 - place % len(turns)] if turns else "no such turn"}
    self.run(m.ForkParams(thread_id=source, cut=cut, **more, **facts, ephemeral=ephemeral))  # type: ignore[arg-type]


def _spawn(
    self: SessionMachine, who: str, nth: int, mode: str, last: int, metadata: Any, service: Any, agent: Any
) -> None:
    spawner = self.thread(who, nth)
    params = m.SpawnParams(
        thread_id=spawner,
        mode=mode,  # type: ignore[arg-type]
        last=last % (len(user_messages(self.history(spawner))) + 2) if mode == "last_turns" else 0,
        service_name=service,
        metadata=metadata,
        **agent,
    )
    self.run(params)


def _append(self: SessionMachine, who: str, nth: int, batch: Any, settle: bool) -> None:
    thread_id = self.thread(who, nth)
    self.run(p.AppendThreadItemsParams(thread_id=thread_id, items=self.items(batch)))
    if settle and self.backend.session.writers:
        self.run(p.FlushThreadParams(thread_id=thread_id))


def _append_bad(self: SessionMachine, who: str, nth: int, batch: Any) -> None:
    bad = [*self.items(batch), *self.items([(s.BAD_ITEM,)])]
    self.run(p.AppendThreadItemsParams(thread_id=self.thread(who, nth), items=bad))


def _persist(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.PersistThreadParams(thread_id=self.thread(who, nth)))


def _flush(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.FlushThreadParams(thread_id=self.thread(who, nth)))


def _close(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.ShutdownThreadParams(thread_id=self.thread(who, nth)))


def _discard(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.DiscardThreadParams(thread_id=self.thread(who, nth)))


def _patch(self: SessionMachine, who: str, nth: int, changes: Any, archived: bool) -> None:
    patch = ThreadMetadataPatch(**changes)
    self.run(p.UpdateThreadMetadataParams(thread_id=self.thread(who, nth), patch=patch, include_archived=archived))


def _patch_odd(self: SessionMachine, who: str, nth: int, changes: Any) -> None:
    patch = ThreadMetadataPatch(**changes)
    self.run(p.UpdateThreadMetadataParams(thread_id=self.thread(who, nth), patch=patch, include_archived=True))


def _archive(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.ArchiveThreadParams(thread_id=self.thread(who, nth)))


def _unarchive(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.UnarchiveThreadParams(thread_id=self.thread(who, nth)))


def _delete(self: SessionMachine, who: str, nth: int) -> None:
    self.run(p.DeleteThreadParams(thread_id=self.thread(who, nth)))


def _read(self: SessionMachine, who: str, nth: int, archived: bool, history: bool) -> None:
    thread_id = self.thread(who, nth)
    self.run(p.ReadThreadParams(thread_id=thread_id, include_archived=archived, include_history=history))


def _list(self: SessionMachine, key: str, direction: str, archived: bool, size: int) -> None:
    query = p.ListThreadsParams(
        page_size=size,
        sort_key=key,  # type: ignore[arg-type]
        sort_direction=direction,  # type: ignore[arg-type]
        archived=archived,
    )
    self.walk(query)


def _list_related(self: SessionMachine, who: str, nth: int, kind: Any, archived: bool) -> None:
    if self.backend.capabilities.relations:
        relation = ThreadRelationFilter(kind=kind, thread_id=self.thread(who, nth))
        self.run(p.ListThreadsParams(page_size=50, archived=archived, relation_filter=relation))


def _list_loaded(self: SessionMachine) -> None:
    self.run(m.ListLoadedParams())


def _outbound(self: SessionMachine, who: str, nth: int, consumer: Any) -> None:
    """Ask what a consumer is sent for two threads in turn, as one process serves both."""
    if getattr(self.backend.session, consumer):
        for place in (nth, nth + 1, nth):
            self.run(m.OutboundParams(thread_id=self.thread(who, place), consumer=consumer))


def _restart(self: SessionMachine, override: Any, default: str, metadata: Any, resumed: int, killed: bool) -> None:
    """Start the process again, and go on with some of the threads that it had."""
    if self.process.can_restart:
        killed = killed and kills(self.backend)
        self.run(RestartParams(environment_override=override, default_originator=default, killed=killed))
        for thread_id in self.lockstep.made[-resumed:] if resumed else ():
            self.run(m.ResumeParams(thread_id=thread_id, metadata=metadata, include_archived=True))


def _wait(self: SessionMachine, milliseconds: int) -> None:
    self.run(WaitParams(milliseconds=milliseconds))


def _observe(self: SessionMachine) -> None:
    self.lockstep.observe()


_one = {"who": _who, "nth": _nth}
_mostly_loaded = st.sampled_from(("loaded",) * 12 + s.POOLS)
_rare = st.sampled_from((False,) * 7 + (True,))
_kin = st.one_of(
    st.none(), st.none(), st.tuples(st.sampled_from(("source", "parent_thread_id", "forked_from_id")), _who, _nth)
)

#: Every rule: its name, what it does, and what it draws.
RULES: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "start": (_start, {"facts": s.facts, "kin": _kin, "ephemeral": _rare}),
    "resume": (_resume, {
        "who": st.sampled_from(("cold",) * 5 + ("archived",) * 2 + s.POOLS), "nth": _nth, "metadata": s.metadata,
        "archived": st.booleans(), "path": st.sampled_from((None, None, None, None, None, "own", "other")),
    }),
    "fork": (_fork, {
        "who": _mostly_loaded, "nth": _nth, "place": st.integers(0, 5), "facts": s.facts, "ephemeral": _rare,
        "cut": st.sampled_from(("whole", "before_user_message", "before_user_message", "after_turn", "interrupted")),
    }),
    "spawn": (_spawn, {
        "who": _mostly_loaded, "nth": _nth, "last": st.integers(0, 5), "agent": s.agents, "metadata": s.metadata,
        "mode": st.sampled_from(("new", "full_history", "last_turns", "last_turns")),
        "service": st.sampled_from(s.SERVICE_NAMES),
    }),
    "append": (_append, {"who": _mostly_loaded, "nth": _nth, "batch": s.batches, "settle": st.booleans()}),
    "append_bad": (_append_bad, {"who": _mostly_loaded, "nth": _nth, "batch": s.batches}),
    "persist": (_persist, {"who": _mostly_loaded, "nth": _nth}),
    "flush": (_flush, {"who": _mostly_loaded, "nth": _nth}),
    "close": (_close, {"who": _mostly_loaded, "nth": _nth}),
    "discard": (_discard, _one),
    "patch": (_patch, {**_one, "changes": s.patches, "archived": st.booleans()}),
    "patch_odd": (_patch_odd, {**_one, "changes": st.sampled_from(s.ODD_PATCHES)}),
    "archive": (_archive, _one),
    "unarchive": (_unarchive, {"who": st.sampled_from(("archived",) * 4 + ("shelved",) * 3 + s.POOLS), "nth": _nth}),
    "delete": (_delete, _one),
    "read": (_read, {**_one, "archived": st.booleans(), "history": st.booleans()}),
    "list": (_list, {
        "key": st.sampled_from(("created_at", "updated_at", "recency_at")), "size": st.sampled_from((1, 2, 50)),
        "direction": st.sampled_from(("asc", "desc")), "archived": st.sampled_from((False, False, True)),
    }),
    "list_related": (_list_related, {
        **_one, "kind": st.sampled_from(("direct_children_of", "descendants_of")), "archived": _rare,
    }),
    "list_loaded": (_list_loaded, {}),
    "outbound": (_outbound, {"who": _mostly_loaded, "nth": _nth, "consumer": st.sampled_from(CONSUMERS)}),
    "restart": (_restart, {
        "override": st.sampled_from(s.OVERRIDES), "default": st.sampled_from(s.DEFAULTS), "metadata": s.metadata,
        "resumed": st.integers(0, 3), "killed": st.booleans(),
    }),
    "wait": (_wait, {"milliseconds": st.sampled_from((0, 1, 999, 4_999, 5_000))}),
    "observe": (_observe, {}),
}  # fmt: skip

#: What each focus runs; the rules that make and fill threads are always among them.
FOCUS: dict[str, frozenset[str]] = {
    "originator": frozenset({"resume", "fork", "spawn", "close", "restart", "outbound"}),
    "forks": frozenset({"fork", "spawn", "resume", "list_related"}),
    "resuming": frozenset({"resume", "close", "restart", "patch", "archive", "unarchive"}),
    "facts": frozenset({"flush", "patch", "wait", "close", "resume", "read"}),
    "routing": frozenset({"patch", "patch_odd", "archive", "unarchive", "delete", "discard", "close", "list_loaded"}),
}
_ALWAYS = frozenset({"start", "append"})

#: How many times over a rule is among those that are drawn from; once when not named.
WEIGHTS = {
    "start": 2,
    "append": 5,
    "resume": 3,
    "fork": 3,
    "spawn": 2,
    "patch": 2,
    "close": 2,
    "outbound": 2,
    "restart": 2,
}


def rules_of(focus: str | None) -> frozenset[str]:
    """Return the rules that a focus runs: all of them without one."""
    return frozenset(RULES) if focus is None else FOCUS[focus] | _ALWAYS


def next_page(query: p.ListThreadsParams, number: int) -> p.ListThreadsParams:
    """Return the query of a page's successor."""
    return attrs.evolve(query, cursor=f"{CURSOR_PREFIX}{number}")
