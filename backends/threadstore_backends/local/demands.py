"""What several operations demand of a thread or its environment, and how they refuse."""

from __future__ import annotations

from threadstore import params as p
from threadstore.errors import InvalidRequest, Unsupported

from .rows import Row


def require_cwd(metadata: p.ThreadPersistenceMetadata) -> None:
    """Refuse an environment without a working directory (LIFE-4)."""
    if metadata.cwd is None:
        raise InvalidRequest("the local store requires a cwd; set metadata.cwd", "metadata.cwd")


def require_side(row: Row, include_archived: bool) -> None:
    """Refuse an archived thread unless it was asked for (READ-2)."""
    if row.archived and not include_archived:
        raise InvalidRequest(f"thread {row.thread.thread_id} is archived; ask with include_archived, or unarchive it")


def require_legacy(row: Row) -> None:
    """Refuse the history of a paginated thread (LIFE-8)."""
    if row.thread.history_mode == "paginated":
        raise Unsupported("paginated_threads")
