# refused: ThreadNotFound(thread_id='01a20559-dce3-78a3-829e-4767bce36824')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        thread_source='user',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    try:
        print(manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
        )))
    except ThreadStoreError as error:
        print(repr(error))
