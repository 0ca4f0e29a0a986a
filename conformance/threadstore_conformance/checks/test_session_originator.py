"""Directed checks of which source gives a thread's originator: ORIG-1 and ORIG-1b."""

from __future__ import annotations

from threadstore_conformance.lab import clause, user_message
from threadstore_conformance.session_items import session_meta
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun, say
from .originators import TABLES, table_of, two_names, written_by
from .unusual import GOOD_ID

#: What the environment variable may hold; only the last says anything.
_ENVIRONMENTS = (None, "", " \t", "from the environment")
_PROCESS = "from the process"


@clause("ORIG-1")
def test_a_start_takes_the_first_source_that_has_one(session_lab: SessionLab) -> None:
    """Ensure a start asks environment, service name, live parent and process in the declared order."""
    lab = session_lab
    for environment in _ENVIRONMENTS:
        lab.begin(environment, default_originator=_PROCESS)
        parent = lab.start(service_name=two_names(lab)[1])
        inherited = parent.originator
        for name, stands_for in _service_names(lab):
            for live in (None, inherited):
                offers = {"environment": environment, "service_name": stands_for, "live_parent": live}
                expected = table_of(lab).made(_PROCESS, **offers)
                started = lab.start(service_name=name, parent_thread_id=parent.thread_id if live else None)
                _assert_originator(expected, started.originator, f"a start with service name {name!r}", offers)


@clause("ORIG-1")
def test_a_fork_takes_the_first_source_that_has_one(session_lab: SessionLab) -> None:
    """Ensure a fork asks environment, service name, the copied SessionMeta, its source and process in order."""
    lab = session_lab
    sources = {written: written_by(lab, written) for written in ("from the history", "", "  ")}
    for environment in _ENVIRONMENTS:
        for loaded in (False, True):
            lab.restart(environment, default_originator=_PROCESS)
            for written, source in sources.items():
                live = lab.resume(source).originator if loaded else None
                for name, stands_for in _service_names(lab):
                    offers = {
                        "environment": environment, "service_name": stands_for, "persisted": written,
                        "live_parent": live,
                    }  # fmt: skip
                    expected = table_of(lab).made(_PROCESS, **offers)
                    actual = lab.fork(source, service_name=name).originator
                    _assert_originator(expected, actual, f"a fork with service name {name!r}", offers)


@clause("ORIG-1")
def test_a_spawn_takes_the_first_source_that_has_one(session_lab: SessionLab) -> None:
    """Ensure a spawn asks the same sources, and finds a copied SessionMeta in the full history alone."""
    lab = session_lab
    spawners = {written: written_by(lab, written) for written in ("from the history", "")}
    for environment in _ENVIRONMENTS:
        for loaded in (False, True):
            lab.restart(environment, default_originator=_PROCESS)
            for written, spawner in spawners.items():
                live = lab.resume(spawner).originator if loaded else None
                for mode in ("new", "last_turns", "full_history"):
                    for name, stands_for in _service_names(lab)[1:]:
                        offers = {
                            "environment": environment, "service_name": stands_for,
                            "persisted": written if mode == "full_history" else None, "live_parent": live,
                        }  # fmt: skip
                        expected = table_of(lab).made(_PROCESS, **offers)
                        actual = lab.spawn(spawner, mode=mode, last=1, service_name=name).originator
                        _assert_originator(expected, actual, f"{mode}, service name {name!r}", offers)


@clause("ORIG-1")
def test_a_resume_takes_the_first_source_that_has_one(session_lab: SessionLab) -> None:
    """Ensure a resume asks environment, the stored SessionMeta and process in the declared order."""
    lab = session_lab
    threads = {written: written_by(lab, written) for written in ("from the history", "", " \n")}
    for environment in _ENVIRONMENTS:
        lab.restart(environment, default_originator=_PROCESS)
        for written, thread in threads.items():
            offers = {"environment": environment, "persisted": written}
            expected = table_of(lab).resumed(_PROCESS, **offers)
            _assert_originator(expected, lab.resume(thread).originator, "a resume", offers)


@clause("ORIG-1")
def test_the_sources_within_one_process(session_lab: SessionLab) -> None:
    """Ensure makers and resumes of one process, begun with and without an override, ask in the declared order."""
    lab = session_lab
    for environment in _ENVIRONMENTS:
        lab.begin(environment, default_originator=_PROCESS)
        written = lab.start(service_name=two_names(lab)[1]).originator
        source = begun(lab, user_message("said"), service_name=two_names(lab)[1])
        for name, stands_for in _service_names(lab):
            live = {"environment": environment, "service_name": stands_for, "live_parent": written}
            for what, made, offers in (
                ("a fork", lab.fork(source, service_name=name), {**live, "persisted": written}),
                ("a new sub-agent", lab.spawn(source, service_name=name), live),
                ("a sub-agent with the history", lab.spawn(source, service_name=name, mode="full_history"),
                 {**live, "persisted": written}),
            ):  # fmt: skip
                expected = table_of(lab).made(_PROCESS, **offers)
                _assert_originator(expected, made.originator, f"{what} with service name {name!r}", offers)
        lab.close(source)
        offers = {"environment": environment, "persisted": written}
        expected = table_of(lab).resumed(_PROCESS, **offers)
        _assert_originator(expected, lab.resume(source).originator, "a resume", offers)


_AS_GIVEN = ("  padded\t", "Mixed Case/1.0 (x; y)", "ünïcode 🧵", "codex_work_LOCAL", "x" * 300, "", "  ")


@clause("ORIG-1")
def test_an_originator_is_used_exactly_as_given(session_lab: SessionLab) -> None:
    """Ensure neither what the environment says nor the default is trimmed, folded or cut; a default may be blank."""
    lab = session_lab
    for given in _AS_GIVEN:
        lab.begin(default_originator=given)
        thread = begun(lab, user_message("said"))
        lab.close(thread)
        assert given == lab.resume(thread).originator, f"of the default {given!r} a resume in the process is attributed"
        if given.strip():
            lab.begin(given, default_originator=_PROCESS)
            actual = lab.start().originator
            assert given == actual, f"with {given!r} in the environment a start is attributed to {actual!r}"


@clause("ORIG-1")
def test_an_originator_is_read_back_exactly_as_written(session_lab: SessionLab) -> None:
    """Ensure what a SessionMeta says is neither trimmed, folded nor cut by a resume or a fork."""
    lab = session_lab
    for given in _AS_GIVEN:
        if given.strip():
            thread = written_by(lab, given)
            lab.restart(default_originator=_PROCESS)
            for what, loaded in (("a resume", lab.resume(thread)), ("a fork", lab.fork(thread))):
                assert given == loaded.originator, f"{what} of {given!r} is attributed to {loaded.originator!r}"


@clause("ORIG-1")
def test_the_first_session_meta_is_the_one_that_counts(session_lab: SessionLab) -> None:
    """Ensure neither a later SessionMeta nor the last one is taken, whether the first says something or not."""
    lab = session_lab
    for written, expected in (("first", "first"), ("", _PROCESS), (" ", _PROCESS)):
        thread = written_by(lab, written)
        lab.resume(thread)
        say(lab, thread, session_meta(GOOD_ID, originator="second"), user_message("and so on"))
        lab.close(thread)
        lab.restart(default_originator=_PROCESS)
        loaded = (lab.fork(thread), lab.spawn(thread, mode="full_history"), lab.resume(thread))
        actual = dict(zip(("fork", "spawn", "resume"), (each.originator for each in loaded), strict=True))
        wanted = dict.fromkeys(actual, expected)
        assert wanted == actual, f"the first SessionMeta says {written!r}, a later one 'second'"


@clause("ORIG-1")
def test_a_resume_asks_no_other_thread(session_lab: SessionLab) -> None:
    """Ensure parent and fork source, loaded as they are, lend nothing to a thread that is resumed."""
    lab = session_lab
    relative = written_by(lab, "the relative")
    lab.restart(default_originator="")
    threads = [begun(lab, user_message("said"), **{link: relative}) for link in ("parent_thread_id", "forked_from_id")]
    lab.restart(default_originator=_PROCESS)
    lab.resume(relative)
    for thread in threads:
        actual = lab.resume(thread).originator
        assert actual == _PROCESS, f"a resumed thread with nothing of its own is attributed to {actual!r}"


@clause("ORIG-1b")
def test_recognised_service_names_stand_for_their_originators(session_lab: SessionLab) -> None:
    """Ensure each name in the table is recognised in any ASCII case, with white space around it, by every maker."""
    lab = session_lab
    source = begun(lab, user_message("said"))
    for name, expected in table_of(lab).names.items():
        for given in (name, name.upper(), name.title(), name.swapcase(), f"  {name}", f"{name.upper()}\t\n"):
            makers = {
                "start": lab.start(service_name=given),
                "fork": lab.fork(source, service_name=given),
                "spawn": lab.spawn(source, service_name=given),
            }
            actual = {what: made.originator for what, made in makers.items()}
            assert dict.fromkeys(actual, expected) == actual, f"the service name {given!r} stands for {expected!r}"


@clause("ORIG-1b")
def test_other_service_names_stand_for_nothing(session_lab: SessionLab) -> None:
    """Ensure names that only resemble one in the table are not recognised, nor those of the other table."""
    lab = session_lab
    names = table_of(lab).names
    others = [name for table in TABLES.values() for name in table.names if name not in names]
    for name in names:
        others += [
            f"{name}_extra", f"extra_{name}", name[:-1], name[1:], name.replace("_", "-"), name.replace("_", " "),
            name.replace("_", ""), f"{name} {name}", f"{name}\0", f'"{name}"', *_in_letters_beyond_ascii(name),
        ]  # fmt: skip
    for given in (*others, "codex", "codex_work", "unknown", "default", "", " "):
        actual = lab.start(service_name=given).originator
        assert actual == "codex_cli_rs", f"the service name {given!a} is in no row, and gave {actual!r}"


@clause("ORIG-1b")
def test_an_unknown_service_name_takes_nothing_away(session_lab: SessionLab) -> None:
    """Ensure a name that is not recognised is no error, and leaves what is inherited and what was persisted."""
    lab = session_lab
    kept = two_names(lab)[0]
    parent = begun(lab, user_message("said"), service_name=kept)
    for given in ("unknown", "", "  ", f"{kept}_extra"):
        made = {
            "start": lab.start(service_name=given, parent_thread_id=parent),
            "fork": lab.fork(parent, service_name=given),
            "spawn": lab.spawn(parent, service_name=given),
            "full spawn": lab.spawn(parent, service_name=given, mode="full_history"),
        }
        actual = {what: thread.originator for what, thread in made.items()}
        assert dict.fromkeys(actual, kept) == actual, f"the service name {given!r} took {kept!r} away"


def _service_names(lab: SessionLab) -> tuple[tuple[str | None, str | None], ...]:
    """Return service names, each with the originator that it stands for."""
    known = two_names(lab)[0]
    return (("  ", None), (None, None), ("unknown", None), (f" {known.upper()}", known))


def _in_letters_beyond_ascii(name: str) -> list[str]:
    """Return a name with letters that are the same in another case, by Unicode."""
    pairs = (("k", "\u212a"), ("s", "\u017f"), ("i", "\u0131"), ("i", "\u0130"))
    return [name.replace(letter, other) for letter, other in pairs if letter in name]


def _assert_originator(expected: str, actual: str, what: str, offers: dict[str, str | None]) -> None:
    assert expected == actual, f"{what} is attributed to {actual!r}, not {expected!r}; the sources say {offers}"
