"""Turns of a real Codex against the mock: what is asked of the service, and what is left in the home."""

from __future__ import annotations

from codex.conftest import Open
from codex.real import hung, kinds, message, texts
from threadstore.jsonvalue import JSON
from threadstore_backends.codex import CodexServer, CodexSettings, HomeSettings


def test_a_turn_is_asked_of_the_mock_and_kept(codex: CodexServer, thread: str) -> None:
    turn = codex.threads.turn(thread, "hello")

    assert (turn.status, turn.error) == ("completed", None)
    assert texts(codex, thread) == ["hello", "Hello."]
    (request,) = codex.responses.requests(thread)
    assert ("turn", turn.id, "hello") == (request.kind, request.turn_id, request.prompt)
    assert "hello" == codex.threads.read(thread).preview == codex.home.threads()[thread]["preview"]
    assert [thread] == [found.id for found in codex.threads.list().threads]


def test_a_tool_is_really_run(codex: CodexServer, thread: str) -> None:
    codex.threads.turn(thread, "run")

    outputs = [record.payload for record in codex.home.lines(thread).records if "call_id" in record.payload]
    assert [output["type"] for output in outputs if output["type"].startswith("function_call")] == [
        "function_call",
        "function_call_output",
    ]
    assert "marker-42" in codex.responses.requests(thread)[1].conversation[-1]["output"]


def test_a_tool_of_the_clients_own_is_asked_for_and_answered(open_codex: Open) -> None:
    asked: list[tuple[str, JSON]] = []

    def answer(method: str, params: JSON) -> JSON:
        asked.append((method, params["arguments"]))
        return {"success": True, "contentItems": [{"type": "inputText", "text": "a view"}]}

    codex = open_codex(answerer=answer)
    look = {"type": "function", "name": "look", "description": "Look.", "inputSchema": {"type": "object"}}
    thread = codex.threads.start(codex.path, dynamic_tools=[look]).id
    codex.threads.turn(thread, "look")

    assert asked == [("item/tool/call", {"where": "here"})]
    assert "a view" in str(codex.responses.requests(thread)[1].conversation[-1]["output"])


def test_reasoning_is_kept(codex: CodexServer, thread: str) -> None:
    codex.threads.turn(thread, "think")

    assert "reasoning" in kinds(codex, thread)


def test_turns_that_fail_say_why(codex: CodexServer, thread: str) -> None:
    failed, cut = codex.threads.turn(thread, "fail"), codex.threads.turn(thread, "cut")

    assert (failed.status, cut.status) == ("failed", "failed")
    assert "the scripted reply fails" in str(failed.error)
    assert "stream closed before response.completed" in str(cut.error)


def test_a_turn_is_interrupted(codex: CodexServer, thread: str) -> None:
    turn_id = hung(codex, thread)

    codex.threads.interrupt(thread, turn_id)

    assert codex.threads.ended(thread, turn_id).status == "interrupted"
    assert kinds(codex, thread)[-1] == "turn_aborted"


def test_a_conversation_is_compacted(codex: CodexServer, thread: str) -> None:
    codex.threads.turn(thread, "hello")

    assert codex.threads.compact(thread).status == "completed"

    assert "compacted" in kinds(codex, thread)
    assert [request.kind for request in codex.responses.requests(thread)] == ["turn", "compaction"]
    codex.threads.turn(thread, "run")
    assert "All was said." in str(codex.responses.requests(thread)[2].conversation)


def test_injected_items_are_kept_and_the_model_sees_them(codex: CodexServer, thread: str) -> None:
    codex.threads.inject(thread, [message("by hand"), message("as well")])
    assert texts(codex, thread) == ["by hand", "as well"]

    codex.threads.turn(thread, "hello")

    (request,) = codex.responses.requests(thread)
    assert [message("by hand")["content"], message("as well")["content"]] == [
        item["content"] for item in request.conversation if item.get("role") == "user"
    ][-3:-1]


def test_sub_agents_are_spawned_with_theirs(codex: CodexServer, thread: str) -> None:
    codex.threads.turn(thread, "spawn")

    child, grandchild = codex.threads.spawned(thread)
    assert {child: thread, grandchild: child} == codex.home.spawn_edges()
    assert texts(codex, child) == ["be a child", "Child done."]
    for spawned, parent in ((child, thread), (grandchild, child)):
        meta = codex.home.lines(spawned).records[0].payload
        assert (meta["parent_thread_id"], meta["session_id"]) == (parent, thread)
        assert codex.threads.read(spawned).parent_thread_id == parent
    assert {thread, child, grandchild} == set(codex.threads.loaded())


def test_a_sub_agent_may_have_its_spawners_history(codex: CodexServer, thread: str) -> None:
    codex.threads.inject(thread, [message("from before")])
    codex.threads.turn(thread, "spawn with all")

    (child,) = codex.threads.spawned(thread)
    assert texts(codex, child) == ["from before", "spawn with all", "hello", "Hello."]


def test_a_sub_agent_is_spawned_by_name(open_codex: Open) -> None:
    codex = open_codex(
        CodexSettings(home=HomeSettings(features={"multi_agent": True, "multi_agent_v2": True, "plugins": False}))
    )
    thread = codex.threads.start(codex.path).id
    codex.threads.turn(thread, "spawn by name")

    (child,) = codex.threads.spawned(thread)
    assert [request.prompt for request in codex.responses.requests(child)] == ["hello"]


def test_a_search_is_made_by_the_helper_program(codex: CodexServer, thread: str) -> None:
    codex.threads.turn(thread, "hello")

    assert [thread] == [found.id for found in codex.threads.search("hello").threads]


def test_the_service_is_asked_for_replies_alone(codex: CodexServer, thread: str) -> None:
    for prompt in ("hello", "run", "spawn"):
        codex.threads.turn(thread, prompt)
    codex.stop()

    assert {"/v1/responses"} == {request.path for request in codex.responses.requests()}
