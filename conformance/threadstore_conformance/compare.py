"""Judging an answer by the model's outcome: does it conform, and which open values did it show?"""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from threadstore import ThreadStoreError
from threadstore.errors import ErrorKind
from threadstore.manager import ERROR_CLASSES
from threadstore.outcomes import Either, Err, Outcome, Rows

from .compare_pages import judge_page
from .compare_values import EXACTLY, Bindings, Leeway, Match, Mismatch, judge_value


@frozen
class Returned:
    """The store answered with a value."""

    value: Any


@frozen
class Raised:
    """The store answered with an error."""

    error: ThreadStoreError


Answer = Returned | Raised


def judge(outcome: Outcome, answer: Answer, leeway: Leeway = EXACTLY) -> Match | Mismatch:
    """Compare an answer with the outcome that the model gives."""
    if isinstance(outcome, Either):
        verdicts = [judge(each, answer, leeway) for each in outcome.outcomes]
        matches = [verdict for verdict in verdicts if isinstance(verdict, Match)]
        return matches[0] if matches else _nearest(outcome, verdicts, answer)
    if isinstance(outcome, Err):
        return _judge_error(outcome, answer)
    if isinstance(answer, Raised):
        return Mismatch("error", outcome.value, answer.error)
    found = Bindings(leeway)
    expected, actual = outcome.value, answer.value
    if isinstance(expected, Rows):
        mismatch = judge_page(expected, actual, found)
        return mismatch or Match(tuple(found.seen), expected)
    return judge_value(expected, actual, "", found) or Match(tuple(found.seen))


def judge_by_class(outcome: Outcome, answer: Answer, leeway: Leeway = EXACTLY) -> Match | Mismatch:
    """Compare an answer with the outcome that the session model gives: an error conforms when its class does."""
    if isinstance(answer, Raised):
        alternatives = outcome.outcomes if isinstance(outcome, Either) else (outcome,)
        kinds = {kind for each in alternatives if isinstance(each, Err) for kind in each.kinds}
        if ERROR_CLASSES[answer.error.kind] in {ERROR_CLASSES[kind] for kind in kinds}:
            return Match()
    return judge(outcome, answer, leeway)


def _nearest(outcome: Either, verdicts: list[Match | Mismatch], answer: Answer) -> Mismatch:
    # The alternative of the answer's own sort says best what is wrong with it.
    for each, verdict in zip(outcome.outcomes, verdicts, strict=True):
        if isinstance(verdict, Mismatch) and isinstance(each, Err) == isinstance(answer, Raised):
            return verdict
    first = verdicts[0]
    assert isinstance(first, Mismatch)
    return first


def _judge_error(outcome: Err, answer: Answer) -> Match | Mismatch:
    if isinstance(answer, Returned):
        return Mismatch("", outcome, answer.value, outcome.clause)
    error = answer.error
    if error.kind not in outcome.kinds:
        return Mismatch("error.kind", outcome, error, outcome.clause)
    named: Any = str(error)
    if error.kind is ErrorKind.THREAD_NOT_FOUND:
        named = getattr(error, "thread_id", None)
    elif error.kind is ErrorKind.UNSUPPORTED:
        named = getattr(error, "operation", None)
    elif names(named, outcome.about):
        return Match()
    if error.kind in (ErrorKind.THREAD_NOT_FOUND, ErrorKind.UNSUPPORTED) and named == outcome.about:
        return Match()
    return Mismatch("error", f"an error that names {outcome.about}", error, "READ-3")


def names(text: str, word: str) -> bool:
    """Tell whether a text has a field's name or an id as a word of its own; ``agent_nickname`` names no ``name``."""
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text) is not None
