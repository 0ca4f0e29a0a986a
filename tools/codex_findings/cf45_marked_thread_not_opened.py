"""A thread that was marked before its first message cannot be opened or archived again.

What a user sees: a program starts a thread and sets its branch, or takes it out of memory, before anybody said a word.
After the next start of Codex the thread is still known by its id, and opening or archiving it fails: it has no rollout.

Expected by SYNC-2: metadata that is set on a hidden thread makes it stored; by RESUME-1 what is stored can be resumed,
and by ARCH-1 archived.
"""

from bare import Codex, Outcome, absent, present, report

PATCHES = {
    "branch": ("thread/metadata/update", {"gitInfo": {"branch": "trunk"}}),
    "memory mode": ("thread/memoryMode/set", {"mode": "disabled"}),
}


def found(codex: Codex) -> Outcome:
    """Set one thing on each of two threads in which nothing was said, restart, read, resume and archive them."""
    threads = {what: codex.start() for what in PATCHES}
    for what, (method, more) in PATCHES.items():
        codex.call(method, threadId=threads[what], **more)
    written = {what: any(codex.home.rglob(f"rollout-*{thread}*")) for what, thread in threads.items()}
    codex.stop()
    reads = {what: codex.refusal("thread/read", threadId=thread) for what, thread in threads.items()}
    resumes = {what: codex.refusal("thread/resume", threadId=thread) for what, thread in threads.items()}
    archives = {what: codex.refusal("thread/archive", threadId=thread) for what, thread in threads.items()}
    seen = "; ".join(
        f"{what}: rollout {written[what]}, read {reads[what]}, resume {resumes[what]}, archive {archives[what]}"
        for what in PATCHES
    )
    return present(seen) if any(resumes.values()) or any(archives.values()) else absent(seen)


if __name__ == "__main__":
    report(found)
