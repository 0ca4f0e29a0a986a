"""Every originator of a real Codex, wherever it is seen, is the one that the profile of its version predicts.

A process is started for each environment. In it there is a thread for each service name, and all of them work at once.
What is expected is the prediction, and where that is known to fail, what is seen in its place: nothing else passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import pytest

from codex.conftest import Open
from codex.originator_cells import (
    ENDS,
    FIRST,
    SECOND,
    End,
    Place,
    Process,
    as_known,
    cells_of,
    known,
    later_cells_of,
    profile_for,
    service_names,
)
from codex.real import message
from threadstore.ids import ThreadId
from threadstore.originator import OriginatorProfile
from threadstore_backends.codex import CodexBinary, CodexServer, CodexSettings, CodexThread, HomeSettings
from threadstore_backends.codex.responses import Request

#: Of each service name, the thread that was started with it or that goes back to it.
Threads: TypeAlias = Mapping[str | None, CodexThread]

#: The first release that was measured to keep histories in two ways, and is told which.
HISTORY_MODES = (0, 163, 0)

first_processes = pytest.mark.parametrize("first", FIRST, ids=str)


@pytest.fixture(scope="module")
def profile(binary: CodexBinary) -> OriginatorProfile:
    """The profile that describes the binary."""
    found = profile_for(binary.version)
    if found is None:
        pytest.skip(f"no profile describes Codex {binary.version}")
    return found


@pytest.fixture(params=["legacy", "paginated"])
def history_mode(request: pytest.FixtureRequest, binary: CodexBinary) -> str | None:
    """A history mode that the version can be told, or none where it has one alone."""
    mode: str = request.param
    if binary.release >= HISTORY_MODES:
        return mode
    if mode == "paginated":
        pytest.skip(f"Codex {binary.version} has no {mode} threads")
    return None


@first_processes
def test_what_is_made_in_one_process(
    open_codex: Open, profile: OriginatorProfile, history_mode: str | None, first: Process
) -> None:
    """Ensure starts, forks and two generations of sub-agents carry what is predicted."""
    codex = open_codex(_settings(first))
    started = _started(codex, history_mode)
    spawned = _spawned(codex, started, "spawn")
    with_history = _spawned(codex, started, "spawn with all")
    _compact(codex, started)
    forked = {name: codex.threads.fork(thread.id) for name, thread in started.items()}
    _run(codex, forked, "hello")

    seen = {
        **_seen(codex, "started", started),
        **_seen(codex, "forked", forked),
        **_seen(codex, "spawned", {name: child for name, (child, _) in spawned.items()}),
        **_seen(codex, "spawned by the spawned", {name: grandchild for name, (_, grandchild) in spawned.items()}),
        **_seen(codex, "spawned with the history", {name: child for name, (child,) in with_history.items()}),
    }

    _assert_equal(known(cells_of(profile, as_known(first)), codex.binary.version), seen)


@first_processes
@pytest.mark.parametrize("second", SECOND, ids=str)
@pytest.mark.parametrize("end", ENDS)
def test_what_another_process_goes_on_with(
    open_codex: Open, profile: OriginatorProfile, history_mode: str | None, first: Process, second: Process, end: End
) -> None:
    """Ensure resumes, forks of what is not loaded and sub-agents of what is resumed carry what is predicted."""
    codex = open_codex(_settings(first))
    started = _started(codex, history_mode)
    for thread in started.values():
        codex.threads.inject(thread.id, [message("hello")])
    codex.restart(_settings(second), killed=end == "killed")
    since = len(codex.responses.requests())
    forked = {name: codex.threads.fork(thread.id) for name, thread in started.items()}
    resumed = {name: codex.threads.resume(thread.id) for name, thread in started.items()}
    _run(codex, forked, "hello")
    spawned: dict[str | None, list[CodexThread]] = {}
    if end == "graceful":
        spawned = _spawned(codex, resumed, "spawn and go on")
        _compact(codex, resumed)
    else:
        _run(codex, resumed, "hello")

    seen = {
        **_seen(codex, "forked", forked, since),
        **_seen(codex, "resumed", resumed, since),
        **_seen(codex, "spawned", {name: child for name, (child,) in spawned.items()}, since),
    }

    cells = later_cells_of(profile, as_known(first), as_known(second), end)
    _assert_equal(known(cells, codex.binary.version, end), seen)


def _settings(process: Process) -> CodexSettings:
    return CodexSettings(
        client_name=process.client, environment_override=process.environment, home=HomeSettings(websockets=True)
    )


def _started(codex: CodexServer, history_mode: str | None) -> Threads:
    return {
        name: codex.threads.start(codex.path, history_mode=history_mode, service_name=name) for name in service_names()
    }


def _run(codex: CodexServer, threads: Threads, prompt: str) -> int:
    """Run a turn of each thread, all at once, and return the mark from which on they told of it."""
    since = codex.rpc.mark()
    turns = {thread.id: codex.threads.begin_turn(thread.id, prompt) for thread in threads.values()}
    ended = [codex.threads.ended(thread_id, turn_id, since=since) for thread_id, turn_id in turns.items()]
    assert {turn.status for turn in ended} == {"completed"}
    return since


def _spawned(codex: CodexServer, threads: Threads, prompt: str) -> dict[str | None, list[CodexThread]]:
    """Have each thread spawn, and return by name what it spawned, and what that did."""
    since = _run(codex, threads, prompt)
    return {
        name: [codex.threads.read(child) for child in codex.threads.spawned(thread.id, since=since)]
        for name, thread in threads.items()
    }


def _compact(codex: CodexServer, threads: Threads) -> None:
    since = codex.rpc.mark()
    for thread in threads.values():
        codex.rpc.call("thread/compact/start", {"threadId": thread.id})
    for thread in threads.values():
        assert codex.threads.ended(thread.id, since=since).status == "completed"


def _seen(codex: CodexServer, how: str, threads: Threads, since: int = 0) -> dict[Place, object]:
    """Return the originators of threads: of objects, of rollouts, and by kind of their requests from a number on."""
    seen: dict[Place, object] = {}
    for name, thread in threads.items():
        _await_prewarm(codex, thread.id, since)
        if thread.originator is not None:
            seen[name, how, "thread"] = thread.originator
        seen[name, how, "rollout"] = codex.home.first_meta(thread.id)["originator"]
        for request in codex.responses.requests()[since:]:
            if request.thread_id == thread.id:
                carried = seen.setdefault((name, how, request.kind), request.originator)
                assert carried == request.originator, f"{request.kind} requests of {thread.id} differ"
    return seen


def _await_prewarm(codex: CodexServer, thread_id: ThreadId, since: int) -> None:
    def wanted(request: Request) -> bool:
        if request.kind != "prewarm" or request.thread_id != thread_id:
            return False
        return any(request is later for later in codex.responses.requests()[since:])

    codex.responses.wait_for(wanted, f"a prewarming request of {thread_id}")


def _assert_equal(expected: Mapping[Place, str], seen: Mapping[Place, object]) -> None:
    """Say of every place that is otherwise what was expected and what was seen; none where it is not there."""
    places = expected.keys() | seen.keys()
    differences = {place: (expected.get(place), seen.get(place)) for place in places}
    assert {place: both for place, both in differences.items() if both[0] != both[1]} == {}
