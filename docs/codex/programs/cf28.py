# archive_thread breaks ROUTE-2 at error.kind: expected Err(kinds=[<ErrorKind.INVALID_REQUEST: 'invalid_request'>], about='01a2055b-4043-7a82-91af-eea670eedb5a', clause='ARCH-1'), got ThreadNotFound(thread_id='01a2055b-4043-7a82-91af-eea670eedb5a')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    thread_2 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_2))
    print(manager.archive_thread(ArchiveThreadParams(thread_id=thread_2)))
