"""The profiles: what they change is explained, and session layer and model have each of them as the files do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from itertools import product
from typing import Any

import attrs
import jsonschema
import pytest

from spec.tables import page, sections
from threadstore.originator import PROFILES, OriginatorProfile
from threadstore.registration import SessionCapabilities
from threadstore.session import OVERRIDE_VARIABLE, LoadedThread, ProcessSettings
from threadstore.session_origin import effective_originator
from threadstore.session_state import Session, SessionState
from threadstore_conformance.profiles import DEFAULT, Profile, ServiceNames, SourceOrder, load_profiles, profile_of
from threadstore_conformance.spec_text import load_clauses

FOLDER = files("threadstore_spec") / "profiles"
LOADED = load_profiles()
DIVERGENCES = sections(page("divergences.md"), 2)

#: A thread that is loaded.
PARENT = "01900000-0000-7000-9000-000000000001"

each = pytest.mark.parametrize("profile", LOADED.values(), ids=LOADED)


def requirements(profile: Profile) -> Sequence[SourceOrder | ServiceNames]:
    return profile.sources, profile.service_names


def data(requirement: SourceOrder | ServiceNames) -> dict[str, Any]:
    """Return what a requirement demands, without what says why."""
    return attrs.asdict(requirement, filter=lambda field, _: field.name not in ("clause", "divergence"))


@each
def test_a_file_is_a_profile(profile: Profile) -> None:
    """Ensure a file has the schema and the name of its profile, and says in one sentence what it is."""
    schema = json.loads((files("threadstore_spec") / "schemas" / "profile.schema.json").read_text(encoding="utf-8"))
    text = (FOLDER / f"{profile.name}.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    assert re.fullmatch(r"[A-Z].*[^.]\.", profile.description)
    assert ". " not in profile.description


def test_every_file_is_loaded() -> None:
    """Ensure no profile is hidden by another of its name, and the default comes first."""
    assert sorted(f"{name}.json" for name in LOADED) == sorted(entry.name for entry in FOLDER.iterdir())
    assert next(iter(LOADED)) == DEFAULT == SessionCapabilities().originators


def test_the_default_describes_no_release_and_changes_nothing() -> None:
    """Ensure the target that was announced is what the others are told apart from."""
    assert LOADED[DEFAULT].releases is None
    assert [requirement.divergence for requirement in requirements(LOADED[DEFAULT])] == [None, None]


@each
def test_what_is_changed_is_explained(profile: Profile) -> None:
    """Ensure a requirement names a divergence exactly when it is not the default's, and its entry is about it."""
    for requirement, default in zip(requirements(profile), requirements(LOADED[DEFAULT]), strict=True):
        assert load_clauses()[requirement.clause].port == "manager"
        assert requirement.clause == default.clause
        assert (requirement.divergence is None) == (data(requirement) == data(default))
        if requirement.divergence is not None:
            entry = entry_of(requirement.divergence)
            assert requirement.clause in re.findall(r"[A-Z]+-\d+[a-z]?", entry.splitlines()[1])
            assert f"`{profile.name}`" in entry
            assert profile.releases is not None
            assert profile.releases.first in entry
            assert profile.releases.last is None or profile.releases.last in entry
            assert "\nEvidence: measured" in entry


@each
def test_every_service_name_that_is_changed_is_in_the_entry(profile: Profile) -> None:
    """Ensure no name comes in, or is left out, that the page does not speak of."""
    names, default = (set(each.service_names.originators) for each in (profile, LOADED[DEFAULT]))
    if changed := names ^ default:
        entry = entry_of(str(profile.service_names.divergence)).lower()
        assert {name for name in changed if f"`{name}`" not in entry} == set()


def test_no_release_has_two_profiles() -> None:
    """Ensure no range reaches into the next one, and the last alone is open."""
    ranges = sorted(
        [numbers_of(bound) for bound in (profile.releases.first, profile.releases.last)]
        for profile in LOADED.values()
        if profile.releases
    )
    bounds = [bound for found in ranges for bound in found]
    assert bounds == sorted(set(bounds))
    assert [bound for bound in bounds if bound == OPEN] == [OPEN]


def test_the_session_layer_has_each_profile() -> None:
    """Ensure what the session layer resolves by is what the files say."""
    in_files = {
        name: OriginatorProfile(
            name=name,
            creation=profile.sources.creation,
            resume=profile.sources.resume,
            service_names=profile.service_names.originators,
        )
        for name, profile in LOADED.items()
    }
    assert in_files == PROFILES


@each
def test_the_model_has_each_profile(profile: Profile) -> None:
    """Ensure what the model says of every combination of sources follows from the file's orders and names."""
    named = profile.service_names.originators
    known = next(iter(named))
    settings = {"environment": ("set", None, " "), "service_name": (known, None), "persisted": ("kept", None, "")}
    for environment, service, persisted, live in product(*settings.values(), ("lent", None)):
        state = loaded_with(profile, environment, live)
        offers = {
            "environment": environment, "service_name": named.get(service or ""), "persisted": persisted,
            "live_parent": live, "default": "the client",
        }  # fmt: skip
        for order, resuming in ((profile.sources.creation, False), (profile.sources.resume, True)):
            expected = next(offers[source] for source in order if (offers[source] or "").strip())
            actual = effective_originator(
                state, service=service, persisted=persisted, parent=PARENT if live else None, resuming=resuming
            )
            assert actual == expected, (offers, resuming)


@each
def test_the_model_recognises_each_name_and_no_other(profile: Profile) -> None:
    """Ensure the model's table of service names is the file's."""
    every = {name for other in LOADED.values() for name in other.service_names.originators}
    state = loaded_with(profile, None, None)
    recognised = {name: effective_originator(state, service=name) for name in every}
    expected = {name: profile.service_names.originators.get(name, "the client") for name in every}
    assert recognised == expected


#: Where an open range ends.
OPEN = (float("inf"),)


def numbers_of(release: str | None) -> tuple[float, ...]:
    return OPEN if release is None else tuple(map(int, release.split(".")))


def entry_of(divergence: str) -> str:
    [heading] = [heading for heading in DIVERGENCES if heading.startswith(f"{divergence} ")]
    return DIVERGENCES[heading]


def loaded_with(profile: Profile, environment: str | None, live: str | None) -> SessionState:
    """Return the model's state in a process with an override, in which the parent may be loaded."""
    variables = {} if environment is None else {OVERRIDE_VARIABLE: environment}
    parent = Session(LoadedThread(thread_id=PARENT, session_id=PARENT, originator=live or ""))
    return SessionState(
        variants=SessionCapabilities(originators=profile.name),
        settings=ProcessSettings(environment=variables, default_originator="the client"),
        loaded={PARENT: parent} if live else {},
    )


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("0.136.0", "default"),
        ("0.142.5", "default"),
        ("0.143.0", "upstream-0.143"),
        ("0.144.4", "upstream-0.143"),
        ("0.147.0", "upstream-later"),
        ("0.170.0-alpha.1", "upstream-later"),
        ("not installed", "default"),
    ],
)
def test_a_release_has_the_profile_that_had_begun_by_then(release: str, name: str) -> None:
    """Ensure each release is judged by the latest profile that is not of a later one."""
    assert profile_of(release) == name
