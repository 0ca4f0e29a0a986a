"""What Codex can be asked in place of an operation, and why not."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import threadstore as ts
from threadstore.params import DiscardThreadParams
from threadstore_backends.codex.asks import PROVIDERS, askable
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.session_items import developer_response, token_count, turn_complete, turn_started

THREAD = "01900000-0000-7000-8000-000000000001"

WHERE = ts.ThreadPersistenceMetadata(cwd="/w", model_provider=PROVIDERS[1])
FACTS: dict[str, Any] = {
    "dynamic_tools": [{"name": "tool"}],
    "selected_capability_roots": ["root"],
    "multi_agent_version": "v2",
    "base_instructions": {"text": "be brief"},
    "metadata": attrs.evolve(WHERE, memory_mode="disabled"),
}


def _patch(*, archived: bool = False, **fields: Any) -> ts.UpdateThreadMetadataParams:
    patch = ts.ThreadMetadataPatch(**fields)
    return ts.UpdateThreadMetadataParams(thread_id=THREAD, patch=patch, include_archived=archived)


def _append(*items: ts.RolloutItem) -> ts.AppendThreadItemsParams:
    return ts.AppendThreadItemsParams(thread_id=THREAD, items=items)


#: An operation of each kind that is asked as something else, and what is asked in its place.
IN_PLACE: list[tuple[Any, Any]] = [
    (
        ts.StartParams(
            source="cli", parent_thread_id=THREAD, forked_from_id=THREAD, service_name="s", ephemeral=True, **FACTS
        ),
        ts.StartParams(service_name="s", ephemeral=True, base_instructions={"text": "be brief"}, metadata=WHERE),
    ),
    (
        ts.ResumeParams(thread_id=THREAD, rollout_path="/p", include_archived=True, metadata=FACTS["metadata"]),
        ts.ResumeParams(thread_id=THREAD, metadata=WHERE),
    ),
    (
        ts.ForkParams(
            thread_id=THREAD, cut="interrupted", service_name="s", source="cli", thread_source="user",
            history_mode="paginated", **FACTS,
        ),
        ts.ForkParams(
            thread_id=THREAD, thread_source="user", base_instructions={"text": "be brief"}, metadata=WHERE
        ),
    ),
    (
        ts.ForkParams(thread_id=THREAD, cut="after_turn", turn_id="t", metadata=WHERE),
        ts.ForkParams(thread_id=THREAD, cut="after_turn", turn_id="t", metadata=WHERE),
    ),
    (
        ts.SpawnParams(
            thread_id=THREAD, mode="full_history", service_name="s", agent_nickname="n", agent_role="r",
            agent_path="/p", metadata=FACTS["metadata"],
        ),
        ts.SpawnParams(thread_id=THREAD, mode="full_history", metadata=WHERE),
    ),
    (
        _append(token_count(7), user_message("hi"), developer_response("be kind"), agent_message("so")),
        _append(user_message("hi"), agent_message("so")),
    ),
    (_patch(name="n", title="t", archived=True), _patch(name="n")),
    (
        _patch(git_info=ts.GitInfoPatch(sha=None), memory_mode="disabled"),
        _patch(git_info=ts.GitInfoPatch(sha=None), archived=True),
    ),
    (_patch(memory_mode="disabled", preview="p"), _patch(memory_mode="disabled")),
    (ts.ReadThreadParams(thread_id=THREAD), ts.ReadThreadParams(thread_id=THREAD, include_archived=True)),
    (
        ts.LoadThreadHistoryParams(thread_id=THREAD),
        ts.LoadThreadHistoryParams(thread_id=THREAD, include_archived=True),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "asked"), IN_PLACE)
def test_what_cannot_be_said_is_left_out(operation: Any, asked: Any) -> None:
    """Ensure the rest is asked, nothing is made up, and what was asked is asked again in the same words."""
    assert askable(operation, "legacy") == asked
    assert askable(asked, "legacy") == asked


@pytest.mark.parametrize(
    "operation",
    [
        ts.ArchiveThreadParams(thread_id=THREAD),
        ts.UnarchiveThreadParams(thread_id=THREAD),
        ts.DeleteThreadParams(thread_id=THREAD),
        ts.PersistThreadParams(thread_id=THREAD),
        ts.FlushThreadParams(thread_id=THREAD),
        DiscardThreadParams(thread_id=THREAD),
        ts.ListThreadsParams(page_size=0, archived=True),
        ts.ListLoadedParams(),
        ts.OutboundParams(thread_id=THREAD, consumer="websocket"),
        RestartParams(environment_override="over"),
        WaitParams(milliseconds=5),
    ],
)
def test_what_has_a_call_of_its_own_is_asked_as_it_is(operation: Any) -> None:
    """Ensure nothing of it is taken away, the refusals that it may meet neither."""
    assert askable(operation, "legacy") is operation


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (ts.ForkParams(thread_id=THREAD, cut="before_user_message", nth=1), "a fork ends with a turn"),
        (ts.ForkParams(thread_id=THREAD, cut=""), "a fork ends with a turn"),  # type: ignore[arg-type]
        (ts.SpawnParams(thread_id=THREAD, mode=""), "agents get all turns or none"),  # type: ignore[arg-type]
        (ts.ForkParams(thread_id=THREAD, cut="after_turn"), "a fork that names no turn is a whole one"),
        (ts.SpawnParams(thread_id=THREAD, mode="last_turns", last=1), "agents get all turns or none"),
        (ts.ShutdownThreadParams(thread_id=THREAD), "the app-server has no call for it"),
        (_append(), "it is neither a turn nor a message"),
        (_append(token_count(7), agent_message("to nothing")), "it is neither a turn nor a message"),
        (_append(user_message(" ")), "it is neither a turn nor a message"),
        (_append(user_message("\ud800")), "it is neither a turn nor a message"),
        (_patch(), "no call sets nothing so"),
        (_patch(name=None), "no call sets name so"),
        (_patch(name=" \n"), "no call sets name so"),
        (_patch(name="\ud800"), "no call sets name so"),
        (_patch(title="t", memory_mode="sometimes"), "no call sets title or memory_mode so"),
    ],
)
def test_what_cannot_be_asked_says_why(operation: Any, why: str) -> None:
    """Ensure an operation of which nothing is left has words in its place."""
    assert askable(operation, "legacy") == why


@pytest.mark.parametrize("mode", ["legacy", "paginated"])
def test_threads_start_in_the_mode_of_the_backend(mode: Any) -> None:
    """Ensure whatever mode a program draws, both sides start the one."""
    for drawn in ("legacy", "paginated"):
        assert askable(ts.StartParams(history_mode=drawn), mode).history_mode == mode
    assert askable(ts.ForkParams(thread_id=THREAD, history_mode="paginated"), mode).history_mode is None


@pytest.mark.parametrize("given", [None, "be brief", {}, {"text": 1}, {"text": "a", "more": 1}, ["text"]])
def test_base_instructions_are_a_text(given: Any) -> None:
    """Ensure instructions of any other shape are not given."""
    assert askable(ts.StartParams(base_instructions=given), "legacy").base_instructions is None


@pytest.mark.parametrize(
    ("cwd", "provider", "asked"),
    [
        ("/w", "provider-b", ("/w", "provider-b")),
        ("w", "provider-c", ("/", "provider-a")),
        ("", "", ("/", "provider-a")),
        (None, "provider-a", ("/", "provider-a")),
    ],
)
def test_a_session_is_somewhere_with_a_provider_that_there_is(
    cwd: str | None, provider: str, asked: tuple[str, str]
) -> None:
    """Ensure a folder is absolute and a provider configured, and memory as it is by default."""
    metadata = ts.ThreadPersistenceMetadata(cwd=cwd, model_provider=provider, memory_mode="disabled")
    for operation in (
        ts.StartParams(metadata=metadata), ts.ResumeParams(thread_id=THREAD, metadata=metadata),
        ts.ForkParams(thread_id=THREAD, metadata=metadata), ts.SpawnParams(thread_id=THREAD, metadata=metadata),
    ):  # fmt: skip
        given = askable(operation, "legacy").metadata
        assert (given.cwd, given.model_provider, given.memory_mode) == (*asked, "enabled")


def test_a_named_turn_is_said_with_its_name() -> None:
    """Ensure the start and the end of a turn stay, for they say what the caller calls it."""
    turn = _append(turn_started("t"), user_message("hi"), turn_complete("t"))
    assert askable(turn, "legacy") == turn
