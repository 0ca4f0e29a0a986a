"""The profiles: for each change of upstream's behaviour the requirements that hold after it, read from the spec.

A profile states its requirements whole. One whose data are other than those of the profile ``default`` names the entry
of the page on divergences that explains it; a test holds that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import cattrs
from attrs import frozen

from threadstore.originator import OriginatorSource

DEFAULT = "default"


@frozen(kw_only=True)
class Releases:
    """The releases of Codex that a profile describes, as far as they were measured."""

    first: str
    #: Null where no later one was found to do otherwise.
    last: str | None


@frozen(kw_only=True)
class SourceOrder:
    """Which source of an originator is asked first."""

    clause: str
    #: What explains it on the page of divergences; null where it is as in the default profile.
    divergence: str | None
    #: The order at start, fork and spawn.
    creation: tuple[OriginatorSource, ...]
    resume: tuple[OriginatorSource, ...]


@frozen(kw_only=True)
class ServiceNames:
    """Which service names stand for an originator."""

    clause: str
    #: What explains it on the page of divergences; null where it is as in the default profile.
    divergence: str | None
    #: By service name in lower case, the originator that it stands for.
    originators: Mapping[str, str]


@frozen(kw_only=True)
class Profile:
    """A frozen set of requirements."""

    name: str
    #: What it is, in one sentence.
    description: str
    #: Null where it describes no release, but what was announced.
    releases: Releases | None
    sources: SourceOrder
    service_names: ServiceNames


@cache
def load_profiles() -> dict[str, Profile]:
    """Return every profile by its name, the default one first."""
    pages = [page for page in (files("threadstore_spec") / "profiles").iterdir() if page.name.endswith(".json")]
    profiles = [cattrs.structure(json.loads(page.read_text(encoding="utf-8")), Profile) for page in pages]
    return {profile.name: profile for profile in sorted(profiles, key=lambda each: (each.name != DEFAULT, each.name))}


def profile_of(release: str) -> str:
    """Return the name of the profile of a release of Codex: the latest that had begun by then, or the default one."""
    begun = [
        (numbers_of(profile.releases.first), profile.name)
        for profile in load_profiles().values()
        if profile.releases and numbers_of(profile.releases.first) <= numbers_of(release)
    ]
    return max(begun)[1] if begun else DEFAULT


def numbers_of(release: str) -> tuple[int, ...]:
    """Return the numbers of a release, to compare with others'; what is after them is left out."""
    return tuple(int(number) for number in re.findall(r"\d+", release)[:3])
