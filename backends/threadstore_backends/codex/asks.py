"""What can be asked of Codex, operation by operation: the operation that comes nearest to one, or why there is none.

The app-server takes less than a thread manager does. Where a caller can say only part of an operation, the rest is
left out of it, so that what is asked and what is expected are the same operation; nothing is made up in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve, fields

from threadstore import ThreadMetadataPatch
from threadstore import manager_params as m
from threadstore import params as p
from threadstore.fields import UNSET
from threadstore.jsonvalue import JSON
from threadstore.thread import HistoryMode

from .spoken import is_sendable, parts_of

#: The providers that threads may name; the first is the one that Codex is configured with.
PROVIDERS = ("provider-a", "provider-b")

_NO_CALL = "the app-server has no call for it"


def askable(operation: Any, mode: HistoryMode) -> Any:
    """Return the operation that can be asked in place of another, or why none can, in words."""
    if isinstance(operation, m.StartParams):
        return _start(operation, mode)
    rule: Callable[[Any], Any] | None = _RULES.get(type(operation))
    return rule(operation) if rule else operation


def _start(params: m.StartParams, mode: HistoryMode) -> m.StartParams:
    return evolve(
        params,
        source="vscode",
        parent_thread_id=None,
        forked_from_id=None,
        dynamic_tools=(),
        selected_capability_roots=(),
        multi_agent_version=None,
        base_instructions=_instructions(params.base_instructions),
        history_mode=mode,
        metadata=_environment(params.metadata),
    )


def _resume(params: m.ResumeParams) -> m.ResumeParams:
    # A path is taken in place of the id, not beside it.
    return evolve(params, rollout_path=None, include_archived=False, metadata=_environment(params.metadata))


def _fork(params: m.ForkParams) -> m.ForkParams | str:
    if params.cut not in ("whole", "after_turn", "interrupted"):
        return "a fork ends with a turn"
    if params.cut == "after_turn" and params.turn_id is None:
        return "a fork that names no turn is a whole one"
    return evolve(
        params,
        # No turn runs while a fork is asked for, and then one of an interrupted turn is a whole one.
        cut="whole" if params.cut == "interrupted" else params.cut,
        service_name=None,
        source="vscode",
        dynamic_tools=(),
        selected_capability_roots=(),
        multi_agent_version=None,
        base_instructions=_instructions(params.base_instructions),
        history_mode=None,
        metadata=_environment(params.metadata),
    )


def _spawn(params: m.SpawnParams) -> m.SpawnParams | str:
    if params.mode not in ("new", "full_history"):
        return "agents get all turns or none"
    # The model chooses what an agent is for, and Codex what it is called; all else is the spawner's.
    return evolve(
        params, service_name=None, agent_nickname=None, agent_role=None, agent_path=None,
        metadata=_environment(params.metadata),
    )  # fmt: skip


def _append(params: p.AppendThreadItemsParams) -> p.AppendThreadItemsParams | str:
    kept = tuple(item for part in parts_of(params.items) for item in part.items())
    return evolve(params, items=kept) if kept else "it is neither a turn nor a message"


def _update(params: p.UpdateThreadMetadataParams) -> p.UpdateThreadMetadataParams | str:
    patch = params.patch
    if isinstance(patch.name, str) and patch.name.strip() and is_sendable(patch.name):
        kept: dict[str, Any] = {"name": patch.name}
    elif patch.git_info not in (UNSET, None):
        kept = {"git_info": patch.git_info}
    elif patch.memory_mode in ("enabled", "disabled"):
        kept = {"memory_mode": patch.memory_mode}
    else:
        asked = [field.name for field in fields(ThreadMetadataPatch) if getattr(patch, field.name) is not UNSET]
        return f"no call sets {' or '.join(asked) or 'nothing'} so"
    # Of what is archived git facts alone can be changed.
    return evolve(params, patch=ThreadMetadataPatch(**kept), include_archived="git_info" in kept)


def _list(params: p.ListThreadsParams) -> p.ListThreadsParams | str:
    relation = params.relation_filter
    if relation is not None and relation.kind not in ("direct_children_of", "descendants_of"):
        return "a relation is to a parent or to an ancestor"
    # Whoever asks for a thread's kin gets those of every provider, with or without saying so.
    return evolve(params, model_providers=()) if relation and params.model_providers is None else params


def _of_either_side(params: Any) -> Any:
    return evolve(params, include_archived=True)


def _no_call(params: Any) -> str:
    return _NO_CALL


_RULES: dict[type, Callable[[Any], Any]] = {
    m.ResumeParams: _resume,
    m.ForkParams: _fork,
    m.SpawnParams: _spawn,
    p.AppendThreadItemsParams: _append,
    p.ShutdownThreadParams: _no_call,
    p.UpdateThreadMetadataParams: _update,
    p.ReadThreadParams: _of_either_side,
    p.LoadThreadHistoryParams: _of_either_side,
    p.ListThreadsParams: _list,
}


def _environment(metadata: p.ThreadPersistenceMetadata) -> p.ThreadPersistenceMetadata:
    provider = metadata.model_provider if metadata.model_provider in PROVIDERS else PROVIDERS[0]
    return evolve(
        metadata,
        cwd=metadata.cwd if (metadata.cwd or "").startswith("/") else "/",
        model_provider=provider,
        memory_mode="enabled",
    )


def _instructions(given: JSON) -> JSON:
    """Return base instructions that are a text, which alone can be given."""
    return given if type(given) is dict and given.keys() == {"text"} and type(given["text"]) is str else None
