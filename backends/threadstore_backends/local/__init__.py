"""The local backend: threads in a directory in Codex's own layout."""

from __future__ import annotations

from threadstore.registration import Backend, Capabilities

from .creation import VERSION
from .store import LocalThreadStore

__all__ = ["BACKEND", "CAPABILITIES", "LocalThreadStore"]

#: What the local store offers and which way it chose.
CAPABILITIES = Capabilities(paths=True, relations=True, search=True, lazy=True, requires_cwd=True, codex_home=True)

BACKEND = Backend(
    name="local",
    open=LocalThreadStore,
    capabilities=CAPABILITIES,
    version=VERSION,
    description="a directory in Codex's own layout: rollout files, a name index, and SQLite for metadata",
)
