"""How `/v1/completions` words its answers: OpenAI's fields, and the embedded engine's beside them."""

import time
from uuid import uuid4

from .bridge import Ended


class AnswerFormat:
    """The objects of one answer, which share an id."""

    def __init__(self, model: str) -> None:
        self._head = {
            "id": f"cmpl-{uuid4()}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": model,
        }

    def piece(self, text: str, finish_reason: str | None) -> dict:
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head, "choices": [choice]}

    def usage(self, ended: Ended) -> dict:
        return {**self._head, "choices": [], **_usage(ended)}

    def whole(self, text: str, ended: Ended) -> dict:
        return {**self.piece(text, ended.finish_reason), **_usage(ended)}


def _usage(ended: Ended) -> dict:
    return {
        "usage": {
            "prompt_tokens": ended.prompt_tokens,
            "completion_tokens": ended.completion_tokens,
            "total_tokens": ended.prompt_tokens + ended.completion_tokens,
            "prompt_tokens_details": {
                "cached_tokens": ended.cached_tokens,
                "collected_tokens": ended.collected_tokens,
                "recomputed_tokens": ended.recomputed_tokens,
                "evicted_tokens": ended.evicted_tokens,
            },
        },
        "timings": ended.timings,
    }
