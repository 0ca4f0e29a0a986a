"""Who a thread's requests are attributed to (ORIG-1).

An originator is a short name of the client. Five sources may offer one; a *profile* says, as data, in which order they
are asked when a thread is made and when it is resumed, and which service names stand for an originator:

==============  =============================================================================================
environment     the process's override variable
service_name    what the client calls itself at thread start, if the profile knows the name
persisted       the first SessionMeta of the copied history (fork, spawn) or of the thread's own (resume)
live_parent     the effective originator of the thread that this one comes from, while that is loaded
default         the process's own name
==============  =============================================================================================

The first source that offers one wins. An empty or blank value is no offer, except the default's, which is taken as it
is. A value is used exactly as it was given; a service name is looked up whole, trimmed, in any ASCII case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import evolve, frozen

OriginatorSource: TypeAlias = Literal["environment", "service_name", "persisted", "live_parent", "default"]


@frozen(kw_only=True)
class OriginatorProfile:
    """One table of sources and service names."""

    name: str
    #: The order at start, fork and spawn.
    creation: tuple[OriginatorSource, ...]
    #: The order at resume.
    resume: tuple[OriginatorSource, ...]
    #: Service names in lower case, and the originator that each stands for.
    service_names: Mapping[str, str]


@frozen(kw_only=True)
class Offers:
    """What each source offers for one thread; ``None`` when it has nothing."""

    environment: str | None = None
    #: The service name itself, known to the profile or not.
    service_name: str | None = None
    persisted: str | None = None
    live_parent: str | None = None
    default: str


#: As in the change that introduced originators of threads.
DEFAULT_PROFILE = OriginatorProfile(
    name="default",
    creation=("environment", "service_name", "persisted", "live_parent", "default"),
    resume=("environment", "persisted", "default"),
    service_names={"codex_work_local": "codex_work_local", "codex_work_cloud": "codex_work_cloud"},
)

#: As the first releases with originators of threads have it: what a thread says of itself goes before the environment.
UPSTREAM_0_143 = OriginatorProfile(
    name="upstream-0.143",
    creation=("service_name", "persisted", "live_parent", "environment", "default"),
    resume=("persisted", "environment", "default"),
    service_names={name: name for name in ("codex_work_desktop", "codex_work_web", "codex_work_mobile")},
)

#: As later releases have it, which know more service names.
UPSTREAM_LATER = evolve(
    UPSTREAM_0_143,
    name="upstream-later",
    service_names={name: name for name in (*UPSTREAM_0_143.service_names, "codex_work_cca", "chatgpt_cca")},
)

PROFILES: dict[str, OriginatorProfile] = {
    profile.name: profile for profile in (DEFAULT_PROFILE, UPSTREAM_0_143, UPSTREAM_LATER)
}


def resolve(profile: OriginatorProfile, moment: Literal["creation", "resume"], offers: Offers) -> str:
    """Return the effective originator: the first offer in the profile's order."""
    for source in profile.creation if moment == "creation" else profile.resume:
        offer: str | None = getattr(offers, source)
        if source == "service_name":
            offer = _named(profile, offer)
        if offer is not None and (offer.strip() or source == "default"):
            return offer
    return offers.default


def _named(profile: OriginatorProfile, service_name: str | None) -> str | None:
    name = (service_name or "").strip()
    # Lower case takes some letters outside ASCII into it: the Kelvin sign becomes a k.
    return profile.service_names.get(name.lower()) if name.isascii() else None
