"""Broken session layers of ROUTE-3: descendants that stay behind, and others that go along."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import ListThreadsParams, ReadThreadParams, UnarchiveThreadParams
from threadstore.registration import REFERENCE_SESSION
from threadstore.thread_manager import ThreadManager

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Passing
from .swapped import layer, layers_in, over

_CASCADES = evolve(REFERENCE_SESSION, cascades=True)
#: Does not show a thread before there is something to show of it.
_LAZY = over(Passing, evolve(MEMORY_CAPABILITIES, lazy=True))


@layer("ROUTE-3", session=_CASCADES, made_with={"cascades": False})
class TakesNothingAlong(ThreadManager):
    """Declares that descendants go along, and leaves them."""


@layer("ROUTE-3", session=_CASCADES, part="thread_manager.descendants")
def takes_children_alone(good: Any, store: Any, root: Any, loaded: Any) -> Any:
    """Takes the children of a thread along, and not theirs."""
    return tuple(found for found in good(store, root, loaded) if _stored(store, found).parent_thread_id == root)


@layer("ROUTE-3", session=_CASCADES, part="thread_manager.descendants")
def looks_for_descendants_on_one_side(good: Any, store: Any, root: Any, loaded: Any) -> Any:
    """Takes nothing along that is below an archived thread."""
    found = [_stored(store, thread_id) for thread_id in good(store, root, loaded)]
    hidden = {thread.thread_id for thread in found if thread.archived_at is not None}
    return tuple(thread.thread_id for thread in found if not hidden & {thread.thread_id, thread.parent_thread_id})


@layer("ROUTE-3", session=_CASCADES, part="thread_manager.descendants")
def takes_forks_along(good: Any, store: Any, root: Any, loaded: Any) -> Any:
    """Takes the forks of a thread along."""
    found = good(store, root, loaded)
    stored = store.list_threads(ListThreadsParams(page_size=100, model_providers=())).items
    forks = (thread.thread_id for thread in stored if thread.forked_from_id == root and thread.thread_id not in found)
    return (*found, *forks)


@layer("ROUTE-3", session=_CASCADES, part="thread_manager.descendants", store=_LAZY)
def takes_listed_threads_alone(good: Any, store: Any, root: Any, loaded: Any) -> Any:
    """Leaves loaded descendants behind that no list shows."""
    return good(store, root, ())


@layer("ROUTE-3", session=_CASCADES)
class ArchivesFromTheTop(ThreadManager):
    """Archives a thread before what is below it, so that a failure leaves the rest behind for good."""

    def _taken_along(self, root: Any) -> Any:
        return super()._taken_along(root)[::-1]

    def archive_thread(self, params: Any) -> None:
        self._archive(params.thread_id)
        for thread_id in self._taken_along(params.thread_id):
            if _stored(self._store, thread_id).archived_at is None:
                self._archive(thread_id)


@layer("ROUTE-3", session=_CASCADES)
class ArchivesUnderLoadedDescendants(ThreadManager):
    """Leaves loaded descendants loaded that are archived along."""

    def archive_thread(self, params: Any) -> None:
        kept = {each: session for each, session in self._sessions.items() if each != params.thread_id}
        super().archive_thread(params)
        self._sessions.update(kept)


@layer("ROUTE-3", session=_CASCADES)
class UnarchivesDescendants(ThreadManager):
    """Takes descendants along when a thread is moved back."""

    def unarchive_thread(self, params: Any) -> Any:
        stored = super().unarchive_thread(params)
        listed = self._store.list_threads(ListThreadsParams(page_size=100, archived=True, model_providers=()))
        for thread in listed.items:
            if thread.parent_thread_id == params.thread_id:
                self._store.unarchive_thread(UnarchiveThreadParams(thread_id=thread.thread_id))
        return stored


@layer("ROUTE-3", session=_CASCADES)
class KeepsDescendantsOfTheDeleted(ThreadManager):
    """Deletes a thread and leaves what is below it."""

    def delete_thread(self, params: Any) -> None:
        self._delete(params.thread_id)


def _stored(store: Any, thread_id: Any) -> Any:
    return store.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))


LAYERS = layers_in(globals())
