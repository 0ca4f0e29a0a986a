"""Broken session layers of ORIG-3: consumers that are told another thread's originator, or the process's own name."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore.thread_manager import ThreadManager

from .swapped import layer, layers_in


@layer("ORIG-3")
class SpeaksForTheLatestThread(ThreadManager):
    """Sends every Responses request with the originator of the thread that was loaded last."""

    def outbound_request(self, params: Any) -> Any:
        request = super().outbound_request(params)
        latest = [*self._sessions.values()][-1].thread.originator
        return _saying(request, latest) if params.consumer == "responses" else request


@layer("ORIG-3")
class ForgetsAtCompaction(ThreadManager):
    """Sends Responses requests under what the process calls itself, once the history was compacted."""

    def append_items(self, params: Any) -> None:
        super().append_items(params)
        if any(item.type == "compacted" for item in params.items):
            self.__dict__.setdefault("compacted", set()).add(params.thread_id)

    def outbound_request(self, params: Any) -> Any:
        request = super().outbound_request(params)
        lost = params.consumer == "responses" and params.thread_id in self.__dict__.get("compacted", ())
        return _saying(request, self._settings.default_originator) if lost else request


@layer("ORIG-3b")
class KeepsOneConnection(ThreadManager):
    """Sends every websocket request with the originator of the first."""

    def outbound_request(self, params: Any) -> Any:
        request = super().outbound_request(params)
        if params.consumer != "websocket":
            return request
        return _saying(request, self.__dict__.setdefault("connection", request.originator))


@layer("ORIG-3c")
class ForgetsAfterTheFirstCompaction(ThreadManager):
    """Sends a thread's second compaction request under what the process calls itself."""

    def outbound_request(self, params: Any) -> Any:
        request = super().outbound_request(params)
        if params.consumer != "compaction":
            return request
        known = self.__dict__.setdefault("compacted", set())
        lost = params.thread_id in known
        known.add(params.thread_id)
        return _saying(request, self._settings.default_originator) if lost else request


@layer("ORIG-3d", part="thread_manager.outbound_request")
def creates_under_the_override(good: Any, thread: Any, consumer: Any, settings: Any, *, written_originator: Any) -> Any:
    """Shows the session's originator where what was written at creation is asked for."""
    written = thread.originator if consumer == "store_creation" else written_originator
    return good(thread, consumer, settings, written_originator=written)


@layer("ORIG-3d", part="thread_manager.outbound_request")
def creates_under_its_own_name(good: Any, thread: Any, consumer: Any, settings: Any, *, written_originator: Any) -> Any:
    """Tells the store what the process calls itself."""
    written = settings.default_originator if consumer == "store_creation" else written_originator
    return good(thread, consumer, settings, written_originator=written)


@layer("ORIG-3e", part="thread_manager.outbound_request")
def labels_rollouts_with_the_override(
    good: Any, thread: Any, consumer: Any, settings: Any, *, written_originator: Any
) -> Any:
    """Writes the session's originator into the metadata of the rollout."""
    written = thread.originator if consumer == "rollout_metadata" else written_originator
    return good(thread, consumer, settings, written_originator=written)


@layer("ORIG-3f", part="thread_manager.outbound_request")
def reports_memories_under_its_own_name(
    good: Any, thread: Any, consumer: Any, settings: Any, *, written_originator: Any
) -> Any:
    """Reports stage one of the memories under what the process calls itself."""
    named = evolve(thread, originator=settings.default_originator) if consumer == "memory_telemetry" else thread
    return good(named, consumer, settings, written_originator=written_originator)


def _saying(request: Any, originator: str) -> Any:
    headers = {**request.headers, "originator": originator}
    return evolve(request, originator=originator, headers=headers)


LAYERS = layers_in(globals())
