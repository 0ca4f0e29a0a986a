# delete_thread breaks ROUTE-2 at error: expected None, got InvalidRequest(message='01a20560-f02f-7730-ab7d-b0feb57e80ad: cannot delete thread 01a20560-f05e-7172-8eca-aeca7c341978: forked history still references it', field=None)

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    thread_2 = manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.fork_thread(ForkParams(
        thread_id=thread_2,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    ))
    print(manager.delete_thread(DeleteThreadParams(thread_id=thread_1)))
