"""What the session layer shows: a loaded thread, a request that leaves the process, and the process around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from attrs import field, frozen

from .ids import ThreadId
from .jsonvalue import JSON
from .thread import HistoryMode, MemoryMode

#: Who is told a thread's originator (ORIG-3).
Consumer: TypeAlias = Literal[
    "responses", "websocket", "compaction", "store_creation", "rollout_metadata", "memory_telemetry"
]
CONSUMERS: tuple[Consumer, ...] = get_args(Consumer)

#: The environment variable that overrides every other source of the originator (ORIG-1).
OVERRIDE_VARIABLE = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE"


@frozen(kw_only=True)
class ProcessSettings:
    """What a process that holds threads was started with; the same for all its threads."""

    #: Environment variables; of them the session layer looks at `OVERRIDE_VARIABLE` alone.
    environment: Mapping[str, str] = field(factory=dict)
    #: What threads are attributed to when nothing else says so: the client's name.
    default_originator: str = "codex_cli_rs"
    #: The version of the program, for the create facts; empty when it has none to tell.
    cli_version: str = ""


@frozen(kw_only=True)
class LoadedThread:
    """A thread as the session that has it loaded knows it."""

    thread_id: ThreadId
    #: The root thread's id, which a root thread shares with all its sub-agents.
    session_id: ThreadId
    #: The effective originator of this session (ORIG-1); every request of the thread carries it.
    originator: str
    forked_from_id: ThreadId | None = None
    parent_thread_id: ThreadId | None = None
    source: JSON = "vscode"
    thread_source: str | None = None
    agent_nickname: str | None = None
    agent_role: str | None = None
    agent_path: str | None = None
    #: The name that a user gave the thread.
    name: str | None = None
    history_mode: HistoryMode = "legacy"
    base_instructions: JSON = None
    dynamic_tools: tuple[JSON, ...] = ()
    selected_capability_roots: tuple[JSON, ...] = ()
    multi_agent_version: str | None = None
    #: The working directory of this session: the caller's, whatever is stored (RESUME-2).
    cwd: str | None = None
    model_provider: str = ""
    memory_mode: MemoryMode = "enabled"
    #: Whether nothing of it is stored.
    ephemeral: bool = False
    #: How many user turns are in effect: those of the history, less the ones rolled back (TURN-1).
    turns: int = 0


@frozen(kw_only=True)
class OutboundRequest:
    """What leaves the process on behalf of a thread."""

    consumer: Consumer
    thread_id: ThreadId
    #: The originator that the request carries, read back out of ``headers`` or ``body``.
    originator: str
    headers: Mapping[str, str] = field(factory=dict)
    body: JSON = None


@frozen
class LoadedThreads:
    """The ids of the threads that are loaded, in ascending order."""

    thread_ids: tuple[ThreadId, ...] = ()
