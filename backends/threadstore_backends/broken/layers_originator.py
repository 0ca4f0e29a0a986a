"""Broken session layers of ORIG-1 and ORIG-2: who asks is mistaken, forgotten, or overwritten."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore.fork import inherited, session_metas
from threadstore.loaded import started
from threadstore.originator import DEFAULT_PROFILE
from threadstore.registration import REFERENCE_SESSION
from threadstore.thread_manager import ThreadManager
from threadstore.views import ThreadSpawn

from .passing import Passing
from .swapped import layer, layers_in, over


@layer("ORIG-1", part="thread_manager.resolve")
def ranks_the_environment_second(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Asks the service name before the environment."""
    order = ("service_name", "environment", "persisted", "live_parent", "default")
    return good(evolve(profile, creation=order), moment, offers)


@layer("ORIG-1", part="thread_manager.resolve")
def ranks_history_before_the_environment_at_resume(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Asks the history before the environment when a thread is resumed."""
    return good(evolve(profile, resume=("persisted", "environment", "default")), moment, offers)


@layer(
    "ORIG-1", session=evolve(REFERENCE_SESSION, originators="upstream-later"), made_with={"profile": DEFAULT_PROFILE}
)
class DeclaresAnotherTable(ThreadManager):
    """Declares the later table of sources and resolves by the default one."""


@layer("ORIG-1", part="thread_manager.resolve")
def takes_a_blank_override(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Takes white space in the environment for an override."""
    blank = offers.environment is not None and offers.environment.isspace()
    return offers.environment if blank else good(profile, moment, offers)


@layer("ORIG-1", part="thread_manager.resolve")
def takes_an_empty_override(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Takes an override that is set, and empty, for one."""
    return "" if offers.environment == "" else good(profile, moment, offers)


@layer("ORIG-1", part="thread_manager.resolve")
def trims_what_it_takes(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Takes the white space off the value of the first source."""
    return good(profile, moment, offers).strip()


@layer("ORIG-1", part="thread_manager.inherited")
def looks_behind_a_blank_first(good: Any, items: Any) -> Any:
    """Takes the first originator in any copied session_meta that is not blank."""
    told = (meta.originator for meta in session_metas(items) if meta.originator.strip())
    return evolve(good(items), originator=next(told, None))


@layer("ORIG-1", part="thread_manager.inherited")
def takes_the_last_session_meta(good: Any, items: Any) -> Any:
    """Takes the originator of the last copied session_meta."""
    return evolve(good(items), originator=next((meta.originator for meta in reversed([*session_metas(items)])), None))


@layer("ORIG-1b", part="originator._named")
def matches_service_names_by_case(good: Any, profile: Any, service_name: Any) -> Any:
    """Knows a service name in lower case alone."""
    return profile.service_names.get((service_name or "").strip())


@layer("ORIG-1b", part="originator._named")
def matches_service_names_in_every_alphabet(good: Any, profile: Any, service_name: Any) -> Any:
    """Takes the Kelvin sign for a k."""
    return profile.service_names.get((service_name or "").strip().lower())


@layer("ORIG-1b", part="originator._named")
def matches_beginnings_of_service_names(good: Any, profile: Any, service_name: Any) -> Any:
    """Knows a service name by its beginning."""
    name = (service_name or "").strip()
    return next((good(profile, known) for known in profile.service_names if name.lower().startswith(known)), None)


@layer("ORIG-1b", part="originator._named")
def does_not_trim_service_names(good: Any, profile: Any, service_name: Any) -> Any:
    """Does not know a service name with white space around it."""
    return good(profile, service_name) if service_name == (service_name or "").strip() else None


@layer("ORIG-1b", part="originator._named")
def takes_any_service_name(good: Any, profile: Any, service_name: Any) -> Any:
    """Takes a service name that is in no row for an originator."""
    return good(profile, service_name) or service_name


@layer("ORIG-1b", part="originator._named")
def gives_service_names_back_as_given(good: Any, profile: Any, service_name: Any) -> Any:
    """Takes a service name it knows as the client wrote it."""
    return service_name if good(profile, service_name) else None


@layer("ORIG-1b", part="thread_manager.resolve")
def forgets_the_parent_of_misspelt_names(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Passes over history and parent when a service name is given that it does not know."""
    if offers.service_name and profile.service_names.get(offers.service_name.strip().lower()) is None:
        offers = evolve(offers, persisted=None, live_parent=None)
    return good(profile, moment, offers)


@layer("ORIG-1c")
class AsksEveryAncestor(ThreadManager):
    """Asks the next candidate when the first is not loaded."""

    def start_thread(self, params: Any) -> Any:
        spawn = ThreadSpawn.of(params.source)
        candidates = (spawn and spawn.parent_thread_id, params.parent_thread_id, params.forked_from_id)
        parent = next((each for each in candidates if each in self._sessions), None)
        return self._begin(started(self._new_id(), params, self._originator(params.service_name, None, parent)))


@layer("ORIG-1c")
class AsksTheForkBeforeTheParent(ThreadManager):
    """Asks the thread that a start was forked from before its parent."""

    def start_thread(self, params: Any) -> Any:
        if params.forked_from_id is None:
            return super().start_thread(params)
        originator = self._originator(params.service_name, None, params.forked_from_id)
        return self._begin(started(self._new_id(), params, originator))


@layer("ORIG-1c")
class AsksColdParents(ThreadManager):
    """Asks a parent's history when the parent is not loaded."""

    def _originator(self, service_name: Any, persisted: Any, parent: Any) -> str:
        if parent and parent not in self._sessions and persisted is None:
            persisted = inherited(self._snapshot(parent)).originator
        return super()._originator(service_name, persisted, parent)


@layer("ORIG-1c")
class AsksNoEphemeralParent(ThreadManager):
    """Does not ask a parent that is ephemeral."""

    def _originator(self, service_name: Any, persisted: Any, parent: Any) -> str:
        session = self._sessions.get(parent)
        known = None if session and session.thread.ephemeral else parent
        return super()._originator(service_name, persisted, known)


@layer("ORIG-2")
class WritesItsOwnName(ThreadManager):
    """Writes what the process calls itself, and shows the effective originator while the thread is loaded."""

    def _create(self, thread: Any) -> Any:
        return super()._create(evolve(thread, originator=self._settings.default_originator))


@layer("ORIG-2")
class TakesOriginatorsFromAppends(ThreadManager):
    """Takes over the originator of a session_meta that is appended."""

    def append_items(self, params: Any) -> None:
        super().append_items(params)
        session = self._loaded(params.thread_id)
        for meta in session_metas(params.items):
            session.thread = evolve(session.thread, originator=meta.originator)


class _ForgetsWhoForked(Passing):
    def create_thread(self, params: Any) -> None:
        self.good.create_thread(evolve(params, originator="") if params.forked_from_id else params)


@layer("ORIG-2", store=over(_ForgetsWhoForked))
class LosesTheOriginatorOfForks(ThreadManager):
    """Has a store that writes no originator for a fork."""


@layer("ORIG-2b", part="thread_manager.resolve")
def forgets_the_originator_at_resume(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Resumes under what the process calls itself."""
    return good(profile, moment, evolve(offers, persisted=None) if moment == "resume" else offers)


@layer("ORIG-2b", part="thread_manager.restored")
def resumes_under_the_last_session_meta(good: Any, thread_id: Any, items: Any) -> Any:
    """Takes the originator of the last session_meta when a thread is resumed."""
    return evolve(good(thread_id, items), originator=[*session_metas(items)][-1].originator)


@layer("ORIG-2b", part="thread_manager.resolve")
def ignores_the_override_at_resume(good: Any, profile: Any, moment: Any, offers: Any) -> Any:
    """Does not ask the environment when a thread is resumed."""
    return good(profile, moment, evolve(offers, environment=None) if moment == "resume" else offers)


@layer("ORIG-2c")
class LastTurnsFallToTheDefault(ThreadManager):
    """Spawns with the last turns under what the process calls itself."""

    def spawn_thread(self, params: Any) -> Any:
        self.__dict__["mode"] = params.mode
        return super().spawn_thread(params)

    def _originator(self, service_name: Any, persisted: Any, parent: Any) -> str:
        lost = self.__dict__.pop("mode", None) == "last_turns"
        return super()._originator(service_name, persisted, None if lost else parent)


@layer("ORIG-2c", issue="openai/codex#37760")
class GrandchildrenInheritNothing(ThreadManager):
    """Spawns the sub-agent of a sub-agent under what the process calls itself."""

    def _originator(self, service_name: Any, persisted: Any, parent: Any) -> str:
        session = self._sessions.get(parent)
        lost = session is not None and session.thread.parent_thread_id is not None
        return super()._originator(service_name, persisted, None if lost else parent)


LAYERS = layers_in(globals())
