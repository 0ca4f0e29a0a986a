"""What the six consumers of a thread's originator are sent (ORIG-3)."""

from __future__ import annotations

import pytest

from threadstore import CreateThreadParams, LoadedThread, ProcessSettings, SessionMeta
from threadstore.codec import from_json
from threadstore.outbound import create_params, outbound_request
from threadstore.session import CONSUMERS, Consumer

ONE = "0190a000-0000-7000-8000-000000000001"
TWO = "0190a000-0000-7000-8000-000000000002"
SETTINGS = ProcessSettings(default_originator="the process", cli_version="1.2")
SPAWN = {"subagent": {"thread_spawn": {"parent_thread_id": ONE, "agent_role": "r"}}}
THREAD = LoadedThread(thread_id=TWO, session_id=ONE, originator="mine", source=SPAWN, cwd="/w", dynamic_tools=("t",))


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("originator", ["mine", ""])
def test_every_consumer_is_told_the_threads_originator(consumer: Consumer, originator: str) -> None:
    """Ensure the value arrives in what is sent, an empty one too, and the process's own is in the agent alone."""
    written = originator if consumer in ("store_creation", "rollout_metadata") else "written"
    thread = LoadedThread(thread_id=TWO, session_id=ONE, originator=originator)
    request = outbound_request(thread, consumer, SETTINGS, written_originator=written)
    assert (request.consumer, request.thread_id, request.originator) == (consumer, TWO, originator)
    carried = request.headers or request.body
    assert carried["originator"] == originator
    assert "the process" not in [value for name, value in carried.items() if name != "User-Agent"]


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_session_is_labelled_and_what_was_written_stays(consumer: Consumer) -> None:
    """Ensure an override shows in requests and telemetry, never in what creation wrote (ORIG-2b)."""
    request = outbound_request(THREAD, consumer, SETTINGS, written_originator="written")
    assert request.originator == ("written" if consumer in ("store_creation", "rollout_metadata") else "mine")


@pytest.mark.parametrize("consumer", ["responses", "websocket", "compaction"])
def test_requests_to_the_model_have_headers(consumer: Consumer) -> None:
    """Ensure they name session, thread and originator, and the program as the agent."""
    request = outbound_request(THREAD, consumer, SETTINGS, written_originator="written")
    assert request.headers == {
        "originator": "mine", "session_id": ONE, "thread_id": TWO, "User-Agent": "the process/1.2",
    }  # fmt: skip


def test_creation_and_rollout_state_the_same_facts() -> None:
    """Ensure the store is told, and the SessionMeta says, everything of the thread that is fixed at creation."""
    told = outbound_request(THREAD, "store_creation", SETTINGS, written_originator="mine").body
    assert from_json(told, CreateThreadParams) == create_params(THREAD)
    meta = SessionMeta.of(outbound_request(THREAD, "rollout_metadata", SETTINGS, written_originator="mine").body)
    assert (meta.id, meta.session_id, meta.source, meta.agent_role, meta.cwd) == (TWO, ONE, SPAWN, "r", "/w")
    assert (meta.dynamic_tools, meta.cli_version) == (("t",), "1.2")
