"""A prompt's chunks and its question, by token counts."""

from dataclasses import dataclass
from typing import Sequence

from .api_error import ApiError


@dataclass(frozen=True)
class Piece:
    """Consecutive tokens of a prompt, from `start` up to but without `end`."""

    start: int
    end: int
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Pieces:
    """BOS, where the prompt has it, and the chunks, each cached by itself; all that follows is the question."""

    chunks: tuple[Piece, ...]
    question_tokens: int


def split(ids: Sequence[int], bos: Sequence[int], chunk_tokens: Sequence[int]) -> Pieces:
    """Cuts a prompt that begins with `bos` (no token or one); `chunk_tokens` count from behind it."""
    counted = sum(chunk_tokens)
    if counted > len(ids) - len(bos):
        raise ApiError(400, f"cache.chunks: has {counted} tokens, the prompt only {len(ids) - len(bos)}.")
    question_tokens = len(ids) - len(bos) - counted
    if question_tokens == 0:
        raise ApiError(
            400, "cache.chunks: leave no token for the question; at least one must be computed to answer."
        )
    chunks, start = [], 0
    for tokens in (len(bos), *chunk_tokens):
        if tokens > 0:
            chunks.append(Piece(start, start + tokens, tuple(ids[start : start + tokens])))
        start += tokens
    return Pieces(tuple(chunks), question_tokens)
