# spawn_thread breaks FORK-2 at ephemeral: expected False, got True

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
        ephemeral=True,
    )).thread_id
    print(manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )))
