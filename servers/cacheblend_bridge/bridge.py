"""One request at a time: collect what is missing, arm the blend, let the tokens out as they come."""

import sys
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from time import perf_counter
from typing import Any, Generator

from .blend import arm, recomputed_tokens
from .chunk_store import ChunkStore
from .collect import find_or_collect
from .completion_request import CompletionRequest
from .fork import Fork


@dataclass(frozen=True)
class Ended:
    """How an answer ended, what it took from the store and how long its parts took."""

    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    collected_tokens: int
    recomputed_tokens: int
    evicted_tokens: int
    timings: dict[str, float | None]


class Bridge:
    """The fork and the store of its chunks. The fork's switches are global, so requests take turns."""

    def __init__(self, fork: Fork, capacity_tokens: int) -> None:
        self.fork = fork
        self.store = ChunkStore(capacity_tokens)
        # What the tokenizer puts before any text: BOS, or nothing for models without one.
        self.bos: list[int] = list(fork.tokenizer.encode(""))
        if len(self.bos) > 1:
            raise ValueError(f"This tokenizer puts {len(self.bos)} tokens before a text; the bridge knows only BOS.")
        self._turn = Lock()

    def answer(self, request: CompletionRequest) -> Generator[str, None, Ended]:
        """Yields the text of every token as soon as it is known; closing the generator gives the answer up."""
        arrived = perf_counter()
        with self._turn:
            return (yield from self._answer(request, arrived))

    def _answer(self, request: CompletionRequest, arrived: float) -> Generator[str, None, Ended]:
        fork, cache, tokens = self.fork, request.cache, len(request.ids)
        began = perf_counter()
        evicted = self.store.evicted_tokens
        stored, collected = [], 0
        if cache is not None:
            stored, collected = find_or_collect(
                fork, self.store, cache.pieces.chunks, request.salt, self.bos, cache.collect
            )
        evicted = self.store.evicted_tokens - evicted
        if evicted > 0:
            print(f"Evicted {evicted} tokens of chunks; the store holds {self.store.tokens}.", file=sys.stderr)
        ready = perf_counter()
        if cache is not None:
            arm(fork, cache.pieces, stored, tokens, cache.options)
        loaded = perf_counter()

        text, recomputed, first_token, output = "", 0, None, None
        with closing(fork.generate(request.ids, **request.sampling)) as outputs:
            for output in outputs:
                if not output.outputs[0].token_ids:
                    break
                if first_token is None:
                    first_token = perf_counter()
                    if cache is not None:
                        recomputed = recomputed_tokens(fork, cache.pieces, tokens, cache.options)
                said = output.outputs[0].text
                yield said[len(text) :]
                text = said
        if first_token is None:
            raise RuntimeError("The fork ended the request without a token: is there room for it in the GPU's KV blocks?")
        return Ended(
            finish_reason=output.outputs[0].finish_reason or "stop",
            prompt_tokens=tokens,
            completion_tokens=len(output.outputs[0].token_ids),
            cached_tokens=sum(len(piece.ids) for piece in cache.pieces.chunks) - collected if cache else 0,
            collected_tokens=collected,
            recomputed_tokens=recomputed,
            evicted_tokens=evicted,
            timings={
                "tokenize_ms": request.tokenize_ms,
                "queue_ms": (began - arrived) * 1000,
                "collect_ms": (ready - began) * 1000,
                "load_ms": (loaded - ready) * 1000,
                "prefill_ms": (first_token - ready) * 1000,
                "fork_ttft_ms": _own_ttft_ms(output.metrics),
            },
        )


def _own_ttft_ms(metrics: Any) -> float | None:
    """The figure the fork's scripts print: `first_token_time - first_scheduled_time`; None where it has none."""
    first = getattr(metrics, "first_token_time", None)
    scheduled = getattr(metrics, "first_scheduled_time", None)
    return None if first is None or scheduled is None else (first - scheduled) * 1000
