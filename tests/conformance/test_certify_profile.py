"""`threadstore certify --profile`, as its user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from support.command import threadstore
from threadstore.thread_manager import ThreadManager
from threadstore_backends.memory import BACKEND
from threadstore_conformance.discovery import TargetError, find_backend
from threadstore_conformance.profiles import load_profiles

#: A session layer that resolves by the default profile, whatever it is judged by.
PLAIN = attrs.evolve(BACKEND, session_layer=ThreadManager)
_PLAIN = "conformance.test_certify_profile:PLAIN"


@pytest.mark.parametrize("backend", ["memory", "local"])
def test_the_reference_is_certified_by_another_profile(backend: str, tmp_path: Path) -> None:
    """Ensure the session layer over each store holds what it does not declare, and the certificate says so."""
    done = threadstore(
        "certify", backend, "--level", "session", "--profile", "upstream-later", "--out", tmp_path, "--quiet"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "certified for session by the profile upstream-later" in done.stdout
    certificate = json.loads((tmp_path / "certificate.json").read_text(encoding="utf-8"))
    assert (certificate["profile"], certificate["verdict"]) == ("upstream-later", "certified")


def test_a_layer_of_another_profile_fails_and_can_be_seen_to_again(tmp_path: Path) -> None:
    """Ensure the commands and programs that are printed judge by the profile that was asked for."""
    done = threadstore("certify", _PLAIN, "--level", "session", "--profile", "upstream-later", "--out", tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    trace = tmp_path / "ORIG-1.trace.json"
    assert f"Again: threadstore replay {trace} {_PLAIN}@upstream-later" in done.stdout
    assert f"('{_PLAIN}@upstream-later'" in done.stdout
    replayed = [threadstore("replay", trace, target) for target in (f"{_PLAIN}@upstream-later", _PLAIN)]
    assert [run.returncode for run in replayed] == [1, 0]


def test_an_unknown_profile_is_one_sentence(tmp_path: Path) -> None:
    """Ensure the known profiles are named."""
    done = threadstore("certify", "memory", "--profile", "latest", "--out", tmp_path)
    assert done.returncode == 3
    known = ", ".join(load_profiles())
    assert done.stderr.strip() == f"Error: no profile is called 'latest'; there are {known}"


def test_a_target_may_name_its_profile() -> None:
    """Ensure a profile after an ``@`` replaces the declared one, and an unknown one is refused there too."""
    declared, judged = find_backend("memory"), find_backend("memory@upstream-0.143")
    assert (declared.session.originators, judged.session.originators) == ("default", "upstream-0.143")
    assert (declared.name, declared.capabilities) == (judged.name, judged.capabilities)
    with pytest.raises(TargetError, match="no profile is called ''"):
        find_backend("memory@")
