# resume_thread breaks RESUME-3 at name: expected 'a', got None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(name='a'),
    ))
    print(manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )))
