"""The calls on threads, as requests and answers."""

from __future__ import annotations

import pytest

from codex.recorded import CALLS, THREAD, VERSION, sent_by
from threadstore_backends.codex.calls import ThreadCalls
from threadstore_backends.codex.errors import CodexUnfamiliar
from threadstore_backends.codex.notifications import Notification
from threadstore_backends.codex.views import CodexPage, CodexThread, CodexTurn


@pytest.mark.parametrize("method", CALLS)
def test_every_call_sends_its_method(method: str) -> None:
    _, sent = sent_by(CALLS[method])

    assert {method} == {name for name, _ in sent}


def test_what_is_not_given_is_not_sent() -> None:
    assert sent_by(lambda threads: threads.start("/w"))[1] == [("thread/start", {"cwd": "/w"})]
    assert sent_by(lambda threads: threads.list())[1] == [("thread/list", {})]


def test_more_is_sent_as_it_is() -> None:
    _, sent = sent_by(lambda threads: threads.start("/w", ephemeral=False, config=None, projectId="p"))

    assert sent == [("thread/start", {"cwd": "/w", "ephemeral": False, "config": None, "projectId": "p"})]


def test_a_git_fact_is_cleared_by_a_none_that_is_sent() -> None:
    _, sent = sent_by(CALLS["thread/metadata/update"])

    assert sent == [("thread/metadata/update", {"threadId": "a", "gitInfo": {"sha": None}})]


def test_a_thread_object_becomes_a_view_of_it() -> None:
    thread, _ = sent_by(CALLS["thread/read"])

    assert isinstance(thread, CodexThread)
    assert (
        thread.id,
        thread.session_id,
        thread.status,
        thread.recency_at,
        thread.git,
        thread.forked_from_id,
        thread.originator,
    ) == ("a", "s", "idle", 3, {"sha": "x"}, "f", None)
    assert (CodexTurn(id="t", status="failed", error="why", raw=THREAD["turns"][0]),) == thread.turns
    assert thread.raw["new"] == 1


@pytest.mark.parametrize("method", ["thread/read", "thread/start", "thread/list", "thread/search"])
@pytest.mark.parametrize("absent", ["sessionId", "recencyAt", "turns"])
def test_a_thread_object_that_is_not_whole_is_told_with_version_and_method(method: str, absent: str) -> None:
    with pytest.raises(CodexUnfamiliar) as unfamiliar:
        sent_by(CALLS[method], absent=absent)

    told = f"{method} of Codex 0.9.0 answers in a shape that is not known here: '{absent}' is absent"
    assert told == str(unfamiliar.value)


def test_pages_of_lists_and_of_searches() -> None:
    listed, found = (sent_by(CALLS[method])[0] for method in ("thread/list", "thread/search"))

    assert isinstance(listed, CodexPage)
    assert isinstance(found, CodexPage)
    assert listed.threads == found.threads
    assert (listed.snippets, found.snippets) == ({}, {"a": "…s…"})


def test_the_loaded_threads_are_those_of_every_page() -> None:
    loaded, sent = sent_by(CALLS["thread/loaded/list"])

    assert loaded == ("a", "a")
    assert [params for _, params in sent] == [{}, {"cursor": "next"}]


class TellingRpc:
    """Has told what it was made with."""

    def __init__(self, *told: tuple[str, dict[str, object]]) -> None:
        self.told = [Notification(method, params) for method, params in told]

    def notifications(self, since: int) -> list[Notification]:
        return self.told[since:]

    def wait_for(self, wanted, what, *, since, timeout) -> Notification:  # type: ignore[no-untyped-def]
        return next(filter(wanted, self.told[since:]))


def spawned(parent: str, child: str) -> tuple[str, dict[str, object]]:
    item = {"type": "collabAgentToolCall", "tool": "spawnAgent", "receiverThreadIds": [child]}
    return "item/completed", {"threadId": parent, "item": item}


def named(parent: str, child: str) -> tuple[str, dict[str, object]]:
    item = {"type": "subAgentActivity", "kind": "started", "agentThreadId": child}
    return "item/completed", {"threadId": parent, "item": item}


def ended(thread: str, turn: str = "t") -> tuple[str, dict[str, object]]:
    return "turn/completed", {"threadId": thread, "turn": {"id": turn, "status": "completed", "error": None}}


def test_sub_agents_are_found_with_theirs_of_either_kind() -> None:
    other = "item/completed", {"threadId": "root", "item": {"type": "agentMessage"}}
    told = [spawned("root", "x"), other, named("root", "y"), spawned("x", "z"), *map(ended, "xyz"), spawned("q", "r")]
    threads = ThreadCalls(TellingRpc(*told), VERSION)  # type: ignore[arg-type]

    assert threads.spawned("root") == ("x", "z", "y")
    assert threads.spawned("root", since=2) == ("y",)


def test_the_end_of_a_turn_is_that_threads_and_that_turns() -> None:
    threads = ThreadCalls(TellingRpc(ended("b", "1"), ended("a", "1"), ended("a", "2")), VERSION)  # type: ignore[arg-type]

    assert [threads.ended("a").id, threads.ended("a", "2").id] == ["1", "2"]
    assert threads.ended("a", since=2).id == "2"


@pytest.mark.parametrize(
    ("turn", "why"),
    [({"id": "1"}, "'error' is absent"), ({}, "'id' is absent"), ("1", "string indices must be integers")],
)
def test_a_turn_that_is_not_whole_is_told(turn: object, why: str) -> None:
    told = "turn/completed", {"threadId": "a", "turn": turn}
    threads = ThreadCalls(TellingRpc(told), VERSION)  # type: ignore[arg-type]

    with pytest.raises(CodexUnfamiliar, match=f"^turn/completed of Codex 0.9.0 answers in .*: {why}"):
        threads.ended("a", "1")


def test_a_spawn_that_is_not_whole_is_told() -> None:
    told = "item/completed", {"threadId": "a", "item": {"type": "subAgentActivity", "kind": "started"}}
    threads = ThreadCalls(TellingRpc(told), VERSION)  # type: ignore[arg-type]

    with pytest.raises(
        CodexUnfamiliar, match=r"^item/completed of Codex 0.9.0 answers in .*: 'agentThreadId' is absent$"
    ):
        threads.spawned("a")
