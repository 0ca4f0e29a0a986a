"""The calls on threads, held against the real binary and its own schemas."""

from __future__ import annotations

import json
import subprocess

import pytest

from codex.real import message, texts
from codex.recorded import CALLS, sent_by
from threadstore.jsonvalue import JSON
from threadstore_backends.codex import CodexBinary, CodexRefused, CodexServer

#: What only some versions take.
VERSIONED = {"thread/rollback", "thread/revert"}


@pytest.fixture(scope="module")
def parameters(binary: CodexBinary, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The parameters of every call, as the schemas say that the binary prints."""
    out = tmp_path_factory.mktemp("schemas")
    command = [binary.path, "app-server", "generate-json-schema", "--experimental", "--out", out]
    subprocess.run(command, check=True, capture_output=True, env={"HOME": str(out), "CODEX_HOME": str(out)})
    requests = json.loads((out / "ClientRequest.json").read_text())
    return {
        request["properties"]["method"]["enum"][0]: set(_definition(requests, request).get("properties", ()))
        for request in requests["oneOf"]
        if "$ref" in request["properties"]["params"]
    }


def _definition(requests: JSON, request: JSON) -> JSON:
    return requests["definitions"][request["properties"]["params"]["$ref"].rpartition("/")[2]]


def test_every_parameter_that_is_sent_is_one_that_the_binary_takes(parameters: dict[str, set[str]]) -> None:
    assert parameters.keys() >= CALLS.keys() - VERSIONED
    for method in parameters.keys() & CALLS.keys():
        _, sent = sent_by(CALLS[method])
        assert [(method, extra) for _, params in sent if (extra := params.keys() - parameters[method])] == []


def test_a_thread_lives_through_every_call(codex: CodexServer, thread: str) -> None:
    threads = codex.threads
    threads.turn(thread, "hello")

    threads.set_name(thread, "a name")
    assert "a name" == threads.read(thread).name == codex.home.names()[thread]
    assert threads.set_git(thread, {"sha": "abc", "branch": "b"}).git == {
        "sha": "abc",
        "branch": "b",
        "originUrl": None,
    }
    assert threads.set_git(thread, {"sha": None}).git == {"sha": None, "branch": "b", "originUrl": None}
    threads.set_memory_mode(thread, "disabled")
    assert codex.home.threads()[thread]["memory_mode"] == "disabled"

    threads.archive(thread)
    assert [thread] == [found.id for found in threads.list(archived=True).threads]
    assert [found.archived for found in codex.home.rollouts(thread)] == [True]
    assert threads.unarchive(thread).status == "notLoaded"
    threads.delete(thread)
    assert (codex.home.rollouts(), codex.home.threads()) == ([], {})


def test_a_fork_has_its_sources_history_and_then_its_own(codex: CodexServer, thread: str) -> None:
    first = codex.threads.turn(thread, "hello")
    codex.threads.turn(thread, "think")

    whole, part = codex.threads.fork(thread), codex.threads.fork(thread, last_turn_id=first.id)
    codex.threads.inject(part.id, [message("by hand")])

    assert thread == whole.forked_from_id == codex.home.lines(whole.id).records[0].payload["forked_from_id"]
    assert ["hello", "Hello.", "think", "Thought."] == texts(codex, whole.id) == texts(codex, thread)
    assert texts(codex, part.id) == ["hello", "Hello.", "by hand"]


def test_turns_are_taken_back_as_the_version_can(
    codex: CodexServer, mode: str, thread: str, parameters: dict[str, set[str]]
) -> None:
    codex.threads.turn(thread, "hello")
    last = codex.threads.turn(thread, "think")

    if mode == "paginated":
        codex.threads.revert(thread, last.id)
        assert texts(codex, thread) == ["hello", "Hello."]
        assert len(codex.home.rollouts(thread)) == 2
    elif "thread/rollback" in parameters:
        codex.threads.rollback(thread, 1)
        assert codex.home.lines(thread).records[-1].payload["type"] == "thread_rolled_back"
    else:
        with pytest.raises(CodexRefused, match="unknown variant `thread/rollback`"):
            codex.threads.rollback(thread, 1)
    assert thread in codex.threads.loaded()


def test_an_ephemeral_thread_leaves_nothing(codex: CodexServer) -> None:
    thread = codex.threads.start(codex.path, ephemeral=True)
    codex.threads.turn(thread.id, "hello")

    assert (thread.ephemeral, thread.path) == (True, None)
    assert (codex.home.rollouts(), codex.home.threads()) == ([], {})


def test_a_list_comes_in_pages(codex: CodexServer, mode: str) -> None:
    made = {codex.threads.start(codex.path, history_mode=mode).id for _ in range(3)}
    for thread in made:
        codex.threads.turn(thread, "hello")

    page = codex.threads.list(limit=2)

    assert len({found.id for found in page.threads} & made) == 2
    assert page.next_cursor is not None
    assert codex.threads.list().next_cursor is None
