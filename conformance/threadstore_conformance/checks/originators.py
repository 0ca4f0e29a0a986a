"""Which source of the originator wins, and which service names count, by the profile that is judged by."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from threadstore import ThreadId
from threadstore_conformance.lab import user_message
from threadstore_conformance.profiles import load_profiles
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun


@frozen
class Table:
    """What a profile says of ORIG-1 and ORIG-1b."""

    creation: tuple[str, ...]
    resume: tuple[str, ...]
    #: Service names, each with the originator that it stands for.
    names: Mapping[str, str]

    def made(self, default: str, **offers: str | None) -> str:
        """Return who a new thread is attributed to; ``service_name`` is what the name stands for."""
        return _first(self.creation, offers, default)

    def resumed(self, default: str, **offers: str | None) -> str:
        """Return who a resumed thread is attributed to."""
        return _first(self.resume, offers, default)


TABLES = {
    name: Table(profile.sources.creation, profile.sources.resume, profile.service_names.originators)
    for name, profile in load_profiles().items()
}


def table_of(lab: SessionLab) -> Table:
    """Return the table of the profile that is judged by."""
    return TABLES[lab.session.originators]


def two_names(lab: SessionLab) -> tuple[str, str]:
    """Return two service names that are recognised; each stands for itself."""
    one, two, *_ = table_of(lab).names
    return one, two


def written_by(lab: SessionLab, originator: str) -> ThreadId:
    """Start the process anew under a name, and return a cold thread that it made and that bears the name."""
    lab.restart(default_originator=originator)
    thread = begun(lab, user_message("said"))
    lab.close(thread)
    return thread


def _first(order: tuple[str, ...], offers: Mapping[str, str | None], default: str) -> str:
    """Return the first offer; the default's, which may be blank, when there is none."""
    offered = (offers.get(source) or "" for source in order)
    return next((offer for offer in offered if offer.strip()), default)
