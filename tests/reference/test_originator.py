"""Originators: the order of sources and the table of service names (ORIG-1)."""

from __future__ import annotations

import itertools

import attrs
import pytest

from threadstore.originator import DEFAULT_PROFILE, PROFILES, UPSTREAM_LATER, Offers, OriginatorProfile, resolve

#: Of each profile a service name that it knows.
KNOWN = {"default": "CODEX_WORK_CLOUD", "upstream-0.143": "Codex_Work_Mobile", "upstream-later": "Codex_Work_Web"}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("moment", ["creation", "resume"])
def test_the_first_source_with_an_offer_wins(profile: OriginatorProfile, moment: str) -> None:
    """Ensure every combination of given, absent and blank sources is answered by the first given one in order."""
    sources = ("environment", "service_name", "persisted", "live_parent")
    given = {source: source for source in sources} | {"service_name": KNOWN[profile.name]}
    order = profile.creation if moment == "creation" else profile.resume
    for states in itertools.product(("given", None, "", " \t"), repeat=len(sources)):
        values = {s: given[s] if state == "given" else state for s, state in zip(sources, states, strict=True)}
        expected = next((s for s in order if values.get(s) == given.get(s)), "default")
        if expected == "service_name":
            expected = KNOWN[profile.name].lower()
        assert resolve(profile, moment, Offers(**values, default="default")) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "originator"),
    [
        ("codex_work_local", "codex_work_local"),
        ("CODEX_WORK_LOCAL", "codex_work_local"),
        ("\n Codex_Work_Cloud\t", "codex_work_cloud"),
        ("codex_work_local_2", "parent"),
        ("codex work local", "parent"),
        ("\u212aodex_work_local", "parent"),
        ("codex_wor\u212a_local", "parent"),
        ("code\u0445_work_local", "parent"),
        ("", "parent"),
    ],
)
def test_service_names_are_matched_whole_trimmed_and_in_ascii_case(name: str, originator: str) -> None:
    """Ensure an unknown service name is no offer, and letters that only look like ASCII are not ASCII."""
    offers = Offers(service_name=name, live_parent="parent", default="default")
    assert resolve(DEFAULT_PROFILE, "creation", offers) == originator


def test_a_value_is_used_exactly_as_given() -> None:
    """Ensure an offer is not trimmed, and the default is taken even when it is empty."""
    assert resolve(DEFAULT_PROFILE, "creation", Offers(environment=" Mine ", default="")) == " Mine "
    assert resolve(UPSTREAM_LATER, "creation", Offers(environment=" ", default="")) == ""


def test_profiles_are_data() -> None:
    """Ensure another order is another profile, with no code of its own."""
    backwards = attrs.evolve(DEFAULT_PROFILE, creation=DEFAULT_PROFILE.creation[-2::-1])
    offers = Offers(environment="environment", persisted="persisted", live_parent="parent", default="default")
    assert resolve(backwards, "creation", offers) == "parent"
