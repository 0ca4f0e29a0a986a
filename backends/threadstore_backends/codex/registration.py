"""Codex as `threadstore certify` knows it: one backend for each way of keeping histories."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from threadstore import Clock
from threadstore.registration import Capabilities, ManagerBackend, SessionCapabilities
from threadstore.session import ProcessSettings
from threadstore.thread import HistoryMode

from .asks import PROVIDERS, askable
from .binary import CodexBinary, find_binary
from .errors import CodexError
from .manager import HISTORY_MODES, CodexManager

#: What no part of Codex shows, as the class and its field.
UNSEEN = frozenset(
    {
        "LoadedThread.base_instructions",
        "LoadedThread.dynamic_tools",
        "LoadedThread.selected_capability_roots",
        "LoadedThread.multi_agent_version",
        "LoadedThread.memory_mode",
        "LoadedThread.turns",
        "SessionMeta.base_instructions?",
        # A thread's first line has what threads have by default; a later one has what was set.
        "SessionMeta.memory_mode",
        "SessionMeta.multi_agent_version",
        # Lists tell what is archived, and nothing since when.
        "StoredThread.archived_at",
        # A column of this name keeps the name of a thread that has one.
        "StoredThread.title",
        "StoredThread.token_usage",
        "StoredThread.rollout_path",
    }
)
#: What releases with history modes put down in a record of their own, whenever they load a thread.
UNSEEN_LATER = frozenset(
    f"StoredThread.{name}" for name in ("model", "reasoning_effort", "approval_mode", "permission_profile")
)


def _found() -> CodexBinary | None:
    try:
        return find_binary()
    except CodexError:
        return None


def open_codex(
    home: Path,
    *,
    settings: ProcessSettings,
    clock: Clock,
    history_mode: HistoryMode = "legacy",
    binary: CodexBinary | None = None,
) -> CodexManager:
    """Run Codex on a home; it has no clock but the machine's. Raise `CodexError` when there is none to run."""
    return CodexManager(home, settings=settings, history_mode=history_mode, binary=binary)


def _backend(name: str, history_mode: HistoryMode) -> ManagerBackend:
    later = _BINARY is not None and _BINARY.release >= HISTORY_MODES
    return ManagerBackend(
        name=name,
        open=partial(open_codex, history_mode=history_mode, binary=_BINARY),
        capabilities=Capabilities(
            lazy=True,
            hides_unpreviewed=True,
            relations=True,
            default_provider=PROVIDERS[0],
            page_cap=100,
            paginated=history_mode == "paginated" or later,
        ),
        session=SessionCapabilities(
            cascades=True,
            fork_copies_name=True,
            originators="upstream-later" if later else "upstream-0.143",
            websocket=True,
        ),
        asks=partial(askable, mode=history_mode),
        kills=True,
        adds=True,
        unseen=UNSEEN | UNSEEN_LATER if later else UNSEEN,
        grain=1000,
        version=_BINARY.version if _BINARY else "not installed",
        description=f"the Codex binary, its threads in history mode {history_mode}",
    )


#: Found once: it is asked for its version, and every process of a run is to be of that one.
_BINARY = _found()

CODEX = _backend("codex", "legacy")
CODEX_PAGINATED = _backend("codex-paginated", "paginated")
