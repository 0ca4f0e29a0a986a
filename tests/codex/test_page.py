"""What is kept in docs/codex of runs on real Codex, and the page that is made of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from threadstore_conformance.expected import load_expected

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "codex"
CERTIFICATES = sorted(KEPT.glob("certificate-*.json"))

each = pytest.mark.parametrize("file", CERTIFICATES, ids=lambda file: file.stem)


def _page(root: Path, *folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, root / "tools" / "codex_page.py", *folders]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the page is made of, and of what makes it."""
    for folder in ("docs", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / "root" / folder)
    return tmp_path / "root"


@each
def test_a_kept_certificate_has_its_schema_and_nothing_unknown(file: Path) -> None:
    """Ensure it is one of this version and of a whole run, in which what failed is what was known to fail."""
    certificate = json.loads(file.read_text())
    schema = json.loads((files("threadstore_spec") / "schemas" / "certificate.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(certificate)
    known: dict[str, Any] = certificate["expected"]
    assert (certificate["narrowed"], known["new"], known["stale"], known["trouble"]) == (False, [], [], "")


@each
def test_every_failure_that_is_known_has_a_finding(file: Path) -> None:
    """Ensure each finding that a list names was reproduced, and has its script."""
    known = load_expected(file.with_name(file.name.replace("certificate", "expected")))
    reproduced = {found["finding"] for found in json.loads((KEPT / "findings.json").read_text())}
    assert {each.finding for each in known} <= {name.partition("_")[0] for name in reproduced}
    scripts = {path.stem for path in (ROOT / "tools" / "codex_findings").glob("cf*.py")}
    assert scripts == reproduced


def test_the_page_is_up_to_date(copy: Path) -> None:
    """Ensure it is what its tool makes of what is kept."""
    done = _page(copy)
    assert done.returncode == 0, done.stderr
    assert (copy / "docs" / "codex.md").read_text() == (ROOT / "docs" / "codex.md").read_text()


def test_a_run_is_taken_in(copy: Path, tmp_path: Path) -> None:
    """Ensure its certificate takes the former's place, and a program does only where it is shorter."""
    run = tmp_path / "run"
    run.mkdir()
    certificate = json.loads((KEPT / "certificate-0.163.0-paginated.json").read_text())
    (run / "certificate.json").write_text(json.dumps(certificate | {"operations": 123_456}))
    (run / "cf14.program.py").write_text("# /somewhere/or/other/codex/sessions/rollout\n")
    (run / "cf34.program.py").write_text("# a program\n" * 1000)
    done = _page(copy, run)
    assert done.returncode == 0, done.stderr
    assert "123,456" in (copy / "docs" / "codex.md").read_text()
    programs = copy / "docs" / "codex" / "programs"
    assert (programs / "cf14.py").read_text() == "# HOME/sessions/rollout\n"
    assert (programs / "cf34.py").read_text() == (KEPT / "programs" / "cf34.py").read_text()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (None, "has no certificate.json"),
        ({"narrowed": True}, "is of a part of codex 0.144.4"),
        ({"backend": "local", "backend_version": "1.0"}, "is of local 1.0: the page has whole runs of codex 0.144.4"),
    ],
)
def test_no_other_run_is_taken_in(change: dict[str, Any] | None, says: str, copy: Path, tmp_path: Path) -> None:
    """Ensure it is refused in a sentence, before anything is written."""
    run = tmp_path / "run"
    run.mkdir()
    if change is not None:
        certificate = json.loads((KEPT / "certificate-0.144.4.json").read_text())
        (run / "certificate.json").write_text(json.dumps(certificate | change))
    before = {path: path.read_bytes() for path in copy.rglob("*.json")}
    done = _page(copy, run)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in copy.rglob("*.json")} == before
