"""Run every finding twice, each time from scratch, on each binary and in each history mode that it knows.

    python tools/codex_findings --codex-bin PATH [--codex-bin PATH …] [--out findings.json] [--only cf01 …]

A finding stands where both runs say PRESENT. It ends with status 1 when two runs of one disagree or one went wrong.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bare import PATIENCE, Codex

HERE = Path(__file__).parent
OUTCOMES = ("PRESENT", "ABSENT", "NOT APPLICABLE")
MODES = ("legacy", "paginated")


def main() -> None:
    """Run what the command line asks for, write the table, print it."""
    asked = argparse.ArgumentParser(description="Run every finding twice, each time from scratch.")
    asked.add_argument("--codex-bin", required=True, action="append", help="a codex executable; may be given again")
    asked.add_argument("--out", type=Path, help="where to write the table as JSON")
    asked.add_argument("--only", nargs="*", default=[""], help="beginnings of the names of the findings to run")
    asked.add_argument("--jobs", type=int, default=2, help="how many to run at a time")
    given = asked.parse_args()
    try:
        targets = [target for binary in given.codex_bin for target in _targets(binary)]
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"one of these is no codex executable: {error}")
    scripts = [path for path in sorted(HERE.glob("cf*.py")) if path.name.startswith(tuple(given.only))]
    with ThreadPoolExecutor(given.jobs) as pool:
        runs = {(script, n): pool.submit(_outcome, script, at) for script in scripts for n, at in enumerate(targets)}
        table = [
            _told(script) | {"runs": [runs[script, n].result() for n in range(len(targets))]} for script in scripts
        ]
    if given.out:
        given.out.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _show(table)
    sys.exit(any(run["outcome"] not in OUTCOMES for row in table for run in row["runs"]))


def _targets(binary: str) -> list[dict[str, str]]:
    """Return a binary's version with each history mode in which it starts threads."""
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()
    with Codex(binary) as codex:
        modes = [mode for mode in MODES if codex.refusal("thread/start", cwd="/", historyMode=mode) is None]
    return [{"binary": binary, "version": told[-1], "history": mode} for mode in modes]


def _outcome(script: Path, target: dict[str, str]) -> dict[str, Any]:
    """Run a finding twice, and return what came of it and what was seen."""
    said = [_run(script, target) for _ in range(2)]
    verdicts = [verdict for verdict, _ in said]
    outcome = verdicts[0] if len(set(verdicts)) == 1 else "UNSTABLE"
    return {"version": target["version"], "history": target["history"], "outcome": outcome, "seen": said}


def _run(script: Path, target: dict[str, str]) -> tuple[str, str]:
    command = [sys.executable, str(script), "--codex-bin", target["binary"], "--history", target["history"]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5 * PATIENCE)
    except subprocess.TimeoutExpired:
        return "TROUBLE", f"it did not end in {5 * PATIENCE} s"
    last = (done.stdout.strip() or f"TROUBLE: {done.stderr.strip()[-200:]}").splitlines()[-1]
    verdict, _, seen = last.partition(": ")
    if done.returncode != (OUTCOMES.index(verdict) if verdict in OUTCOMES else 3):
        return "TROUBLE", last
    # Where the scratch folder of a run was is nobody's affair.
    return verdict, re.sub(r"/\S*codex-finding-\w+", "SCRATCH", seen)


def _told(script: Path) -> dict[str, Any]:
    """Return what a finding's docstring tells of it."""
    text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    clauses = re.search(r"^Expected by ([A-Z]+-\d+[a-z]?)", text, re.MULTILINE)
    return {
        "finding": script.stem,
        "title": text.partition("\n")[0],
        "clause": clauses[1] if clauses else None,
        "upstream": re.findall(r"openai/codex#\d+", text),
    }


def _show(table: list[dict[str, Any]]) -> None:
    for row in table:
        print(f"{row['finding']}  [{row['clause']}]  {row['title']}")
        for run in row["runs"]:
            print(f"    {run['version']:>9} {run['history']:<10} {run['outcome']:<15} {run['seen'][1][1][:140]}")
    stand = sum(any(run["outcome"] == "PRESENT" for run in row["runs"]) for row in table)
    print(f"{stand} of {len(table)} findings stand on at least one version and history mode")


if __name__ == "__main__":
    main()
