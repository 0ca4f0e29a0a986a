# fork_thread breaks FORK-1 at error: expected LoadedThread(thread_id='00000000-0000-7000-8000-000000000000', session_id='00000000-0000-7000-8000-000000000000', originator='codex_cli_rs', forked_from_id='01a205ee-afb5-7eb2-a942-157d95396d4b', base_instructions={'text': 'You are a coding agent running in the Codex CLI, a terminal-based coding assistant. Codex CLI is an open source project led by OpenAI. You are expected to b… (21,372 characters), got InvalidRequest(message='01a205ee-afb5-7eb2-a942-157d95396d4b: session 01a205ee-afb5-7eb2-a942-157d95396d4b is archived. Run `codex unarchive 01a205ee-afb5-7eb2-a942-157d95396d4b` to unarchive it first.', field=None)

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-1'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-1'})],
    ))
    manager.archive_thread(ArchiveThreadParams(thread_id=thread_1))
    print(manager.fork_thread(ForkParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )))
