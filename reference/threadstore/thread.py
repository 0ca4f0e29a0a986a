"""What a store shows of a thread, and the pages and lists it shows them in."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from .fields import checked, integer, optional, text
from .ids import ThreadId
from .items import RolloutItem
from .jsonvalue import JSON

#: Whole milliseconds since the Unix epoch, UTC.
Timestamp: TypeAlias = int

HistoryMode: TypeAlias = Literal["legacy", "paginated"]
MemoryMode: TypeAlias = Literal["enabled", "disabled"]
SortKey: TypeAlias = Literal["created_at", "updated_at", "recency_at"]
SortDirection: TypeAlias = Literal["asc", "desc"]


@frozen
class GitInfo:
    """The state of the working directory's repository; no git at all is ``None``, not three nulls."""

    sha: str | None = checked(optional(text), None)
    branch: str | None = checked(optional(text), None)
    origin_url: str | None = checked(optional(text), None)


@frozen
class TokenUsage:
    """Running totals of a thread's tokens."""

    input_tokens: int = checked(integer, 0)
    cached_input_tokens: int = checked(integer, 0)
    output_tokens: int = checked(integer, 0)
    reasoning_output_tokens: int = checked(integer, 0)
    total_tokens: int = checked(integer, 0)


@frozen
class StoredThreadHistory:
    """A thread's items in the order in which they were appended, its own SessionMeta first."""

    thread_id: ThreadId
    items: tuple[RolloutItem, ...]


@frozen(kw_only=True)
class StoredThread:
    """Everything a store shows of a thread. ``None`` means absent.

    Upstream's fields, and ``title``, ``memory_mode`` and ``originator``, which upstream keeps but does not show.
    """

    thread_id: ThreadId
    #: Where the rollout is, in stores that keep one (capability ``paths``).
    rollout_path: str | None = None
    forked_from_id: ThreadId | None = None
    #: The parent named at creation, else the one in the source's ``thread_spawn`` (LIST-6).
    parent_thread_id: ThreadId | None = None
    preview: str = ""
    #: The name that a user gave, and nothing else (PATCH-7).
    name: str | None = None
    #: The title derived from the conversation.
    title: str | None = None
    model_provider: str = ""
    model: str | None = None
    reasoning_effort: str | None = None
    created_at: Timestamp
    updated_at: Timestamp
    #: When the thread was last worked on; moved only by ``advance_recency_at``, never back (PATCH-4).
    recency_at: Timestamp
    archived_at: Timestamp | None = None
    cwd: str | None = None
    cli_version: str = ""
    #: A name such as ``cli``, or an object such as ``{"subagent": {"thread_spawn": {…}}}``.
    source: JSON = "vscode"
    history_mode: HistoryMode = "legacy"
    thread_source: str | None = None
    agent_nickname: str | None = None
    agent_role: str | None = None
    agent_path: str | None = None
    git_info: GitInfo | None = None
    approval_mode: str | None = None
    permission_profile: JSON = None
    token_usage: TokenUsage | None = None
    first_user_message: str | None = None
    memory_mode: MemoryMode = "enabled"
    #: The effective originator at creation, from the first SessionMeta; no patch changes it.
    originator: str = ""
    #: Only when asked for.
    history: StoredThreadHistory | None = None


@frozen
class ThreadPage:
    """One page of a listing; ``next_cursor`` is absent exactly at the end."""

    items: tuple[StoredThread, ...]
    next_cursor: str | None = None


@frozen
class StoredThreadSearchResult:
    """A thread that was found, and some of its text around the term."""

    thread: StoredThread
    snippet: str


@frozen
class ThreadSearchPage:
    """One page of search results."""

    items: tuple[StoredThreadSearchResult, ...]
    next_cursor: str | None = None


@frozen
class TurnPage:
    """One page of a thread's turns; reserved, no semantics in this version."""

    turns: tuple[JSON, ...]
    next_cursor: str | None = None
    backwards_cursor: str | None = None


@frozen
class ItemPage:
    """One page of a thread's materialised items; reserved, no semantics in this version."""

    items: tuple[JSON, ...]
    next_cursor: str | None = None
    backwards_cursor: str | None = None
