"""The local store under the reference's session layer, as one that shows no store: to share homes with Codex."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from threadstore.ids import Clock
from threadstore.originator import PROFILES
from threadstore.registration import Capabilities, ManagerBackend, SessionCapabilities
from threadstore.session import ProcessSettings
from threadstore.thread_manager import ThreadManager

from .store import LocalThreadStore


class LocalManager(ThreadManager):
    """The reference's session layer over a local store that it owns."""

    def __init__(self, home: Path, *, settings: ProcessSettings, clock: Clock, profile: str, folder: str) -> None:
        below = home / folder
        below.mkdir(exist_ok=True)
        self._local = LocalThreadStore(below, clock=clock)
        super().__init__(
            self._local,
            settings=settings,
            clock=clock,
            profile=PROFILES[profile],
            fork_copies_name=True,
            cascades=True,
        )

    def close(self) -> None:
        """Shut every thread down, and close the store."""
        try:
            super().close()
        finally:
            self._local.close()


def managed(profile: str, *, folder: str = "codex") -> ManagerBackend:
    """Return the local store, in a folder of the home, under a session layer that chooses as Codex does."""
    return ManagerBackend(
        name="local",
        open=partial(LocalManager, profile=profile, folder=folder),
        capabilities=Capabilities(lazy=True, relations=True, requires_cwd=True),
        session=SessionCapabilities(
            writers=True,
            raw_items=True,
            timed=True,
            cascades=True,
            fork_copies_name=True,
            originators=profile,
            websocket=True,
        ),
        unseen=frozenset({"StoredThread.rollout_path"}),
    )
