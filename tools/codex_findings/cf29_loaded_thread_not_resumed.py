"""A thread that is loaded cannot be resumed before its first turn, and an ephemeral one never.

What a user sees: a second window joins a conversation that was just started, and is told `no rollout found`, although
the list of loaded threads has it.

Expected by RESUME-3: a loaded thread is returned as it is; by ROUTE-1b an ephemeral one can be resumed while loaded.
Upstream: openai/codex#36061 (no rollout found for a thread that is live).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Start a thread and an ephemeral one, and resume both while they are loaded."""
    threads = {"new": codex.start(), "ephemeral": codex.start(ephemeral=True)}
    loaded = codex.call("thread/loaded/list")["data"]
    refusals = {kind: codex.refusal("thread/resume", threadId=thread) or "" for kind, thread in threads.items()}
    seen = ", ".join(
        f"{kind}: loaded {thread in loaded}, resume {'refused: ' + refusals[kind] if refusals[kind] else 'accepted'}"
        for kind, thread in threads.items()
    )
    return present(seen) if set(threads.values()) <= set(loaded) and any(refusals.values()) else absent(seen)


if __name__ == "__main__":
    report(found)
