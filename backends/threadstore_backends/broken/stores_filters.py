"""Mutants of LIST-5 to LIST-7: threads that are shown and should not be, or the other way round."""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve

from threadstore import (
    ListThreadsParams,
    StoredThread,
    ThreadPage,
    check_fields,
)

from .passing import Mutant, Passing, mutant
from .stores_listing import Relisting


class DropsAFilterInCompany(Passing):
    """Ignores the directories when sources are given too."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        if params.allowed_sources and params.cwd_filters:
            params = evolve(params, cwd_filters=None)
        return self.good.list_threads(params)


class FiltersByTheCreation(Relisting):
    """Filters by the provider that a thread was created with."""

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.__dict__.setdefault("providers", {})[params.thread_id] = params.metadata.model_provider

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        providers = self.__dict__.get("providers", {})
        threads = super().walk(evolve(params, model_providers=None))
        return [t for t in threads if not params.model_providers or providers[t.thread_id] in params.model_providers]


class ComparesKindsOfSources(Relisting):
    """Compares a source that is an object by its first member's name."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        threads = super().walk(evolve(params, allowed_sources=()))
        kinds = [_kind(source) for source in params.allowed_sources]
        return [thread for thread in threads if not kinds or _kind(thread.source) in kinds]


class TakesNoProvidersForNone(Passing):
    """Shows nothing for an empty list of providers."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        none = params.model_providers is not None and not params.model_providers
        return ThreadPage(()) if none else self.good.list_threads(params)


class FoldsProviders(Relisting):
    """Compares providers in any letter case."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        threads = super().walk(evolve(params, model_providers=None))
        asked = [provider.casefold() for provider in params.model_providers or ()]
        return [thread for thread in threads if not asked or thread.model_provider.casefold() in asked]


class TakesNoDirectoriesForAll(Passing):
    """Shows every thread for an empty list of directories."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, cwd_filters=params.cwd_filters or None))


class TakesADirectoryForItsTree(Relisting):
    """Shows the threads below a directory too."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        threads = super().walk(evolve(params, cwd_filters=None))
        cwds = params.cwd_filters
        return [t for t in threads if cwds is None or any((t.cwd or "").startswith(cwd) for cwd in cwds)]


class LooksAtNamesAlone(Relisting):
    """Looks for a term in names, not in previews."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        return [thread for thread in super().walk(params) if (params.search_term or "") in (thread.name or "")]


class TakesATermForAPattern(Relisting):
    """Takes % and _ in a term for wildcards."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        threads = super().walk(evolve(params, search_term=None))
        term = re.escape(params.search_term or "").replace("%", ".*").replace("_", ".")
        return [t for t in threads if re.search(term, f"{t.name or ''}\n{t.preview}", re.DOTALL)]


class TrimsTheTerm(Passing):
    """Removes white space around a term."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, search_term=(params.search_term or "").strip()))


class StopsAtChildren(Passing):
    """Takes descendants for children."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        if params.relation_filter:
            relation = evolve(params.relation_filter, kind="direct_children_of")
            params = evolve(params, relation_filter=relation)
        return self.good.list_threads(params)


class StopsAtTheOtherSide(Relisting):
    """Follows descendants through the threads of one side alone."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        threads = super().walk(params)
        relation = params.relation_filter
        if relation is None or relation.kind == "direct_children_of":
            return threads
        shown = {thread.thread_id for thread in threads} | {relation.thread_id}
        return [thread for thread in threads if thread.parent_thread_id in shown]


class CountsTheAncestorIn(Relisting):
    """Lists the thread named when it is its own descendant."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        threads = super().walk(params)
        relation = params.relation_filter
        own = self.peek(relation.thread_id) if relation else None
        if own and own.parent_thread_id in {thread.thread_id for thread in threads} | {own.thread_id}:
            threads.append(own)
        return threads


class LagsInTheIndex(Relisting):
    """Leaves out the newest thread when the index alone is asked."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        newest = max(threads, key=lambda thread: thread.created_at, default=None)
        return [t for t in threads if t is not newest] if params.use_state_db_only and len(threads) > 1 else threads


def _kind(source: Any) -> Any:
    return ("object", next(iter(source), None)) if isinstance(source, dict) else source


MUTANTS: tuple[Mutant, ...] = (
    mutant(DropsAFilterInCompany, "LIST-5"),
    mutant(FiltersByTheCreation, "LIST-5"),
    mutant(ComparesKindsOfSources, "LIST-5a"),
    mutant(TakesNoProvidersForNone, "LIST-5b"),
    mutant(FoldsProviders, "LIST-5b"),
    mutant(TakesNoDirectoriesForAll, "LIST-5c"),
    mutant(TakesADirectoryForItsTree, "LIST-5c"),
    mutant(LooksAtNamesAlone, "LIST-5d"),
    mutant(TakesATermForAPattern, "LIST-5d"),
    mutant(TrimsTheTerm, "LIST-5d"),
    mutant(StopsAtChildren, "LIST-6"),
    mutant(StopsAtTheOtherSide, "LIST-6"),
    mutant(CountsTheAncestorIn, "LIST-6"),
    mutant(LagsInTheIndex, "LIST-7", issue="openai/codex#30517"),
)
