"""Write docs/codex.md: what Codex conforms to, clause by clause, and the findings where it does not.

    python tools/codex_page.py [FOLDER …]

It reads what is kept of the runs in docs/codex: ``certificate-*.json`` of ``threadstore certify``, of the programs that
it writes the shortest for each finding, and ``findings.json`` of ``python tools/codex_findings``. It takes
certificates and programs from the folders of ``threadstore certify codex --out FOLDER`` that are named.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from threadstore_conformance.spec_text import load_clauses

ROOT = Path(__file__).parent.parent
DATA = ROOT / "docs" / "codex"
SCRIPTS = ROOT / "tools" / "codex_findings"

#: The runs, by the names of their files: what each column is called, and what was certified.
RUNS = {
    "0.144.4": ("0.144.4", "codex", "upstream-0.143"),
    "0.163.0": ("0.163.0 legacy", "codex", "upstream-later"),
    "0.163.0-paginated": ("0.163.0 paginated", "codex-paginated", "upstream-later"),
}
_CELLS = {"PRESENT": "yes", "ABSENT": "no", "NOT APPLICABLE": "–"}


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folders: tuple[Path, ...]) -> None:
    """Take the runs that are in FOLDERS in, and write the page."""
    for name, folder in [(_run_in(folder), folder) for folder in folders]:
        _take_in(folder, name)
    kept = {name: DATA / f"certificate-{name}.json" for name in RUNS}
    certificates = {name: json.loads(file.read_text()) for name, file in kept.items()}
    findings = json.loads((DATA / "findings.json").read_text())
    met = {finding for each in certificates.values() for finding in each["expected"]["met"]}
    page = "\n".join([*_verdicts(certificates), *_clauses(certificates), *_findings(findings, met)])
    (DATA.parent / "codex.md").write_text(page.rstrip() + "\n", encoding="utf-8")


def _run_in(folder: Path) -> str:
    """Return which of the runs is in a folder; raise `ClickException` for any other, and for a part of one."""
    file = folder / "certificate.json"
    if not file.is_file():
        raise click.ClickException(f"{folder} has no certificate.json of `threadstore certify`")
    certificate = json.loads(file.read_text())
    ran = certificate["backend"], certificate["backend_version"]
    name = next((name for name, run in RUNS.items() if (run[1], run[0].split()[0]) == ran), None)
    if name is None or certificate["narrowed"]:
        raise click.ClickException(
            f"{file} is of {'a part of ' if certificate['narrowed'] else ''}{' '.join(ran)}: the page has whole runs of"
            f" {', '.join(f'{run[1]} {run[0]}' for run in RUNS.values())}"
        )
    return name


def _take_in(folder: Path, name: str) -> None:
    """Keep a run's certificate, and its programs of findings of which none is kept that is as short."""
    shutil.copyfile(folder / "certificate.json", DATA / f"certificate-{name}.json")
    for program in folder.glob("cf*.program.py"):
        # Homes are gone, and no reader needs to know where they were.
        text = re.sub(r"/[^\s'\"]*?/codex/(?=(archived_)?sessions/)", "HOME/", program.read_text())
        kept = DATA / "programs" / program.name.replace(".program", "")
        if not kept.exists() or len(text.splitlines()) < len(kept.read_text().splitlines()):
            kept.write_text(text)


_INTRODUCTION = """\
# What real Codex conforms to

Codex keeps its threads in a store of the kind that this project specifies. Its own binary, as anybody can install
it (`openai-codex-cli-bin`), is certified here at the manager's port, through `codex app-server`: offline, in a
home of its own, with a scripted model on the loopback. What the app-server cannot be asked is not asked, and what
it does not show is read from the files that it leaves; nothing is simulated. This page is made by `python
tools/codex_page.py`.

## Certificates
"""

_LEFT_OUT = """\
A question mark stands for what Codex fills in where nothing was given. Times that are less than a second apart are one.
A thread of which nothing is kept is missing, and Codex is not asked for it: what it has in memory alone is not stored.
A program ends early where it met a known failure that leaves open what is in the home, or where a thread without a
message hands its history to an agent: what was compared until then counts. What Codex and the local store make of each
other's homes is on [a page of its own](codex/differential.md).
"""

_UNTESTED = """
{count} more clauses of the levels core and query are about a store, which Codex does not show: they are not
applicable here. *Untested* are clauses of which no directed check can be asked of Codex; generated programs, which
compare everything that is shown with the model after each operation, show any clause of the level broken.
"""

_FINDINGS = """\
## Findings

Each has a script of its own against the bare app-server, in `tools/codex_findings`, that shares no code with this
project. It was run twice from scratch in every column, and both runs agree. *Met* are findings that the certified runs
met by themselves, through checks and programs that know nothing of any finding; in brackets, what they may meet and
did not. All are run again, on any binary, by `python tools/codex_findings --codex-bin codex`.
"""


def _verdicts(certificates: dict[str, Any]) -> Iterator[str]:
    yield _INTRODUCTION
    yield from _verdict_table(certificates)
    yield from ("", "Each is made again, with its binary in place of `codex`, by", "", "```console")
    for name, (_, target, profile) in RUNS.items():
        options = f"--level session --profile {profile} --expected docs/codex/expected-{name}.json"
        yield f"$ threadstore certify {target} --codex-bin codex {options}"
    yield from ("```", "")
    for name, certificate in certificates.items():
        fields = ", ".join(f"`{field}`" for field in certificate["product"]["unseen"])
        yield from (f"Of what {RUNS[name][0]} shows nowhere nothing is judged: {fields}.", "")
    yield _LEFT_OUT


def _verdict_table(certificates: dict[str, Any]) -> Iterator[str]:
    yield "| Codex | profile | verdict | programs | ended early | operations | findings met | new | stale | minutes |"
    yield _rule(10)
    for name, certificate in certificates.items():
        expected, verdict = certificate["expected"], certificate["verdict"]
        wrong = expected["new"] or expected["stale"] or expected["trouble"]
        verdict += f" ({expected['trouble']})" if expected["trouble"] else ""
        verdict += " as expected" if verdict == "failed" and not wrong else ""
        cut = sum(certificate["product"]["cut"].values())
        yield (
            f"| {RUNS[name][0]} | {certificate['profile']} | {verdict} | {certificate['programs']:,} | {cut} |"
            f" {certificate['operations']:,} | {len(expected['met'])} | {', '.join(expected['new']) or '–'} |"
            f" {', '.join(expected['stale']) or '–'} | {certificate['seconds'] / 60:.0f} |"
        )


def _clauses(certificates: dict[str, Any]) -> Iterator[str]:
    known = load_clauses()
    by_run = {name: {each["id"]: each for each in certificate["clauses"]} for name, certificate in certificates.items()}
    ids = [each for each in known if any(each in reports for reports in by_run.values())]
    yield from ("## Clause by clause", "", f"| clause | | {' | '.join(map(_title, by_run))} |", _rule(2 + len(by_run)))
    for each in ids:
        cells = [_cell(reports.get(each)) for reports in by_run.values()]
        yield f"| {each} | {known[each].title} | {' | '.join(cells)} |"
    yield _UNTESTED.format(count=sum(each.level in ("core", "query") for each in known.values() if each.id not in ids))


def _title(name: str) -> str:
    return RUNS[name][0]


def _columns() -> list[str]:
    return list(map(_title, RUNS))


def _rule(columns: int) -> str:
    return "|" + "---|" * columns


def _cell(report: Any) -> str:
    if report is None:
        return ""
    told = ", ".join(f"[{finding}](#{finding})" for finding in report["findings"])
    return f"**failed** {told}" if report["verdict"] == "failed" else str(report["verdict"])


def _findings(findings: list[Any], met: set[str]) -> Iterator[str]:
    lists = [json.loads((DATA / f"expected-{name}.json").read_text())["expected"] for name in RUNS]
    listed = {each["finding"] for expected in lists for each in expected}
    yield _FINDINGS
    yield from (f"| finding | clause | {' | '.join(_columns())} | met | |", _rule(4 + len(RUNS)))
    for finding in findings:
        short = finding["finding"].partition("_")[0]
        cells = [_CELLS.get(run["outcome"], run["outcome"]) for run in finding["runs"]]
        found = "yes" if short in met else "(no)" if short in listed else ""
        yield f"| [{short}](#{short}) | {finding['clause']} | {' | '.join(cells)} | {found} | {finding['title']} |"
    yield ""
    for finding in findings:
        yield from _finding(finding)


def _finding(finding: Any) -> Iterator[str]:
    short = finding["finding"].partition("_")[0]
    script = SCRIPTS / f"{finding['finding']}.py"
    title, _, story = (ast.get_docstring(ast.parse(script.read_text())) or "").partition("\n\n")
    yield from (f"### {short}", "", f"**{title}**", "", story, "")
    for column, run in zip(_columns(), finding["runs"], strict=True):
        if run["outcome"] == "PRESENT":
            yield f"* {column}: {run['seen'][0][1]}"
    yield from ("", f"Reproduction: [`{script.name}`](../tools/codex_findings/{script.name})", "")
    program = DATA / "programs" / f"{short}.py"
    if program.exists():
        yield from ("The suite's own program:", "", "```python", program.read_text().rstrip(), "```", "")


if __name__ == "__main__":
    main()
