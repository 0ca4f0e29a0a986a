"""Session layers that the suite's own tests judge: sound ones that show no store, and broken ones."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from threadstore import (
    Backend,
    Clock,
    LoadedThread,
    ManagerBackend,
    OutboundParams,
    OutboundRequest,
    ProcessSettings,
    ResumeParams,
    StoredThread,
    ThreadId,
    ThreadManager,
    ThreadMetadataPatch,
    ThreadStoreError,
    UpdateThreadMetadataParams,
)
from threadstore.registration import REFERENCE_SESSION
from threadstore_backends.local import BACKEND as LOCAL
from threadstore_backends.memory import BACKEND as MEMORY


class Closing(ThreadManager):
    """Closes its store when it is closed."""

    def __init__(self, store: Any, **more: Any) -> None:
        super().__init__(store, **more)
        self._under = store

    def close(self) -> None:
        try:
            super().close()
        finally:
            close = getattr(self._under, "close", None)
            if close:
                close()


class Killable(Closing):
    """Can be ended without a word to its threads."""

    def kill(self) -> None:
        close = getattr(self._under, "close", None)
        if close:
            close()


class Unsaved(Killable):
    """Saves names when it is closed, so that those it was told since it was opened are gone when it is killed."""

    def __init__(self, store: Any, **more: Any) -> None:
        super().__init__(store, **more)
        self._named: set[ThreadId] = set()

    def update_thread_metadata(self, params: UpdateThreadMetadataParams, /) -> StoredThread:
        thread = super().update_thread_metadata(params)
        if isinstance(params.patch.name, str):
            self._named.add(params.thread_id)
        return thread

    def kill(self) -> None:
        for thread_id in self._named:
            patch = ThreadMetadataPatch(name=None)
            with suppress(ThreadStoreError):
                self._under.update_thread_metadata(
                    UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=True)
                )
        super().kill()


def _over(store: Backend, layer: type[Closing] = Closing) -> Any:
    def open_manager(home: Path, *, settings: ProcessSettings, clock: Clock) -> Closing:
        return layer(store.open(home, clock=clock), settings=settings, clock=clock)

    return open_manager


_SESSION = attrs.evolve(REFERENCE_SESSION, interposed=False, memory_telemetry=False)

#: The reference's own session layer, with no store to be seen.
PRODUCT = ManagerBackend(name="product", open=_over(LOCAL), capabilities=LOCAL.capabilities, session=_SESSION)
FLEETING = ManagerBackend(name="fleeting", open=_over(MEMORY), capabilities=MEMORY.capabilities, session=_SESSION)

KILLABLE = attrs.evolve(PRODUCT, name="killable", kills=True, open=_over(LOCAL, Killable))
UNSAVED = attrs.evolve(KILLABLE, name="unsaved", open=_over(LOCAL, Unsaved))


def _unopenable(home: Path, *, settings: ProcessSettings, clock: Clock) -> Any:
    raise RuntimeError("the server is not there")


UNOPENABLE = ManagerBackend(name="unopenable", open=_unopenable)


class Mislabelling(ThreadManager):
    """Labels every resumed session with the process's default."""

    def resume_thread(self, params: ResumeParams) -> LoadedThread:
        thread = super().resume_thread(params)
        return attrs.evolve(thread, originator=self._settings.default_originator)


class Silent(ThreadManager):
    """Builds no request."""

    def outbound_request(self, params: OutboundParams) -> OutboundRequest:
        return None  # type: ignore[return-value]


def _with(layer: type[ThreadManager]) -> Backend:
    return attrs.evolve(MEMORY, name=layer.__name__.lower(), session_layer=layer)


MISLABELLING = _with(Mislabelling)
SILENT = _with(Silent)


class Partial:
    """Has every method but those that make a thread of another."""

    def __init__(self, under: Any) -> None:
        self._under = under

    def __getattr__(self, name: str) -> Any:
        if name in ("fork_thread", "spawn_thread"):
            raise AttributeError(name)
        return getattr(self._under, name)


def _none(home: Path, *, settings: ProcessSettings, clock: Clock) -> Any:
    return None


def _partial(home: Path, *, settings: ProcessSettings, clock: Clock) -> Any:
    return Partial(FLEETING.open(home, settings=settings, clock=clock))


_opened = 0


def _open_a_few(home: Path, *, settings: ProcessSettings, clock: Clock) -> Any:
    global _opened
    _opened += 1
    if _opened > 4:
        raise RuntimeError("too many connections")
    return FLEETING.open(home, settings=settings, clock=clock)


NONE = attrs.evolve(FLEETING, name="none", open=_none)
PARTIAL = attrs.evolve(FLEETING, name="partial", open=_partial)
EXHAUSTED = attrs.evolve(FLEETING, name="exhausted", open=_open_a_few)
NO_LAYER = attrs.evolve(MEMORY, name="no_layer", session_layer=lambda *_, **__: None)
