"""Collected KV of chunks, by their tokens, the least recently used leaving first."""

from collections import OrderedDict
from typing import Any

Key = tuple[str, tuple[int, ...]]


class ChunkStore:
    """Holds at most `capacity_tokens` tokens of KV; a key is a salt and the chunk's token ids."""

    def __init__(self, capacity_tokens: int) -> None:
        self.capacity_tokens = capacity_tokens
        self.tokens = 0
        self.evicted_tokens = 0
        self._kv: OrderedDict[Key, Any] = OrderedDict()

    def get(self, key: Key) -> Any | None:
        """A chunk's KV, which becomes the most recently used; None where it is not stored."""
        if key not in self._kv:
            return None
        self._kv.move_to_end(key)
        return self._kv[key]

    def put(self, key: Key, kv: Any) -> None:
        """Stores a chunk that is not there, and evicts others until it fits."""
        _, ids = key
        while self._kv and self.tokens + len(ids) > self.capacity_tokens:
            (_, evicted), _ = self._kv.popitem(last=False)
            self.tokens -= len(evicted)
            self.evicted_tokens += len(evicted)
        self._kv[key] = kv
        self.tokens += len(ids)
