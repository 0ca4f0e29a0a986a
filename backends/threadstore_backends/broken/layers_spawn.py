"""Broken session layers of FORK-2: sub-agents that do not know where they belong, or were told the wrong things."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import InvalidRequest, ReadThreadParams, RolloutItem, ThreadMetadataPatch, UpdateThreadMetadataParams
from threadstore.fork import _filtered, _last_turns, cut
from threadstore.manager_params import ForkParams
from threadstore.thread_manager import ThreadManager

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Passing
from .swapped import layer, layers_in, over

_LAZY = evolve(MEMORY_CAPABILITIES, lazy=True)


def _spawn_of(thread: Any) -> dict[str, Any]:
    spawn: dict[str, Any] = thread.source["subagent"]["thread_spawn"]
    return spawn


def _with_spawn(thread: Any, spawn: dict[str, Any]) -> Any:
    return evolve(thread, source={"subagent": {"thread_spawn": spawn}})


@layer("FORK-2", part="thread_manager.spawned")
def begins_a_session_for_each_sub_agent(good: Any, thread_id: Any, *given: Any, **more: Any) -> Any:
    """Gives a sub-agent a session of its own."""
    return evolve(good(thread_id, *given, **more), session_id=thread_id)


@layer("FORK-2", part="thread_manager.spawned")
def names_the_spawner_as_session(good: Any, thread_id: Any, params: Any, *given: Any, **more: Any) -> Any:
    """Gives the sub-agent of a sub-agent its spawner's id as session_id."""
    return evolve(good(thread_id, params, *given, **more), session_id=params.thread_id)


@layer("FORK-2", part="thread_manager.spawned")
def counts_no_depth(good: Any, *given: Any, **more: Any) -> Any:
    """Places every sub-agent at depth 1."""
    thread = good(*given, **more)
    return _with_spawn(thread, {**_spawn_of(thread), "depth": 1})


@layer("FORK-2", part="thread_manager.spawned")
def leaves_out_what_is_null(good: Any, *given: Any, **more: Any) -> Any:
    """Leaves out of the source what the caller did not give."""
    thread = good(*given, **more)
    return _with_spawn(thread, {name: value for name, value in _spawn_of(thread).items() if value is not None})


@layer("FORK-2", part="thread_manager.spawned")
def new_sub_agents_are_forks(good: Any, thread_id: Any, params: Any, *given: Any, **more: Any) -> Any:
    """Names the spawner as source of a sub-agent that copied nothing."""
    return evolve(good(thread_id, params, *given, **more), forked_from_id=params.thread_id)


@layer("FORK-2", part="thread_manager.spawned")
def last_turns_are_no_fork(good: Any, thread_id: Any, params: Any, *given: Any, **more: Any) -> Any:
    """Names no source of a sub-agent with the last turns."""
    thread = good(thread_id, params, *given, **more)
    return evolve(thread, forked_from_id=None) if params.mode == "last_turns" else thread


@layer("FORK-2", part="thread_manager.spawned")
def sub_agents_belong_to_users(good: Any, *given: Any, **more: Any) -> Any:
    """Says of a sub-agent that a user asked for it."""
    return evolve(good(*given, **more), thread_source="user")


@layer("FORK-2", part="thread_manager.create_params")
def writes_no_parent(good: Any, thread: Any) -> Any:
    """Writes a sub-agent's parent nowhere but into its source."""
    return evolve(good(thread), parent_thread_id=None)


class _ShowsNoChildren(Passing):
    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        if params.relation_filter is None:
            return page
        return evolve(page, items=tuple(thread for thread in page.items if thread.forked_from_id))


@layer("FORK-2", store=over(_ShowsNoChildren))
class HidesSubAgentsWithoutHistory(ThreadManager):
    """Has a store that leaves a sub-agent without history out of its parent's children."""


@layer("FORK-2", store=over(Passing, _LAZY))
class SpawnsHidden(ThreadManager):
    """Leaves a sub-agent hidden that copied nothing."""

    def _begin(self, thread: Any, items: Any = (), **how: Any) -> Any:
        return super()._begin(thread, items, **{**how, "persist": False})


@layer("FORK-2")
class NamesSubAgents(ThreadManager):
    """Gives a sub-agent its spawner's name."""

    def spawn_thread(self, params: Any) -> Any:
        name = self._sessions[params.thread_id].writer.name if params.thread_id in self._sessions else None
        thread = super().spawn_thread(params)
        if name is not None:
            patch = UpdateThreadMetadataParams(thread_id=thread.thread_id, patch=ThreadMetadataPatch(name=name))
            self.update_thread_metadata(patch)
        return thread


@layer("FORK-2", part="thread_manager.spawned")
def takes_nothing_from_a_loaded_spawner(good: Any, *given: Any, spawner_is_loaded: Any) -> Any:
    """Gives a sub-agent without history the default tools, whatever its spawner has."""
    return good(*given, spawner_is_loaded=False)


@layer("FORK-2", part="thread_manager.spawned")
def takes_everything_from_a_cold_spawner(good: Any, *given: Any, spawner_is_loaded: Any) -> Any:
    """Gives a sub-agent without history the tools of a spawner that is not loaded."""
    return good(*given, spawner_is_loaded=True)


@layer("FORK-2")
class SpawnsFromNothingEphemeral(ThreadManager):
    """Refuses to spawn from an ephemeral thread."""

    def spawn_thread(self, params: Any) -> Any:
        session = self._sessions.get(params.thread_id)
        if session and session.thread.ephemeral:
            raise InvalidRequest(f"ephemeral thread {params.thread_id} cannot spawn")
        return super().spawn_thread(params)


@layer("FORK-2")
class CopiesNothingEphemeral(ThreadManager):
    """Spawns with an empty history where an ephemeral one was to be copied."""

    def _snapshot(self, thread_id: Any) -> Any:
        session = self._sessions.get(thread_id)
        return () if session and session.thread.ephemeral else super()._snapshot(thread_id)


@layer("FORK-2")
class SpawnsFromNothingArchived(ThreadManager):
    """Refuses to spawn from an archived thread."""

    def spawn_thread(self, params: Any) -> Any:
        if params.thread_id not in self._sessions:
            self._store.read_thread(ReadThreadParams(thread_id=params.thread_id))
        return super().spawn_thread(params)


@layer("FORK-2b", part="thread_manager.spawned_items")
def copies_the_work_too(good: Any, items: Any, params: Any) -> Any:
    """Copies reasoning and tool calls to a sub-agent."""
    return tuple(items) if params.mode == "full_history" else good(items, params)


@layer("FORK-2b", part="fork._is_conversation")
def copies_every_message(good: Any, item: Any) -> Any:
    """Copies what the assistant said on the way to its answer."""
    return isinstance(item, dict) and item.get("type") == "message"


@layer("FORK-2b", part="fork._is_conversation")
def copies_no_answer(good: Any, item: Any) -> Any:
    """Copies nothing that the assistant said."""
    return good(item) and item["role"] != "assistant"


@layer("FORK-2b", part="fork._is_conversation")
def copies_no_developer(good: Any, item: Any) -> Any:
    """Copies nothing that a developer said."""
    return good(item) and item["role"] != "developer"


@layer("FORK-2b", part="fork._compacted")
def copies_compactions_whole(good: Any, payload: Any) -> Any:
    """Leaves reasoning and tool calls in the replacement of a compacted history."""
    return payload


@layer("FORK-2b", part="thread_manager.spawned_items")
def copies_no_compaction(good: Any, items: Any, params: Any) -> Any:
    """Copies no compacted item."""
    return tuple(item for item in good(items, params) if item.type != "compacted")


@layer("FORK-2b", part="thread_manager.spawned_items")
def copies_agent_messages(good: Any, items: Any, params: Any) -> Any:
    """Turns what other agents said into messages of the user."""
    said = [_as_message(item) if item.type == "inter_agent_communication" else item for item in items]
    return good(said, params)


def _as_message(item: RolloutItem) -> RolloutItem:
    return RolloutItem("response_item", {"type": "message", "role": "user", "content": [item.payload.get("content")]})


@layer("FORK-2b", part="thread_manager.spawned_items")
def drops_the_setting(good: Any, items: Any, params: Any) -> Any:
    """Copies a whole history without its turn contexts and world states."""
    return tuple(item for item in good(items, params) if item.type not in ("turn_context", "world_state"))


@layer("FORK-2b", part="thread_manager.spawned_items")
def keeps_the_setting_of_the_last_turns(good: Any, items: Any, params: Any) -> Any:
    """Copies turn contexts and world states with the last turns."""
    is_cut = params.mode == "last_turns" and params.last > 0
    return tuple(_filtered(_last_turns(items, params.last))) if is_cut else good(items, params)


@layer("FORK-2b", part="fork._last_turns")
def copies_the_beginning_with_the_last_turns(good: Any, items: Any, count: Any) -> Any:
    """Copies what stands before the first turn along with the last turns."""
    kept = good(items, count)
    turns = cut(items, ForkParams(thread_id="", cut="before_user_message", nth=0))
    return (*turns, *kept) if kept else kept


@layer("FORK-2b")
class TakesNoLastTurnsForAll(ThreadManager):
    """Copies every turn where the last 0 are asked for."""

    def spawn_thread(self, params: Any) -> Any:
        is_none = params.mode == "last_turns" and params.last == 0
        return super().spawn_thread(evolve(params, last=1_000_000) if is_none else params)


@layer("FORK-2b", part="fork.scan")
def counts_no_agent_s_turns(good: Any, items: Any, **how: Any) -> Any:
    """Does not begin at a message of another agent that triggers a turn."""
    return good(items)


@layer("FORK-2b", part="fork.scan")
def counts_all_agents_messages(good: Any, items: Any, **how: Any) -> Any:
    """Begins at messages of other agents that trigger nothing."""
    loud = [
        RolloutItem(item.type, {**item.payload, "trigger_turn": True}) if item.type.startswith("inter_agent") else item
        for item in items
    ]
    return good(loud, **how)


@layer("FORK-2b", part="fork.scan")
def takes_nothing_back_for_sub_agents(good: Any, items: Any, **how: Any) -> Any:
    """Counts the turns for a sub-agent as if none had been taken back."""
    raw = [RolloutItem("no_marker", {}) if item.kind[1] == "thread_rolled_back" else item for item in items]
    return good(raw if how else items, **how)


@layer("FORK-2b", part="thread_manager.spawned_items")
def copies_all_without_turns(good: Any, items: Any, params: Any) -> Any:
    """Copies everything for the last turns of a thread that has none."""
    copied = good(items, params)
    is_without = params.mode == "last_turns" and params.last > 0 and not copied
    return good(items, evolve(params, mode="full_history", last=0)) if is_without else copied


@layer("FORK-2b", part="thread_manager.spawned_items")
def reverses_what_it_filters(good: Any, items: Any, params: Any) -> Any:
    """Copies the last message first."""
    return tuple(reversed(good(items, params)))


@layer("FORK-2c", part="thread_manager.spawned_items")
def copies_all_of_few_turns(good: Any, items: Any, params: Any) -> Any:
    """Copies the whole history when it has fewer turns than asked for."""
    copied = good(items, params)
    is_short = params.mode == "last_turns" and len(_last_turns(items, 1_000)) == len(_last_turns(items, params.last))
    return good(items, evolve(params, mode="full_history", last=0)) if is_short and copied else copied


LAYERS = layers_in(globals())
