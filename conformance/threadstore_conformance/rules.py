"""The rules of the state machine as data: what each draws, and the operation it makes of that.

A rule draws its thread from a pool of threads in one state, and guards no error path away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st

from threadstore import GitInfoPatch, RolloutItem, ThreadMetadataPatch
from threadstore import params as p

from . import strategies as s
from .process import WaitParams
from .program import CURSOR_PREFIX, PATH_PREFIX

if TYPE_CHECKING:
    from .machine import ThreadStoreMachine

_who = st.sampled_from(s.POOLS)
_nth = st.integers(0, 3)


def _create(
    self: ThreadStoreMachine,
    who: str,
    nth: int,
    facts: Any,
    source: Any,
    parent: tuple[str, int] | None,
    via: str,
    paginated: bool,
) -> None:
    parent_id = self.thread(*parent) if parent else None
    if parent_id and via == "source":
        spawn = {"parent_thread_id": parent_id, "depth": 1, "agent_nickname": "nick", "agent_role": None}
        source = {"subagent": {"thread_spawn": spawn}}
    params = p.CreateThreadParams(
        thread_id=self.thread(who, nth),
        parent_thread_id=parent_id if via == "parent" else None,
        forked_from_id=parent_id if via == "fork" else None,
        source=source,
        history_mode="paginated" if paginated else "legacy",
        **facts,
    )
    self.run(params)


def _resume(
    self: ThreadStoreMachine, who: str, nth: int, metadata: Any, archived: bool, history: Any, path: Any
) -> None:
    thread_id = self.thread(who, nth)
    rollout_path = PATH_PREFIX + (thread_id if path == "own" else self.thread("any", nth + 1)) if path else None
    if rollout_path is not None and not self.backend.capabilities.paths:
        rollout_path = None
    params = p.ResumeThreadParams(
        thread_id=thread_id, metadata=metadata, include_archived=archived, history=history, rollout_path=rollout_path
    )
    self.run(params)


def _append(self: ThreadStoreMachine, who: str, nth: int, items: Any) -> None:
    self.last_batch = self.storable(items)
    self.run(p.AppendThreadItemsParams(thread_id=self.thread(who, nth), items=self.last_batch))


def _append_again(self: ThreadStoreMachine, who: str, nth: int) -> None:
    """Append what was appended last once more: two batches that are equal are two batches."""
    if self.last_batch:
        self.run(p.AppendThreadItemsParams(thread_id=self.thread(who, nth), items=self.last_batch))


def _append_bad(self: ThreadStoreMachine, who: str, nth: int, payload: Any, before: Any) -> None:
    items = [*before, RolloutItem("event_msg", payload)]
    self.run(p.AppendThreadItemsParams(thread_id=self.thread(who, nth), items=items))


def _append_meta(self: ThreadStoreMachine, who: str, nth: int, before: Any) -> None:
    thread_id = self.thread(who, nth)
    own = RolloutItem("session_meta", {"id": thread_id, "originator": "another"})
    self.run(p.AppendThreadItemsParams(thread_id=thread_id, items=[*before, own]))


def _persist(self: ThreadStoreMachine, who: str, nth: int) -> None:
    self.run(p.PersistThreadParams(thread_id=self.thread(who, nth)))


def _flush(self: ThreadStoreMachine, who: str, nth: int) -> None:
    self.run(p.FlushThreadParams(thread_id=self.thread(who, nth)))


def _close(self: ThreadStoreMachine, who: str, nth: int) -> None:
    self.run(p.ShutdownThreadParams(thread_id=self.thread(who, nth)))


def _discard(self: ThreadStoreMachine, who: str, nth: int) -> None:
    self.run(p.DiscardThreadParams(thread_id=self.thread(who, nth)))


def _read(self: ThreadStoreMachine, who: str, nth: int, archived: bool, history: bool) -> None:
    thread_id = self.thread(who, nth)
    params = p.ReadThreadParams(thread_id=thread_id, include_archived=archived, include_history=history)
    self.lockstep.run(params)


def _load(self: ThreadStoreMachine, who: str, nth: int, archived: bool) -> None:
    self.lockstep.run(p.LoadThreadHistoryParams(thread_id=self.thread(who, nth), include_archived=archived))


def _read_path(self: ThreadStoreMachine, who: str, nth: int, archived: bool, history: bool) -> None:
    path = PATH_PREFIX + self.thread(who, nth)
    params = p.ReadThreadByRolloutPathParams(rollout_path=path, include_archived=archived, include_history=history)
    self.lockstep.run(params)


def _patch(self: ThreadStoreMachine, who: str, nth: int, changes: Any, archived: bool) -> None:
    patch = ThreadMetadataPatch(**changes)
    self.run(p.UpdateThreadMetadataParams(thread_id=self.thread(who, nth), patch=patch, include_archived=archived))


def _patch_empty(self: ThreadStoreMachine, who: str, nth: int, git: bool) -> None:
    patch = ThreadMetadataPatch(git_info=GitInfoPatch()) if git else ThreadMetadataPatch()
    self.run(p.UpdateThreadMetadataParams(thread_id=self.thread(who, nth), patch=patch, include_archived=True))


def _patch_bad(self: ThreadStoreMachine, who: str, nth: int, changes: Any) -> None:
    patch = ThreadMetadataPatch(**changes, title="a bad patch")
    self.run(p.UpdateThreadMetadataParams(thread_id=self.thread(who, nth), patch=patch, include_archived=True))


def _patch_path(self: ThreadStoreMachine, who: str, nth: int, own: bool) -> None:
    if not self.backend.capabilities.paths:
        return
    thread_id = self.thread(who, nth)
    path = PATH_PREFIX + (thread_id if own else self.thread("any", nth + 1))
    patch = ThreadMetadataPatch(rollout_path=path, title="with a path")
    self.run(p.UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=True))


def _archive(self: ThreadStoreMachine, who: str, nth: int) -> None:
    self.run(p.ArchiveThreadParams(thread_id=self.thread(who, nth)))


def _unarchive(self: ThreadStoreMachine, who: str, nth: int) -> None:
    self.run(p.UnarchiveThreadParams(thread_id=self.thread(who, nth)))


def _delete(self: ThreadStoreMachine, who: str, nth: int) -> None:
    thread_id = self.thread(who, nth)
    self.run(p.DeleteThreadParams(thread_id=thread_id))
    if thread_id not in self._deleted:
        self._deleted.append(thread_id)


def _list(self: ThreadStoreMachine, query: Any, pages: int) -> None:
    """Ask for a page, and follow its cursor for a few more."""
    params = p.ListThreadsParams(**query)
    for _ in range(pages):
        self.lockstep.run(params)
        cursor = self.lockstep.references.last
        if cursor is None:
            break
        params = attrs.evolve(params, cursor=f"{CURSOR_PREFIX}{cursor}")


def _list_related(self: ThreadStoreMachine, query: Any, kind: str, who: str, nth: int) -> None:
    relation = s.relation(kind, self.thread(who, nth))
    self.lockstep.run(p.ListThreadsParams(**query, relation_filter=relation))


def _next_page(self: ThreadStoreMachine, nth: int, page_size: int | None, stray: Any) -> None:
    """Follow a cursor: of its own query, or, now and then, of another."""
    issued = self.lockstep.references.leading_on
    if not issued:
        return
    number = issued[-1 - nth % len(issued)]
    query = self.lockstep.references.query(number)
    changes: dict[str, Any] = {"cursor": f"{CURSOR_PREFIX}{number}"}
    if page_size:
        changes["page_size"] = page_size
    if stray:
        changes |= {name: value for name, value in stray.items() if hasattr(query, name)}
    self.lockstep.run(attrs.evolve(query, **changes))


def _search(self: ThreadStoreMachine, query: Any, term: str, nth: int, said: bool) -> None:
    """Search for a word of the list, or for the beginning of something that was said; look at the next page too."""
    kept = ("sort_key", "sort_direction", "archived", "page_size", "allowed_sources")
    query = {name: value for name, value in query.items() if name in kept}
    texts = [text for text in self.said() if text] if said else []
    if texts:
        # The shorter, the more threads it finds, and the more pages.
        term = texts[-1 - nth % len(texts)][: 1 + nth % 3]
        query["page_size"] = min(query["page_size"], 1 + nth)
    params = p.SearchThreadsParams(search_term=term, **query)
    self.lockstep.run(params)
    cursor = self.lockstep.references.last
    if cursor is not None:
        self.lockstep.run(attrs.evolve(params, cursor=f"{CURSOR_PREFIX}{cursor}"))


def _bad_id(self: ThreadStoreMachine, bad: Any, which: int) -> None:
    made: list[Callable[[], p.Operation]] = [
        lambda: p.CreateThreadParams(thread_id=bad, originator="x"),
        lambda: p.CreateThreadParams(thread_id=self.thread("fresh", 0), originator="x", session_id=bad or "bad"),
        lambda: p.ReadThreadParams(thread_id=bad),
        lambda: p.DeleteThreadParams(thread_id=bad),
        lambda: p.ArchiveThreadParams(thread_id=bad),
        lambda: p.DiscardThreadParams(thread_id=bad),
        lambda: p.UpdateThreadMetadataParams(thread_id=bad, patch=ThreadMetadataPatch(title="x")),
        lambda: p.ListThreadsParams(relation_filter=s.relation("descendants_of", bad)),
    ]
    if which == 7 and not self.backend.capabilities.relations:
        which = 0
    self.lockstep.run(made[which]())


def _bad_cursor(self: ThreadStoreMachine, query: Any, cursor: str) -> None:
    self.lockstep.run(p.ListThreadsParams(**query, cursor=cursor))


def _bad_page_size(self: ThreadStoreMachine, query: Any, size: int) -> None:
    self.lockstep.run(p.ListThreadsParams(**{**query, "page_size": size}))


def _reserved(self: ThreadStoreMachine, who: str, nth: int, turns: bool) -> None:
    capabilities = self.backend.capabilities
    if capabilities.turns if turns else capabilities.items:
        return  # declared, and without semantics in this version: there is nothing to compare
    cls = p.ListTurnsParams if turns else p.ListItemsParams
    self.lockstep.run(cls(thread_id=self.thread(who, nth)))


def _default_mode(self: ThreadStoreMachine) -> None:
    self.lockstep.run(p.DefaultHistoryModeParams())


def _wait(self: ThreadStoreMachine, milliseconds: int) -> None:
    self.lockstep.run(WaitParams(milliseconds=milliseconds))


def _observe(self: ThreadStoreMachine) -> None:
    self.lockstep.observe()


_one = {"who": _who, "nth": _nth}
_path = st.sampled_from((None, None, "own", "other"))
_rare = st.sampled_from((False, False, False, False, False, False, False, True))

#: Every rule: its name, what it does, and what it draws.
RULES: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "create": (_create, {
        "who": st.sampled_from(("fresh", "fresh", "fresh", "fresh", *s.POOLS)), "nth": _nth,
        "facts": s.creation_facts, "source": st.sampled_from(s.SOURCES),
        "parent": st.one_of(st.none(), st.tuples(_who, _nth)),
        "via": st.sampled_from(("parent", "source", "fork")), "paginated": _rare,
    }),
    "resume": (_resume, {
        **_one, "metadata": s.metadata, "archived": st.booleans(),
        "history": st.one_of(st.none(), s.batches), "path": _path,
    }),
    "append": (_append, {"who": st.sampled_from(("live", "live", "hidden", *s.POOLS)), "nth": _nth,
                         "items": s.batches}),
    "append_again": (_append_again, _one),
    "append_bad": (_append_bad, {**_one, "payload": st.sampled_from(s.BAD_ITEMS), "before": s.batches}),
    "append_meta": (_append_meta, {**_one, "before": s.batches}),
    "persist": (_persist, _one),
    "flush": (_flush, _one),
    "close": (_close, _one),
    "discard": (_discard, _one),
    "read": (_read, {**_one, "archived": st.booleans(), "history": st.booleans()}),
    "load": (_load, {**_one, "archived": st.booleans()}),
    "read_path": (_read_path, {**_one, "archived": st.booleans(), "history": st.booleans()}),
    "patch": (_patch, {**_one, "changes": s.patch_changes, "archived": st.booleans()}),
    "patch_empty": (_patch_empty, {**_one, "git": st.booleans()}),
    "patch_path": (_patch_path, {**_one, "own": st.booleans()}),
    "patch_bad": (_patch_bad, {**_one, "changes": st.sampled_from(s.BAD_PATCHES)}),
    "archive": (_archive, _one),
    "unarchive": (_unarchive, _one),
    "delete": (_delete, _one),
    "list": (_list, {"query": s.queries, "pages": st.sampled_from((5, 1, 2))}),
    "list_related": (_list_related, {
        "query": s.plain_queries, "kind": s.relations, "nth": _nth,
        "who": st.sampled_from((*("parent",) * 6, *s.POOLS)),
    }),
    "next_page": (_next_page, {
        "nth": _nth, "page_size": st.sampled_from((None, None, 1, 2, 50)),
        "stray": st.sampled_from((*(None,) * 24, *s.STRAYS)),
    }),
    "search": (_search, {
        "query": s.queries, "term": s.search_terms, "nth": _nth, "said": st.sampled_from((True, True, False)),
    }),
    "bad_id": (_bad_id, {"bad": st.sampled_from(s.BAD_IDS), "which": st.integers(0, 7)}),
    "bad_cursor": (_bad_cursor, {"query": s.queries, "cursor": st.sampled_from(s.BAD_CURSORS)}),
    "bad_page_size": (_bad_page_size, {"query": s.queries, "size": st.sampled_from((0, -1, 2**70))}),
    "reserved": (_reserved, {**_one, "turns": st.booleans()}),
    "default_mode": (_default_mode, {}),
    "wait": (_wait, {"milliseconds": st.sampled_from((0, 1, 999, 5_000))}),
    "observe": (_observe, {}),
}  # fmt: skip

#: What each focus runs; the rules that make and fill threads are always among them.
FOCUS: dict[str, frozenset[str]] = {
    "life": frozenset({"resume", "close", "discard", "delete"}),
    "append": frozenset({"append_again", "append_bad", "close", "resume"}),
    "patch": frozenset({"patch", "patch_bad", "archive"}),
    "archive": frozenset({"archive", "unarchive", "list", "next_page", "delete"}),
    "listing": frozenset({"list", "next_page", "patch", "archive", "unarchive", "wait"}),
    "relations": frozenset({"list_related", "archive", "delete"}),
    "search": frozenset({"search", "next_page", "archive", "delete"}),
    "input": frozenset({"append_bad", "patch_bad", "bad_id", "bad_cursor", "bad_page_size"}),
}
_ALWAYS = frozenset({"create", "append", "persist"})


#: How many times over a rule is among those that are drawn from; once when not named.
WEIGHTS = {
    "create": 2, "append": 3, "resume": 2, "patch": 3, "list": 3, "list_related": 2, "next_page": 3, "search": 3,
    "archive": 2, "unarchive": 2,
}  # fmt: skip


def rules_of(focus: str | None) -> frozenset[str]:
    """Return the rules that a focus runs: all of them without one."""
    return frozenset(RULES) if focus is None else FOCUS[focus] | _ALWAYS
