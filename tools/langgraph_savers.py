"""Broken savers of LangGraph checkpoints: each is LangGraph's own one in memory with one thing broken."""

# ruff: noqa: D101, D102  # what each breaks is said in compare_with_langgraph.py

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver

Json = dict[str, Any]


def _id(config: Json) -> str:
    return str(config["configurable"]["thread_id"])


def _saved(config: Json, checkpoint: Json) -> Json:
    return {"configurable": {**config["configurable"], "checkpoint_id": checkpoint["id"]}}


class Good(InMemorySaver):
    """A good saver, with what broken ones need."""

    def __init__(self) -> None:
        super().__init__()
        self.puts = 0

    def forget(self) -> None:
        """Forget everything."""
        self.storage.clear()
        self.writes.clear()
        self.blobs.clear()


class Nothing(Good):
    """A good saver, of which nothing is tested."""


class Empty(BaseCheckpointSaver[str]):
    """A saver without an operation."""


class Rewriting(Good):
    """Rewrites the texts and numbers that it keeps."""

    def put(self, config: Json, checkpoint: Json, metadata: Json, new_versions: Json) -> Json:
        values = self._rewritten(checkpoint["channel_values"])
        return super().put(config, {**checkpoint, "channel_values": values}, self._rewritten(metadata), new_versions)

    def put_writes(self, config: Json, writes: Any, task_id: str, task_path: str = "") -> None:
        super().put_writes(config, [(name, self._rewritten(value)) for name, value in writes], task_id, task_path)

    def _rewritten(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._rewritten(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._rewritten(member) for member in value]
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        """Return a text or a number rewritten."""
        return value


class Telling(Good):
    """Tells what it has otherwise than it was put."""

    def get_tuple(self, config: Json) -> CheckpointTuple | None:
        found = super().get_tuple(config)
        return found and self.told(found)

    def list(self, config: Json | None, **options: Any) -> Iterator[CheckpointTuple]:
        yield from map(self.told, super().list(config, **options))

    def told(self, found: CheckpointTuple) -> CheckpointTuple:
        """Return what is told of a checkpoint."""
        return found


# --- Subtle faults -----------------------------------------------------------------------------


class ForgetsAfterTwoHundred(Good):
    def put(self, *args: Any) -> Json:
        self.puts += 1
        if self.puts > 200:
            self.forget()
        return super().put(*args)


class NormalisesText(Rewriting):
    def scalar(self, value: Any) -> Any:
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


class RoundsLargeIntegers(Rewriting):
    def scalar(self, value: Any) -> Any:
        return int(float(value)) if type(value) is int and abs(value) > 2**53 else value


class KeepsEmptyTextAsNull(Rewriting):
    def scalar(self, value: Any) -> Any:
        return None if value == "" else value


class DropsMembersBeyondSixtyFour(Good):
    def put(self, config: Json, checkpoint: Json, metadata: Json, new_versions: Json) -> Json:
        return super().put(config, checkpoint, dict(list(metadata.items())[:64]), new_versions)


class FoldsIds(Good):
    def put(self, config: Json, *args: Any) -> Json:
        return super().put(_folded(config), *args)

    def put_writes(self, config: Json, *args: Any, **options: Any) -> None:
        super().put_writes(_folded(config), *args, **options)

    def get_tuple(self, config: Json) -> CheckpointTuple | None:
        return super().get_tuple(_folded(config))

    def list(self, config: Json | None, **options: Any) -> Iterator[CheckpointTuple]:
        return super().list(config and _folded(config), **options)

    def delete_thread(self, thread_id: str) -> None:
        super().delete_thread(thread_id.lower())


def _folded(config: Json) -> Json:
    return {**config, "configurable": {**config["configurable"], "thread_id": _id(config).lower()}}


class DeletesByPrefix(Good):
    def delete_thread(self, thread_id: str) -> None:
        for each in [known for known in self.storage if known[:8] == thread_id[:8]]:
            super().delete_thread(each)


class WipesAtAnUnknownDelete(Good):
    def delete_thread(self, thread_id: str) -> None:
        if thread_id not in self.storage:
            self.forget()
        super().delete_thread(thread_id)


class SwallowsWhatFollowsADelete(Good):
    def __init__(self) -> None:
        super().__init__()
        self.deleted: set[str] = set()

    def put(self, config: Json, checkpoint: Json, *args: Any) -> Json:
        return _saved(config, checkpoint) if _id(config) in self.deleted else super().put(config, checkpoint, *args)

    def delete_thread(self, thread_id: str) -> None:
        self.deleted.add(thread_id)
        super().delete_thread(thread_id)


class LosesConcurrentUpdates(Good):
    async def aput_writes(self, config: Json, *args: Any, **options: Any) -> None:
        place = (_id(config), config["configurable"].get("checkpoint_ns", ""), config["configurable"]["checkpoint_id"])
        before = dict(self.writes[place])
        await asyncio.sleep(0)
        self.writes[place] = before
        super().put_writes(config, *args, **options)


class RaisesOnOverlap(Good):
    busy = False

    async def aput(self, *args: Any) -> Json:
        if self.busy:
            raise RuntimeError("another operation is under way")
        self.busy = True
        try:
            await asyncio.sleep(0)
            return super().put(*args)
        finally:
            self.busy = False


class DropsEveryTwentiethWrite(Good):
    def put(self, config: Json, checkpoint: Json, *args: Any) -> Json:
        self.puts += 1
        return _saved(config, checkpoint) if self.puts % 20 == 0 else super().put(config, checkpoint, *args)


class ListsTheWrongWayRound(Good):
    def list(self, config: Json | None, *, limit: int | None = None, **options: Any) -> Iterator[CheckpointTuple]:
        yield from list(super().list(config, **options))[::-1][:limit]


class IgnoresTheLimit(Good):
    def list(self, config: Json | None, *, limit: int | None = None, **options: Any) -> Iterator[CheckpointTuple]:
        return super().list(config, **options)


class WritesIntoTheCallersObject(Good):
    def put(self, config: Json, checkpoint: Json, *args: Any) -> Json:
        saved = super().put(config, checkpoint, *args)
        checkpoint["channel_values"]["ordinal"] = self.puts
        return saved


# --- Plain faults -----------------------------------------------------------------------------------------


class LosesEveryWrite(Good):
    def put(self, config: Json, checkpoint: Json, *args: Any) -> Json:
        return _saved(config, checkpoint)


class DoublesEveryWrite(Telling):
    def told(self, found: CheckpointTuple) -> CheckpointTuple:
        return found._replace(pending_writes=(found.pending_writes or []) * 2)


class ReversesABatch(Telling):
    def told(self, found: CheckpointTuple) -> CheckpointTuple:
        return found._replace(pending_writes=(found.pending_writes or [])[::-1])


class TellsOfAnotherThread(Good):
    def get_tuple(self, config: Json) -> CheckpointTuple | None:
        place = config["configurable"]
        others = [known for known in self.storage if known != _id(config) and self.storage[known].get("")]
        if super().get_tuple(config) is None or not others:
            return super().get_tuple(config)
        return super().get_tuple({"configurable": {"thread_id": others[0], "checkpoint_ns": place["checkpoint_ns"]}})


class DeletesNothing(Good):
    def delete_thread(self, thread_id: str) -> None:
        pass


class DeletesEverything(Good):
    def delete_thread(self, thread_id: str) -> None:
        self.forget()


class IgnoresTheFilter(Good):
    def list(self, config: Json | None, *, filter: Json | None = None, **options: Any) -> Iterator[CheckpointTuple]:  # noqa: A002
        return super().list(config, **options)


class IgnoresTheCursor(Good):
    def list(self, config: Json | None, *, before: Json | None = None, **options: Any) -> Iterator[CheckpointTuple]:
        return super().list(config, **options)


class ListsAllButTheNewest(Good):
    def list(self, config: Json | None, *, limit: int | None = None, **options: Any) -> Iterator[CheckpointTuple]:
        yield from list(super().list(config, **options))[1:][:limit]


class DropsMetadata(Good):
    def put(self, config: Json, checkpoint: Json, metadata: Json, new_versions: Json) -> Json:
        return super().put(config, checkpoint, {}, new_versions)


class KeepsTheCallersObject(Telling):
    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, Json] = {}

    def put(self, config: Json, checkpoint: Json, metadata: Json, new_versions: Json) -> Json:
        self.objects[checkpoint["id"]] = metadata
        return super().put(config, checkpoint, metadata, new_versions)

    def told(self, found: CheckpointTuple) -> CheckpointTuple:
        return found._replace(metadata=self.objects[found.checkpoint["id"]])


class ReadsStale(Good):
    def __init__(self) -> None:
        super().__init__()
        self.read: dict[str, CheckpointTuple] = {}

    def get_tuple(self, config: Json) -> CheckpointTuple | None:
        place = json.dumps(config["configurable"], sort_keys=True)
        found = self.read.get(place) or super().get_tuple(config)
        if found:
            self.read[place] = found
        return found

    def delete_thread(self, thread_id: str) -> None:
        self.read.clear()
        super().delete_thread(thread_id)


class RevivesTheDeleted(Telling):
    def __init__(self) -> None:
        super().__init__()
        self.hidden: set[str] = set()

    def put(self, config: Json, *args: Any) -> Json:
        self.hidden.discard(_id(config))
        return super().put(config, *args)

    def get_tuple(self, config: Json) -> CheckpointTuple | None:
        return None if _id(config) in self.hidden else super().get_tuple(config)

    def list(self, config: Json | None, **options: Any) -> Iterator[CheckpointTuple]:
        return (found for found in super().list(config, **options) if _id(found.config) not in self.hidden)

    def delete_thread(self, thread_id: str) -> None:
        self.hidden.add(thread_id)


class KeepsNumbersAsText(Rewriting):
    def scalar(self, value: Any) -> Any:
        return str(value) if type(value) is int else value


class RaisesNotImplemented(Good):
    async def aput(self, *args: Any) -> Json:
        raise NotImplementedError

    async def aput_writes(self, *args: Any) -> None:
        raise NotImplementedError

    async def aget_tuple(self, *args: Any) -> None:
        raise NotImplementedError

    async def alist(self, *args: Any, **options: Any) -> AsyncIterator[CheckpointTuple]:
        raise NotImplementedError
        yield

    async def adelete_thread(self, *args: Any) -> None:
        raise NotImplementedError
