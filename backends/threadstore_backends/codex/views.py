"""What Codex answers with, as far as more than one call has it in common; the whole of it is in ``raw``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from threadstore.ids import ThreadId
from threadstore.jsonvalue import JSON


@frozen(kw_only=True)
class CodexThread:
    """A thread, as Codex shows it."""

    id: ThreadId
    session_id: ThreadId
    preview: str
    history_mode: str
    model_provider: str
    #: In Unix seconds, as are the next two.
    created_at: int
    updated_at: int
    recency_at: int | None
    cwd: str
    cli_version: str
    source: JSON
    #: ``idle``, ``active``, ``notLoaded``, …
    status: str
    ephemeral: bool = False
    path: str | None = None
    name: str | None = None
    git: Mapping[str, JSON] | None = None
    forked_from_id: ThreadId | None = None
    parent_thread_id: ThreadId | None = None
    thread_source: str | None = None
    agent_nickname: str | None = None
    agent_role: str | None = None
    #: Told by later versions alone.
    originator: str | None = None
    turns: tuple[CodexTurn, ...] = ()
    #: What is told of the session beside the thread, where a call loads one: ``cwd``, ``modelProvider``, …
    session: Mapping[str, JSON] = field(factory=dict, repr=False)
    raw: Mapping[str, JSON] = field(repr=False)


@frozen(kw_only=True)
class CodexTurn:
    """A turn, as Codex shows it."""

    id: str
    #: ``completed``, ``interrupted``, ``failed``, ``inProgress``.
    status: str
    #: Why it failed.
    error: str | None = None
    raw: Mapping[str, JSON] = field(repr=False)


@frozen
class CodexPage:
    """A page of threads, and where the next one begins."""

    threads: tuple[CodexThread, ...]
    next_cursor: str | None = None
    #: By thread, where a search found its term.
    snippets: Mapping[ThreadId, str] = field(factory=dict)


def thread_of(raw: Mapping[str, Any], session: Mapping[str, JSON] | None = None) -> CodexThread:
    """Return the view of a thread object, and of the answer that it came in."""
    return CodexThread(
        id=raw["id"],
        session_id=raw["sessionId"],
        preview=raw["preview"],
        history_mode=raw["historyMode"],
        model_provider=raw["modelProvider"],
        created_at=raw["createdAt"],
        updated_at=raw["updatedAt"],
        recency_at=raw["recencyAt"],
        cwd=raw["cwd"],
        cli_version=raw["cliVersion"],
        source=raw["source"],
        status=raw["status"]["type"],
        ephemeral=raw["ephemeral"],
        path=raw["path"],
        name=raw["name"],
        git=raw["gitInfo"],
        forked_from_id=raw["forkedFromId"],
        parent_thread_id=raw["parentThreadId"],
        thread_source=raw["threadSource"],
        agent_nickname=raw["agentNickname"],
        agent_role=raw["agentRole"],
        originator=raw.get("originator"),
        turns=tuple(map(turn_of, raw["turns"])),
        session=session or {},
        raw=raw,
    )


def turn_of(raw: Mapping[str, Any]) -> CodexTurn:
    """Return the view of a turn object."""
    error = raw["error"]
    return CodexTurn(id=raw["id"], status=raw["status"], error=error and error["message"], raw=raw)


def page_of(raw: Mapping[str, Any]) -> CodexPage:
    """Return the view of a page of a list."""
    return CodexPage(tuple(map(thread_of, raw["data"])), raw["nextCursor"])


def found_page_of(raw: Mapping[str, Any]) -> CodexPage:
    """Return the view of a page of a search."""
    snippets = {found["thread"]["id"]: found["snippet"] for found in raw["data"]}
    return CodexPage(tuple(thread_of(found["thread"]) for found in raw["data"]), raw["nextCursor"], snippets)
