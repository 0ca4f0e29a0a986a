"""The operations: each is its params object, and so is data (traces, programs and wires carry them).

Names and fields are upstream's, so that who knows the Rust trait is at home here. Where upstream passes a bare
thread id there is a params object too, and unarchive has one of its own, so that an operation says what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from attrs import frozen

from . import fields as f
from .errors import InvalidRequest
from .fields import checked
from .ids import ThreadId
from .items import RolloutItem
from .jsonvalue import JSON
from .patch import ThreadMetadataPatch
from .thread import HistoryMode, MemoryMode, SortDirection, SortKey


def frozen_sequence(value: Any) -> Any:
    """Return a list as a tuple, and anything else as it is, right or wrong."""
    return tuple(value) if isinstance(value, list) else value


def _item(value: Any, where: str) -> None:
    # Items are JSON of any size: APPEND-5 judges their insides, where the store looks at them.
    if not isinstance(value, RolloutItem):
        raise InvalidRequest(f"{where} must be a RolloutItem, not {type(value).__name__}", where)
    f.text(value.type, f"{where}.type")
    f.json_object(value.payload, f"{where}.payload")


_id = f.thread_id
_optional_id = f.optional(f.thread_id)
_optional_text = f.optional(f.text)
_mode = f.one_of("legacy", "paginated")


@frozen(kw_only=True)
class ThreadPersistenceMetadata:
    """What the environment of a thread looks like to the store."""

    #: The working directory; ``None`` for a thread without a file system.
    cwd: str | None = checked(_optional_text, None)
    model_provider: str = checked(f.text, "")
    memory_mode: MemoryMode = checked(f.one_of("enabled", "disabled"), "enabled")


_metadata = f.nested(ThreadPersistenceMetadata)


@frozen(kw_only=True)
class CreateThreadParams:
    """Open a live writer for a new thread."""

    thread_id: ThreadId = checked(_id)
    #: Shared by a root thread and all its sub-agents; the thread's own id when not given.
    session_id: ThreadId | None = checked(_optional_id, None)
    forked_from_id: ThreadId | None = checked(_optional_id, None)
    parent_thread_id: ThreadId | None = checked(_optional_id, None)
    source: JSON = checked(f.source, "vscode")
    thread_source: str | None = checked(_optional_text, None)
    #: The effective originator: who the thread's requests are attributed to.
    originator: str = checked(f.text)
    base_instructions: JSON = checked(f.json, None)
    dynamic_tools: Sequence[JSON] = checked(f.sequence(f.json), (), converter=frozen_sequence)
    selected_capability_roots: Sequence[JSON] = checked(f.sequence(f.json), (), converter=frozen_sequence)
    multi_agent_version: str | None = checked(_optional_text, None)
    history_mode: HistoryMode = checked(_mode, "legacy")
    initial_window_id: str | None = checked(_optional_text, None)
    metadata: ThreadPersistenceMetadata = checked(_metadata, factory=ThreadPersistenceMetadata)


@frozen(kw_only=True)
class ResumeThreadParams:
    """Open a live writer for a stored thread; what is supplied here never changes what is stored (LIFE-4)."""

    thread_id: ThreadId = checked(_id)
    rollout_path: str | None = checked(_optional_text, None)
    history: Sequence[RolloutItem] | None = checked(f.optional(f.sequence(_item)), None, converter=frozen_sequence)
    include_archived: bool = checked(f.flag, False)
    metadata: ThreadPersistenceMetadata = checked(_metadata, factory=ThreadPersistenceMetadata)


@frozen(kw_only=True)
class AppendThreadItemsParams:
    """Append items to a live thread's history, and do nothing else (APPEND-3)."""

    thread_id: ThreadId = checked(_id)
    items: Sequence[RolloutItem] = checked(f.sequence(_item), converter=frozen_sequence)


@frozen(kw_only=True)
class PersistThreadParams:
    """Make a live thread visible and write what is buffered."""

    thread_id: ThreadId = checked(_id)


@frozen(kw_only=True)
class FlushThreadParams:
    """Write what a live thread has buffered."""

    thread_id: ThreadId = checked(_id)


@frozen(kw_only=True)
class ShutdownThreadParams:
    """Flush a live thread and close its writer."""

    thread_id: ThreadId = checked(_id)


@frozen(kw_only=True)
class DiscardThreadParams:
    """Close a thread's writer, if it has one, without flushing."""

    thread_id: ThreadId = checked(_id)


@frozen(kw_only=True)
class LoadThreadHistoryParams:
    """Load a thread's history."""

    thread_id: ThreadId = checked(_id)
    include_archived: bool = checked(f.flag, False)


@frozen(kw_only=True)
class ReadThreadParams:
    """Read a thread's metadata, and its history when asked."""

    thread_id: ThreadId = checked(_id)
    include_archived: bool = checked(f.flag, False)
    include_history: bool = checked(f.flag, False)


@frozen(kw_only=True)
class ReadThreadByRolloutPathParams:
    """Read a thread by where its rollout is."""

    rollout_path: str = checked(f.text)
    include_archived: bool = checked(f.flag, False)
    include_history: bool = checked(f.flag, False)


@frozen(kw_only=True)
class ThreadRelationFilter:
    """Selects a thread's direct children, or all its descendants; never the thread itself."""

    kind: Literal["direct_children_of", "descendants_of"] = checked(f.one_of("direct_children_of", "descendants_of"))
    thread_id: ThreadId = checked(_id)


_sort_key = f.one_of("created_at", "updated_at", "recency_at")
_direction = f.one_of("asc", "desc")


@frozen(kw_only=True)
class ListThreadsParams:
    """List threads, page by page; filters combine by *and* (LIST-5)."""

    page_size: int = checked(f.page_size, 25)
    #: What the page before gave as ``next_cursor``.
    cursor: str | None = checked(_optional_text, None)
    sort_key: SortKey = checked(_sort_key, "created_at")
    sort_direction: SortDirection = checked(_direction, "desc")
    #: Sources to show; none given means all.
    allowed_sources: Sequence[JSON] = checked(f.sequence(f.source), (), converter=frozen_sequence)
    #: Providers to show; an empty list means all.
    model_providers: Sequence[str] | None = checked(f.optional(f.sequence(f.text)), None, converter=frozen_sequence)
    #: Working directories to show; ``None`` means all, an empty list none.
    cwd_filters: Sequence[str] | None = checked(f.optional(f.sequence(f.text)), None, converter=frozen_sequence)
    #: List the archived side instead of the active one.
    archived: bool = checked(f.flag, False)
    #: Part of the name or the preview.
    search_term: str | None = checked(_optional_text, None)
    relation_filter: ThreadRelationFilter | None = checked(f.optional(f.nested(ThreadRelationFilter)), None)
    use_state_db_only: bool = checked(f.flag, False)


@frozen(kw_only=True)
class SearchThreadsParams:
    """Search the visible content of threads (SEARCH-1)."""

    search_term: str = checked(f.text)
    page_size: int = checked(f.page_size, 25)
    cursor: str | None = checked(_optional_text, None)
    sort_key: SortKey = checked(_sort_key, "created_at")
    sort_direction: SortDirection = checked(_direction, "desc")
    allowed_sources: Sequence[JSON] = checked(f.sequence(f.source), (), converter=frozen_sequence)
    archived: bool = checked(f.flag, False)


@frozen(kw_only=True)
class ListTurnsParams:
    """List a thread's turns; reserved, no semantics in this version."""

    thread_id: ThreadId = checked(_id)
    include_archived: bool = checked(f.flag, False)
    cursor: str | None = checked(_optional_text, None)
    page_size: int = checked(f.page_size, 25)
    sort_direction: SortDirection = checked(_direction, "asc")
    items_view: Literal["not_loaded", "summary", "full"] = checked(f.one_of("not_loaded", "summary", "full"), "summary")


@frozen(kw_only=True)
class ListItemsParams:
    """List a thread's materialised items; reserved, no semantics in this version."""

    thread_id: ThreadId = checked(_id)
    turn_id: str | None = checked(_optional_text, None)
    include_archived: bool = checked(f.flag, False)
    cursor: str | None = checked(_optional_text, None)
    page_size: int = checked(f.page_size, 25)
    sort_direction: SortDirection = checked(_direction, "asc")


@frozen(kw_only=True)
class UpdateThreadMetadataParams:
    """Change a thread's metadata: the only way to (PATCH-1)."""

    thread_id: ThreadId = checked(_id)
    patch: ThreadMetadataPatch = checked(f.nested(ThreadMetadataPatch))
    include_archived: bool = checked(f.flag, False)


@frozen(kw_only=True)
class ArchiveThreadParams:
    """Move a thread to the archived side."""

    thread_id: ThreadId = checked(_id)


@frozen(kw_only=True)
class UnarchiveThreadParams:
    """Move a thread back to the active side."""

    thread_id: ThreadId = checked(_id)


@frozen(kw_only=True)
class DeleteThreadParams:
    """Remove every trace of a thread."""

    thread_id: ThreadId = checked(_id)


@frozen
class DefaultHistoryModeParams:
    """Ask for the history mode of threads whose history names none; the operation that takes nothing."""


Operation: TypeAlias = (
    CreateThreadParams
    | ResumeThreadParams
    | AppendThreadItemsParams
    | PersistThreadParams
    | FlushThreadParams
    | ShutdownThreadParams
    | DiscardThreadParams
    | LoadThreadHistoryParams
    | ReadThreadParams
    | ReadThreadByRolloutPathParams
    | ListThreadsParams
    | SearchThreadsParams
    | ListTurnsParams
    | ListItemsParams
    | UpdateThreadMetadataParams
    | ArchiveThreadParams
    | UnarchiveThreadParams
    | DeleteThreadParams
    | DefaultHistoryModeParams
)
