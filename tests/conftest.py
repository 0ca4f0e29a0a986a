"""Hypothesis profiles, chosen by the environment: ``dev`` by default, ``ci`` where CI is set, ``soak`` by hand."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, print_blob=True, database=None)
settings.register_profile(
    "soak", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

#: The folder of real Codex homes, where a checkout has it beside it.
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of homes that real Codex wrote."""
    if not CORPUS.is_dir():
        pytest.skip(f"no real Codex homes here: {CORPUS} is absent")
    return CORPUS
