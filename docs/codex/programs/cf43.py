# unarchive_thread breaks ROUTE-2 at error: expected StoredThread(thread_id='01a2055d-be17-7380-8186-2ca399463f4c', model_provider='provider-a', model='gpt-5.1-codex', created_at=1795386359319, updated_at=1795386359375, recency_at=1795386359345, cwd='/', cli_version='0.144.4', approval_mode='never', permission_profile={'type': 'disabled'}, token_usage=TokenUsage(input_tokens=100, output_tokens=10, total_tokens=110), originator='codex_cli_rs'), got Internal(message='failed to unarchive session: thread-store internal error: failed to read unarchived thread HOME/sessions/2026/11/22/rollout-2026-11-22T22-25-59-01a2055d-be17-7380-8186-2ca399463f4c.jsonl')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': '## My request for Codex:'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'})],
    ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    print(manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_1)))
