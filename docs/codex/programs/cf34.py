# read_thread breaks RESUME-2 at model_provider: expected 'provider-b', got 'provider-a'

from threadstore import *
from threadstore_conformance import fresh_process

with fresh_process('codex@upstream-later') as process:
    manager = process.manager
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    thread_2 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    manager = process.restart(ProcessSettings())
    manager.resume_thread(ResumeParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    ))
    print(manager.read_thread(ReadThreadParams(thread_id=thread_2, include_archived=True)))
