"""A blank override in the environment is taken as the originator.

What a user sees: a wrapper sets `CODEX_INTERNAL_ORIGINATOR_OVERRIDE` to an empty text, or to a space, where it has
nothing to say. Every thread is then attributed to nobody, in its rollout and in the header of its requests, instead of
to the client that started it.

Expected by ORIG-1: a source that is empty or white space alone is passed over.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Start a thread with an empty and with a blank override, and look at its originator."""
    told = {}
    for override in ("", " "):
        codex.stop()
        codex.environment["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] = override
        thread = codex.start()
        codex.turn(thread, "hello")
        told[override] = codex.lines(thread)[0]["payload"]["originator"], codex.model.originators[-1]
    seen = ", ".join(f"override {override!r}: rollout and header say {both}" for override, both in told.items())
    return present(seen) if any(not (said or "").strip() for both in told.values() for said in both) else absent(seen)


if __name__ == "__main__":
    report(found)
