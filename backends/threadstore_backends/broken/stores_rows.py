"""Mutants of LIST-1 to LIST-7: listings that are right until one looks at a certain thread, or in a certain way."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import UNSET, ListThreadsParams, StoredThread, ThreadPage, check_fields

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Mutant, Passing, mutant
from .stores_listing import Relisting


class CutsPreviews(Relisting):
    """Shows no more than two hundred characters of a preview in listings."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        return [evolve(thread, preview=thread.preview[:200]) for thread in threads]


class WelcomesTheNew(Passing):
    """Lists a thread of its own making while there is none."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        if self.good._threads or params.archived:
            return page
        own: dict[str, Any] = {"created_at": 0, "updated_at": 0, "recency_at": 0, "cli_version": "", "originator": ""}
        thread_id = "01900000-0000-7000-8000-0000000000ff"
        return ThreadPage((StoredThread(thread_id=thread_id, model_provider="", source="cli", cwd=None, **own),))


class HidesItsOwnParents(Relisting):
    """Lists no thread that is its own parent."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        return [thread for thread in threads if thread.parent_thread_id != thread.thread_id]


class OrdersTheArchivedByFormerTimes(Relisting):
    """Orders archived threads by the created_at that they were archived with."""

    def update_thread_metadata(self, params: Any) -> Any:
        before = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        after = self.good.update_thread_metadata(params)
        if before and before.archived_at is not None and params.patch.created_at is not UNSET:
            self.__dict__.setdefault("former", {}).setdefault(params.thread_id, before.created_at)
        return after

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        if not params.archived or params.sort_key != "created_at":
            return threads
        former, descending = self.__dict__.get("former", {}), params.sort_direction == "desc"
        return sorted(threads, key=lambda t: (former.get(t.thread_id, t.created_at), t.thread_id), reverse=descending)


class OrdersTermsByUpdate(Passing):
    """Orders by updated_at, whatever is asked, where a term is given."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, sort_key="updated_at") if params.search_term else params)


class LeadsOnFromZero(Relisting):
    """Answers page size 0 with an empty page and a cursor."""

    def empty(self) -> ThreadPage:
        return ThreadPage((), "more")


class FollowsTheHidden(Passing):
    """Follows descendants through hidden threads."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        children = self.good._index._children
        hidden = [thread for thread in self.good._threads.values() if not thread.visible]
        named = [(thread.fields["parent_thread_id"], thread.thread_id) for thread in hidden]
        for parent, thread_id in named:
            children.setdefault(parent, set()).add(thread_id)
        try:
            return self.good.list_threads(params)
        finally:
            for parent, thread_id in named:
                children[parent].discard(thread_id)


class IndexesNoArchive(Passing):
    """Answers with an empty page when the index alone is asked for archived threads."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        none = params.use_state_db_only and params.archived
        return ThreadPage(()) if none else self.good.list_threads(params)


MUTANTS: tuple[Mutant, ...] = (
    mutant(CutsPreviews, "LIST-1"),
    mutant(WelcomesTheNew, "LIST-1"),
    mutant(HidesItsOwnParents, "LIST-1"),
    mutant(OrdersTheArchivedByFormerTimes, "LIST-2"),
    mutant(OrdersTermsByUpdate, "LIST-2"),
    mutant(LeadsOnFromZero, "LIST-4"),
    mutant(FollowsTheHidden, "LIST-6", declared=evolve(MEMORY_CAPABILITIES, lazy=True)),
    mutant(IndexesNoArchive, "LIST-7"),
)
