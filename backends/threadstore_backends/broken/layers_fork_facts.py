"""Broken session layers of FORK-1d and FORK-1e: forks that say what was said of their source, or forget it."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import AppendThreadItemsParams, ReadThreadParams, ThreadMetadataPatch, UpdateThreadMetadataParams
from threadstore.fork import session_metas
from threadstore.live_thread import LiveThread
from threadstore.registration import REFERENCE_SESSION
from threadstore.thread_manager import ThreadManager

from .swapped import layer, layers_in

_NAMES = evolve(REFERENCE_SESSION, fork_copies_name=True)


@layer("FORK-1d", made_with={"fork_copies_name": True})
class CopiesNamesUnasked(ThreadManager):
    """Gives a fork its source's name, and does not declare it."""


@layer("FORK-1d", session=_NAMES, made_with={"fork_copies_name": False})
class CopiesNoNames(ThreadManager):
    """Declares that a fork has its source's name, and gives it none."""


@layer("FORK-1d", session=_NAMES)
class CopiesNamesOfLoadedThreads(ThreadManager):
    """Gives a fork its source's name when the source is loaded alone."""

    def _stored(self, thread_id: Any) -> Any:
        stored = super()._stored(thread_id)
        return stored if thread_id in self._sessions else evolve(stored, name=None)


@layer("FORK-1d", session=_NAMES)
class CopiesNamesAsTheyWereLoaded(ThreadManager):
    """Gives a fork the name that its source had when it was loaded."""

    def _stored(self, thread_id: Any) -> Any:
        stored = super()._stored(thread_id)
        session = self._sessions.get(thread_id)
        return evolve(stored, name=session.thread.name) if session else stored


class _Copying(ThreadManager):
    """Patches a fork with what its source is stored with."""

    fields: tuple[str, ...] = ()

    def fork_thread(self, params: Any) -> Any:
        fork = super().fork_thread(params)
        if not fork.ephemeral:
            stored = self._store.read_thread(ReadThreadParams(thread_id=params.thread_id, include_archived=True))
            facts = {name: getattr(stored, name) for name in self.fields if getattr(stored, name) is not None}
            patch = UpdateThreadMetadataParams(thread_id=fork.thread_id, patch=ThreadMetadataPatch(**facts))
            self._store.update_thread_metadata(patch)
        return fork


@layer("FORK-1d")
class CopiesPatches(_Copying):
    """Gives a fork the title and preview that its source was patched with."""

    fields = ("title", "preview")


@layer("FORK-1d")
class CopiesTheMemoryMode(_Copying):
    """Gives a fork the memory mode of its source."""

    fields = ("memory_mode",)


@layer("FORK-1d")
class CopiesTheDirectory(_Copying):
    """Gives a fork the working directory of its source."""

    fields = ("cwd",)


@layer("FORK-1d")
class CopiesTheCreation(_Copying):
    """Gives a fork the time at which its source was created."""

    fields = ("created_at",)


@layer("FORK-1d", part="thread_manager.LiveThread")
class ObservesNoCopies(LiveThread):
    """Does not observe what is appended in one go with a session_meta, as copies are."""

    def append_items(self, items: Any) -> None:
        if not any(item.type == "session_meta" for item in items):
            super().append_items(items)
            return
        self._store.append_items(AppendThreadItemsParams(thread_id=self.thread_id, items=items))
        self.turns.observe(items)


@layer("FORK-1e", part="thread_manager.inherited")
def asks_the_first_session_meta_alone(good: Any, items: Any) -> Any:
    """Takes instructions and tools from the first copied session_meta or not at all."""
    first = next(session_metas(items), None)
    return evolve(
        good(items),
        base_instructions=first and first.base_instructions,
        dynamic_tools=first.dynamic_tools if first else (),
    )


@layer("FORK-1e", part="thread_manager.inherited")
def takes_the_first_version(good: Any, items: Any) -> Any:
    """Takes the multi-agent version of the first copied session_meta that has one."""
    versions = [meta.multi_agent_version for meta in session_metas(items) if meta.multi_agent_version]
    return evolve(good(items), multi_agent_version=versions[0]) if versions else good(items)


@layer("FORK-1e", part="fork.version_of_contexts")
def asks_no_turn_context(good: Any, items: Any) -> Any:
    """Does not look for a multi-agent version in turn contexts."""


@layer("FORK-1e", part="fork.version_of_contexts")
def asks_the_first_turn_context(good: Any, items: Any) -> Any:
    """Takes the multi-agent version of the first turn context that has one."""
    return next((told for told in (good([item]) for item in items) if told is not None), None)


@layer("FORK-1e", part="thread_manager.inherited")
def takes_the_last_capability_roots(good: Any, items: Any) -> Any:
    """Takes the capability roots of the last copied session_meta."""
    metas = [*session_metas(items)]
    return evolve(good(items), selected_capability_roots=metas[-1].selected_capability_roots) if metas else good(items)


@layer("FORK-1e", part="loaded._first_given")
def prefers_what_was_copied(good: Any, *givers: Any) -> Any:
    """Prefers what the copied items say to what the caller gives."""
    return good(*reversed(givers))


@layer("FORK-1e", part="thread_manager.create_params")
def writes_no_inheritance(good: Any, thread: Any) -> Any:
    """Writes what a fork inherits nowhere, and has it only while the fork is loaded."""
    params = good(thread)
    return evolve(params, base_instructions=None, dynamic_tools=()) if thread.forked_from_id else params


@layer("FORK-1e", part="loaded._first_given")
def takes_empty_lists_for_given(good: Any, *givers: Any) -> Any:
    """Takes an empty list of tools that the caller gives for the tools that a fork has."""
    return {**good(*givers), "dynamic_tools": givers[0].dynamic_tools}


LAYERS = layers_in(globals())
