# spawn_thread breaks ROUTE-1b at error.kind: expected Err(kinds=[<ErrorKind.INVALID_REQUEST: 'invalid_request'>], about='01a2055c-3c4f-7d11-965e-5f1a0f06ffa6', clause='ROUTE-1b'), got ThreadNotFound(thread_id='01a2055c-3c4f-7d11-965e-5f1a0f06ffa6')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
        ephemeral=True,
    )).thread_id
    print(manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )))
