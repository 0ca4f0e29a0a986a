"""A real Codex that is started again, after a graceful end and after SIGKILL."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from codex.real import hung, kinds, message, texts
from threadstore_backends.codex import CodexBinary, CodexDied, CodexRefused, CodexServer

ends = pytest.mark.parametrize("killed", [False, True], ids=["graceful", "killed"])


@ends
def test_what_was_acknowledged_is_there_after_a_restart(codex: CodexServer, thread: str, killed: bool) -> None:
    codex.threads.turn(thread, "hello")
    codex.threads.inject(thread, [message("by hand")])
    before = codex.rpc

    codex.restart(killed=killed)

    assert before.ended
    assert texts(codex, thread) == ["hello", "Hello.", "by hand"]
    assert codex.home.lines(thread).damaged == ()
    assert (codex.threads.read(thread).status, codex.threads.read(thread).preview) == ("notLoaded", "hello")
    assert codex.threads.loaded() == ()


@ends
def test_a_thread_goes_on_after_a_restart(codex: CodexServer, thread: str, killed: bool) -> None:
    codex.threads.turn(thread, "hello")
    codex.restart(killed=killed)

    assert codex.threads.resume(thread).turns[0].status == "completed"
    codex.threads.turn(thread, "think")

    assert texts(codex, thread) == ["hello", "Hello.", "think", "Thought."]
    assert [thread] == list(codex.threads.loaded())


@ends
def test_a_turn_that_was_running_is_interrupted(codex: CodexServer, thread: str, killed: bool) -> None:
    hung(codex, thread)

    codex.restart(killed=killed)

    # A process that is killed writes neither that it is nor, always, what it told of last.
    assert texts(codex, thread)[: 1 if killed else 2] == ["hang", "Part."][: 1 if killed else 2]
    assert killed == ("turn_aborted" not in kinds(codex, thread))
    assert [turn.status for turn in codex.threads.resume(thread).turns] == ["interrupted"]


@ends
def test_a_thread_that_nothing_was_put_in_is_gone(codex: CodexServer, thread: str, killed: bool) -> None:
    codex.restart(killed=killed)

    assert None is codex.home.rollout(thread)
    with pytest.raises(CodexRefused, match="not loaded"):
        codex.threads.read(thread)


def test_a_process_that_dies_is_told_with_the_call(codex: CodexServer, thread: str) -> None:
    codex.rpc.kill()

    with pytest.raises(CodexDied, match=r"^thread/read: the process ended with SIGKILL"):
        codex.threads.read(thread)
    codex.restart()
    assert codex.threads.loaded() == ()


def test_a_home_is_opened_by_a_second_server(codex: CodexServer, thread: str, binary: CodexBinary) -> None:
    codex.threads.turn(thread, "hello")
    codex.close()

    with CodexServer(codex.path, binary=binary) as second:
        assert second.threads.read(thread).preview == "hello"


def test_a_failed_block_kills_the_process(binary: CodexBinary, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), CodexServer(tmp_path, binary=binary) as codex:
        raise ZeroDivisionError

    assert codex.rpc.kill() == -signal.SIGKILL
