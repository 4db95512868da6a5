"""COLLECT: the KV of chunks, each computed alone behind BOS."""

from typing import Any, Sequence

from .api_error import ApiError
from .chunk_store import ChunkStore
from .fork import Fork
from .pieces import Piece


def find_or_collect(
    fork: Fork, store: ChunkStore, chunks: Sequence[Piece], salt: str, bos: Sequence[int], collect: bool
) -> tuple[list[Any], int]:
    """The KV of every chunk, and how many tokens had to be collected for it.

    Raises ApiError where a chunk is not stored and `collect` does not ask for it: a request that was to be answered
    from stored chunks would measure something else.
    """
    lengths = {piece.ids: len(piece.ids) for piece in chunks}
    if sum(lengths.values()) > store.capacity_tokens:
        raise ApiError(
            400,
            f"The prompt's chunks have {sum(lengths.values())} tokens, the store holds {store.capacity_tokens}. "
            "Start the bridge with a larger --store-tokens.",
        )
    # Looking all of them up first makes them the most recently used: collecting one can't evict another.
    missing = [ids for ids in lengths if store.get((salt, ids)) is None]
    if missing and not collect:
        evicted = f" ({store.evicted_tokens} tokens were since the start)" if store.evicted_tokens else ""
        raise ApiError(
            400,
            f"{len(missing)} of the prompt's {len(lengths)} chunks are not in the store: they were never collected, or "
            f'evicted{evicted}. Send the prompt with cache.collect: true first, outside the timed request.',
        )
    for ids in missing:
        store.put((salt, ids), _collected(fork, ids, bos))
    return [store.get((salt, piece.ids)) for piece in chunks], sum(map(len, missing))


def _collected(fork: Fork, ids: tuple[int, ...], bos: Sequence[int]) -> list[Any]:
    """`[K before rotation, V]` of every layer, of the chunk's own tokens."""
    lead = [] if ids == tuple(bos) else list(bos)
    fork.take_collected()
    fork.metadata["check"] = False
    fork.metadata["collect"] = True
    # One token is sampled in the prefill itself: no decoding step follows that would overwrite what it left.
    for _ in fork.generate([*lead, *ids], max_tokens=1, temperature=0.0):
        pass
    rows = len(lead) + len(ids)
    kept = []
    for layer, pair in enumerate(fork.take_collected()):
        if len(pair) != 2 or any(of.shape[0] != rows for of in pair):
            found = [tuple(of.shape) for of in pair]
            raise RuntimeError(f"Collecting left {found} in layer {layer} where K and V of {rows} tokens were due.")
        kept.append([of[len(lead) :].clone() for of in pair])
    return kept
