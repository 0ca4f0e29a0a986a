"""Whom a thread's requests are attributed to, in the session model (ORIG-1).

The orders and the names are written out here once more, apart from the tables that the session layer resolves by.
"""

from __future__ import annotations

from collections.abc import Sequence

from .ids import ThreadId
from .items import RolloutItem
from .session_state import SessionState
from .session_stated import session_metas

_NAMES = {
    "default": ("codex_work_local", "codex_work_cloud"),
    "upstream-0.143": ("codex_work_desktop", "codex_work_web", "codex_work_mobile"),
    "upstream-later": (
        "codex_work_desktop", "codex_work_web", "codex_work_mobile", "codex_work_cca", "chatgpt_cca",
    ),
}  # fmt: skip


def effective_originator(
    state: SessionState,
    *,
    service: str | None = None,
    persisted: str | None = None,
    parent: ThreadId | None = None,
    resuming: bool = False,
) -> str:
    """Return the first originator that is there; when resuming, neither service name nor parent is looked at."""
    overriding = state.settings.environment.get("CODEX_INTERNAL_ORIGINATOR_OVERRIDE")
    named = None if resuming else _recognised(service, state.variants.originators)
    session = None if resuming or parent is None else state.loaded.get(parent)
    live = session.loaded.originator if session else None
    if state.variants.originators == "default":
        sources = (overriding, named, persisted, live)
    else:
        sources = (named, persisted, live, overriding)
    return next((each for each in sources if each and each.strip()), state.settings.default_originator)


def inherited(items: Sequence[RolloutItem]) -> str | None:
    """Return the originator that the first SessionMeta among items states."""
    metas = session_metas(items)
    return metas[0].get("originator") if metas else None


def _recognised(service: str | None, profile: str) -> str | None:
    name = (service or "").strip()
    return next((known for known in _NAMES[profile] if name.isascii() and name.lower() == known), None)
