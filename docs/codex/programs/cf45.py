# load_history breaks SYNC-2 at error: expected StoredThreadHistory(thread_id='01a205e5-a2ec-7cc1-8620-8c9aef168549', items=[RolloutItem('session_meta', Open(thread_id='01a205e5-a2ec-7cc1-8620-8c9aef168549', name='session_meta', facts=SessionMeta(id='01a205e5-a2ec-7cc1-8620-8c9aef168549', session_id='01a205e5-a2ec-7cc1-8620-8c9aef168549', cwd='/', originator='codex_cli_rs', model_provider='provider-b', history_mode='paginate… (487 characters), got ThreadNotFound(thread_id='01a205e5-a2ec-7cc1-8620-8c9aef168549')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(memory_mode='disabled'),
    ))
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_1, include_archived=True)))
