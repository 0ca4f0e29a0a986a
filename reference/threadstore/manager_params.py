"""The operations of the second port: what a ThreadManager is asked, as data.

Where the storage boundary has an operation of the same meaning, its params are used here too: appending, the writers,
the metadata patch, archive, unarchive, delete, read, load, list. A manager makes the ids of new threads itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from . import fields as f
from . import params as p
from .fields import checked
from .ids import ThreadId
from .jsonvalue import JSON
from .params import frozen_sequence
from .session import CONSUMERS, Consumer
from .thread import HistoryMode

_id = f.thread_id
_optional_id = f.optional(f.thread_id)
_optional_text = f.optional(f.text)
_optional_mode = f.optional(f.one_of("legacy", "paginated"))
_metadata = f.nested(p.ThreadPersistenceMetadata)


@frozen(kw_only=True)
class StartParams:
    """Start a new thread, load it, and return it."""

    #: What the client calls itself at thread start; some names choose an originator (ORIG-1).
    service_name: str | None = checked(_optional_text, None)
    source: JSON = checked(f.source, "vscode")
    thread_source: str | None = checked(_optional_text, None)
    parent_thread_id: ThreadId | None = checked(_optional_id, None)
    forked_from_id: ThreadId | None = checked(_optional_id, None)
    base_instructions: JSON = checked(f.json, None)
    dynamic_tools: Sequence[JSON] = checked(f.sequence(f.json), (), converter=frozen_sequence)
    selected_capability_roots: Sequence[JSON] = checked(f.sequence(f.json), (), converter=frozen_sequence)
    multi_agent_version: str | None = checked(_optional_text, None)
    history_mode: HistoryMode = checked(f.one_of("legacy", "paginated"), "legacy")
    metadata: p.ThreadPersistenceMetadata = checked(_metadata, factory=p.ThreadPersistenceMetadata)
    #: Keep nothing of the thread: it exists while it is loaded.
    ephemeral: bool = checked(f.flag, False)


@frozen(kw_only=True)
class ResumeParams:
    """Load a stored thread and return it; one that is loaded is returned as it is (RESUME-3)."""

    thread_id: ThreadId = checked(_id)
    #: The rollout that the caller believes to be the thread's; another one's is refused.
    rollout_path: str | None = checked(_optional_text, None)
    include_archived: bool = checked(f.flag, False)
    #: The environment of this session; what is stored keeps its own (RESUME-2).
    metadata: p.ThreadPersistenceMetadata = checked(_metadata, factory=p.ThreadPersistenceMetadata)


Cut: TypeAlias = Literal["whole", "before_user_message", "after_turn", "interrupted"]
SpawnMode: TypeAlias = Literal["new", "full_history", "last_turns"]


@frozen(kw_only=True)
class ForkParams:
    """Start a new thread with a copy of another's history, or a prefix of it, and return it (FORK-1)."""

    #: The source.
    thread_id: ThreadId = checked(_id)
    cut: Cut = checked(f.one_of("whole", "before_user_message", "after_turn", "interrupted"), "whole")
    #: For ``before_user_message``: which effective user message the copy ends before, counted from 0.
    nth: int = checked(f.count, 0)
    #: For ``after_turn``: the turn that the copy ends with.
    turn_id: str | None = checked(_optional_text, None)
    service_name: str | None = checked(_optional_text, None)
    source: JSON = checked(f.source, "vscode")
    thread_source: str | None = checked(_optional_text, None)
    #: What the caller does not give (``None`` or empty) is the copied history's.
    base_instructions: JSON = checked(f.json, None)
    dynamic_tools: Sequence[JSON] = checked(f.sequence(f.json), (), converter=frozen_sequence)
    selected_capability_roots: Sequence[JSON] = checked(f.sequence(f.json), (), converter=frozen_sequence)
    multi_agent_version: str | None = checked(_optional_text, None)
    history_mode: HistoryMode | None = checked(_optional_mode, None)
    metadata: p.ThreadPersistenceMetadata = checked(_metadata, factory=p.ThreadPersistenceMetadata)
    ephemeral: bool = checked(f.flag, False)


@frozen(kw_only=True)
class SpawnParams:
    """Start a sub-agent of a thread, with some of its history or none, and return it (FORK-2)."""

    #: The spawner, which becomes the parent.
    thread_id: ThreadId = checked(_id)
    mode: SpawnMode = checked(f.one_of("new", "full_history", "last_turns"), "new")
    #: For ``last_turns``: how many turns are copied.
    last: int = checked(f.count, 0)
    service_name: str | None = checked(_optional_text, None)
    agent_nickname: str | None = checked(_optional_text, None)
    agent_role: str | None = checked(_optional_text, None)
    agent_path: str | None = checked(_optional_text, None)
    metadata: p.ThreadPersistenceMetadata = checked(_metadata, factory=p.ThreadPersistenceMetadata)


@frozen(kw_only=True)
class OutboundParams:
    """Build what a consumer is sent on behalf of a loaded thread, and return it (ORIG-3)."""

    thread_id: ThreadId = checked(_id)
    consumer: Consumer = checked(f.one_of(*CONSUMERS), "responses")


@frozen
class ListLoadedParams:
    """Ask which threads are loaded."""


ManagerOperation: TypeAlias = (
    StartParams
    | ResumeParams
    | ForkParams
    | SpawnParams
    | OutboundParams
    | ListLoadedParams
    | p.AppendThreadItemsParams
    | p.PersistThreadParams
    | p.FlushThreadParams
    | p.ShutdownThreadParams
    | p.DiscardThreadParams
    | p.UpdateThreadMetadataParams
    | p.ArchiveThreadParams
    | p.UnarchiveThreadParams
    | p.DeleteThreadParams
    | p.ReadThreadParams
    | p.LoadThreadHistoryParams
    | p.ListThreadsParams
)
