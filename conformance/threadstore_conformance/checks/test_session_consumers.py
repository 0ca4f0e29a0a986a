"""Directed checks of what the consumers of the originator are told: ORIG-3 to ORIG-3f."""

from __future__ import annotations

from threadstore import ThreadId
from threadstore.session import CONSUMERS, Consumer
from threadstore_conformance.lab import clause, user_message
from threadstore_conformance.session_items import assistant_response, compacted
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun, say
from .originators import table_of, two_names, written_by


@clause("ORIG-3")
def test_responses_requests_of_threads_that_take_turns(session_lab: SessionLab) -> None:
    """Ensure each Responses request carries its own thread's originator, whichever thread spoke before it."""
    _assert_interleaved(session_lab, "responses")


@clause("ORIG-3")
def test_responses_requests_after_a_compaction(session_lab: SessionLab) -> None:
    """Ensure Responses requests carry the originator after a thread was compacted, once and again."""
    _assert_after_compaction(session_lab, "responses")


@clause("ORIG-3")
def test_responses_requests_of_resumed_threads(session_lab: SessionLab) -> None:
    """Ensure Responses requests carry the session's originator, under an override and without."""
    _assert_session_s(session_lab, "responses")


@clause("ORIG-3")
def test_responses_requests_say_it_in_a_header(session_lab: SessionLab) -> None:
    """Ensure the header `originator` of a Responses request is the thread's originator."""
    for thread, expected in _threads(session_lab).items():
        headers = session_lab.outbound(thread, "responses").headers
        actual = [value for name, value in headers.items() if name.lower() == "originator"]
        assert actual == [expected], f"the headers {dict(headers)} must say {expected!r}"


@clause("ORIG-3b")
def test_websocket_requests_of_threads_that_take_turns(session_lab: SessionLab) -> None:
    """Ensure each websocket request carries its own thread's originator, whichever thread spoke before it."""
    _assert_interleaved(session_lab, "websocket")


@clause("ORIG-3b")
def test_websocket_requests_after_a_compaction(session_lab: SessionLab) -> None:
    """Ensure websocket requests carry the originator after a thread was compacted, once and again."""
    _assert_after_compaction(session_lab, "websocket")


@clause("ORIG-3b")
def test_websocket_requests_of_resumed_threads(session_lab: SessionLab) -> None:
    """Ensure websocket requests carry the session's originator, under an override and without."""
    _assert_session_s(session_lab, "websocket")


@clause("ORIG-3c")
def test_compaction_requests_of_threads_that_take_turns(session_lab: SessionLab) -> None:
    """Ensure each compaction request carries its own thread's originator, whichever thread spoke before it."""
    _assert_interleaved(session_lab, "compaction")


@clause("ORIG-3c")
def test_compaction_requests_after_a_compaction(session_lab: SessionLab) -> None:
    """Ensure the second compaction request carries the originator as the first did."""
    _assert_after_compaction(session_lab, "compaction")


@clause("ORIG-3c")
def test_compaction_requests_of_resumed_threads(session_lab: SessionLab) -> None:
    """Ensure compaction requests carry the session's originator, under an override and without."""
    _assert_session_s(session_lab, "compaction")


@clause("ORIG-3d")
def test_store_creation_of_threads_that_take_turns(session_lab: SessionLab) -> None:
    """Ensure what the store is told at creation is each thread's own originator."""
    _assert_interleaved(session_lab, "store_creation")


@clause("ORIG-3d")
def test_store_creation_of_resumed_threads(session_lab: SessionLab) -> None:
    """Ensure a session that resumed a thread shows what was written at creation, under an override too."""
    _assert_written(session_lab, "store_creation")


@clause("ORIG-3e")
def test_rollout_metadata_of_threads_that_take_turns(session_lab: SessionLab) -> None:
    """Ensure the metadata of each thread's rollout states its own originator."""
    _assert_interleaved(session_lab, "rollout_metadata")


@clause("ORIG-3e")
def test_rollout_metadata_of_resumed_threads(session_lab: SessionLab) -> None:
    """Ensure a session that resumed a thread shows what was written at creation, under an override too."""
    _assert_written(session_lab, "rollout_metadata")


@clause("ORIG-3f")
def test_memory_telemetry_of_threads_that_take_turns(session_lab: SessionLab) -> None:
    """Ensure the telemetry of each thread's memories carries its own originator."""
    _assert_interleaved(session_lab, "memory_telemetry")


@clause("ORIG-3f")
def test_memory_telemetry_of_resumed_threads(session_lab: SessionLab) -> None:
    """Ensure the telemetry of memories carries the session's originator, under an override and without."""
    _assert_session_s(session_lab, "memory_telemetry")


def _threads(lab: SessionLab) -> dict[ThreadId, str]:
    """Make threads that are attributed otherwise, each with its originator; all stay loaded."""
    one, two = two_names(lab)
    threads = {
        begun(lab, user_message("said"), service_name=one): one,
        begun(lab, user_message("said")): "codex_cli_rs",
        begun(lab, user_message("said"), service_name=two): two,
    }
    for source, originator in tuple(threads.items()):
        made = lab.spawn(source), lab.fork(source), lab.start(parent_thread_id=source, ephemeral=True)
        threads.update({each.thread_id: originator for each in made})
    return threads


def _assert_interleaved(lab: SessionLab, consumer: Consumer) -> None:
    threads = _threads(lab)
    order = (*threads, *reversed(threads))
    before = order[-1]
    for thread in (*order, *order[::2], *order[1::2]):
        lab.append(thread, user_message("go on"))
        for other in CONSUMERS:
            if getattr(lab.session, other):
                lab.outbound(before, other)
        before = thread
        _assert_told(lab, thread, consumer, threads[thread], "with others in between")


def _assert_after_compaction(lab: SessionLab, consumer: Consumer) -> None:
    one, two = two_names(lab)
    threads = {begun(lab, user_message("said"), service_name=name): name for name in (one, two)}
    for _ in range(2):
        for compacting in threads:
            say(lab, compacting, compacted("what was said", [assistant_response("a summary")]))
            for thread, expected in threads.items():
                _assert_told(lab, thread, consumer, expected, f"after a compaction of {compacting}")


def _assert_session_s(lab: SessionLab, consumer: Consumer) -> None:
    threads = {written: written_by(lab, written) for written in ("kept", "kept too", "")}
    for environment in ("override", None):
        lab.restart(environment, default_originator="elsewhere")
        for thread in threads.values():
            lab.resume(thread)
        for written, thread in threads.items():
            expected = table_of(lab).resumed("elsewhere", environment=environment, persisted=written)
            _assert_told(lab, thread, consumer, expected, f"made by {written!r}, resumed under {environment!r}")


def _assert_written(lab: SessionLab, consumer: Consumer) -> None:
    threads = {written: written_by(lab, written) for written in ("kept", "kept too", "")}
    for environment in (None, "override"):
        lab.restart(environment, default_originator="elsewhere")
        for written, thread in threads.items():
            lab.resume(thread)
            _assert_told(lab, thread, consumer, written, f"resumed under {environment!r}")


def _assert_told(lab: SessionLab, thread: ThreadId, consumer: Consumer, expected: str, when: str) -> None:
    actual = lab.outbound(thread, consumer).originator
    assert expected == actual, f"{consumer} is told {actual!r} of {thread}, not {expected!r} ({when})"
