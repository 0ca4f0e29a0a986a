"""How a broken store or session layer is rejected: by checks of the clause that it breaks, and for no other reason."""

from __future__ import annotations

from threadstore import Backend
from threadstore_conformance.directed import Check, all_checks, failures, rejects
from threadstore_conformance.lockstep import Difference


def found_broken(backend: Backend, clause_id: str, story: str) -> dict[Check, Exception]:
    """Return what a clause's checks say of a broken backend; fail unless one blames it and none fails otherwise."""
    found = failures(backend, [check for check in all_checks() if clause_id in check.clauses])
    assert found, f"no check of {clause_id} rejects {backend.name}, which {story[:1].lower()}{story[1:]}"
    strangers = [f"{check.name}: {error!r}" for check, error in found.items() if not rejects(error)]
    assert strangers == [], f"checks that fail on {backend.name} without blaming it"
    return found


def crashes(found: dict[Check, Exception]) -> list[str]:
    """Return where a backend tripped over itself: it is rejected for that, and shows nothing of what it breaks."""
    return [str(error) for error in found.values() if isinstance(error, Difference) and _is_crash(error)]


def _is_crash(difference: Difference) -> bool:
    return difference.clause == "READ-3" or str(difference.expected).startswith("a result, or one of")
