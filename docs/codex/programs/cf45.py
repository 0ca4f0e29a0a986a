# load_history breaks SYNC-2 at error: expected StoredThreadHistory(thread_id='01a20566-326d-7de2-b0bb-111ff4f2552c', items=[RolloutItem('session_meta', Open(thread_id='01a20566-326d-7de2-b0bb-111ff4f2552c', name='session_meta', facts=SessionMeta(id='01a20566-326d-7de2-b0bb-111ff4f2552c', session_id='01a20566-326d-7de2-b0bb-111ff4f2552c', cwd='/', originator='codex_cli_rs', model_provider='provider-b', history_mode='paginate… (487 characters), got ThreadNotFound(thread_id='01a20566-326d-7de2-b0bb-111ff4f2552c')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    manager.update_thread_metadata(UpdateThreadMetadataParams(
        thread_id=thread_1,
        patch=ThreadMetadataPatch(git_info=GitInfoPatch(branch='a')),
        include_archived=True,
    ))
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_1, include_archived=True)))
