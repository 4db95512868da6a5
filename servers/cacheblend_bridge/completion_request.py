"""A completion request, checked and tokenised."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .api_error import ApiError
from .blend import FULL_REUSE, BlendOptions
from .fork import Fork
from .pieces import Pieces, split


@dataclass(frozen=True)
class CacheUse:
    """The stored chunks a prompt is to meet, and how."""

    pieces: Pieces
    options: BlendOptions
    collect: bool


@dataclass(frozen=True)
class CompletionRequest:
    ids: list[int]
    tokenize_ms: float
    sampling: dict[str, Any]
    #: None for full prefill.
    cache: CacheUse | None
    salt: str
    stream: bool
    include_usage: bool


def parse_completion(body: Any, fork: Fork, bos: list[int], model: str) -> CompletionRequest:
    """Raises ApiError 400 or 404 that says which field breaks which rule. Fields of other servers are passed over."""
    if not isinstance(body, dict):
        raise ApiError(400, "The body: must be a JSON object.")
    if body.get("model") not in (None, model):
        raise ApiError(404, f"The model `{body['model']}` does not exist; this server has `{model}`.")
    if body.get("n") not in (None, 1):
        raise ApiError(400, "n: must be 1: this bridge answers once.")
    began = perf_counter()
    ids = _prompt_ids(body.get("prompt"), fork, bos)
    tokenize_ms = (perf_counter() - began) * 1000
    max_tokens = _whole(body, "max_tokens", 16, 1)
    if len(ids) + max_tokens > fork.max_model_len:
        raise ApiError(
            400,
            f"This model's maximum context length is {fork.max_model_len} tokens. However, you requested "
            f"{len(ids) + max_tokens} tokens ({len(ids)} in the prompt, {max_tokens} in the completion). Shorten the "
            "prompt or lower max_tokens.",
        )
    options = body.get("stream_options")
    return CompletionRequest(
        ids=ids,
        tokenize_ms=tokenize_ms,
        sampling={"max_tokens": max_tokens, **_sampling(body)},
        cache=_cache_use(body.get("cache"), ids, fork, bos),
        salt=str(body.get("cache_salt") or ""),
        stream=body.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _prompt_ids(prompt: Any, fork: Fork, bos: list[int]) -> list[int]:
    """A text's ids with BOS; ids as they are, behind BOS, for all stored KV was computed behind it."""
    if isinstance(prompt, str) and prompt != "":
        return list(fork.tokenizer.encode(prompt))
    if not (isinstance(prompt, list) and prompt and all(type(token) is int for token in prompt)):
        raise ApiError(400, "prompt: must be one text or one array of token ids.")
    unknown = next((token for token in prompt if not 0 <= token < fork.vocabulary), None)
    if unknown is not None:
        raise ApiError(
            400, f"prompt: token id {unknown} is not below the vocabulary's size, {fork.vocabulary}."
        )
    return prompt if prompt[: len(bos)] == bos else [*bos, *prompt]


def _sampling(body: dict) -> dict[str, Any]:
    given = {"temperature": _number(body, "temperature", 1.0), "top_p": _number(body, "top_p", 1.0)}
    stop = body.get("stop")
    if stop is not None:
        texts = [stop] if isinstance(stop, str) else stop
        if not (isinstance(texts, list) and all(isinstance(text, str) and text for text in texts)):
            raise ApiError(400, "stop: must be a text or an array of texts.")
        given["stop"] = texts
    if body.get("seed") is not None:
        given["seed"] = _whole(body, "seed", 0, 0)
    return {**given, "ignore_eos": body.get("ignore_eos") is True}


#: The keys that `cache` may have beside `method`.
_CACHE_KEYS = {
    "full": set(),
    "reuse": {"chunks", "collect"},
    "blend": {"chunks", "collect", "recompute_ratio", "check_layer"},
}


def _cache_use(cache: Any, ids: list[int], fork: Fork, bos: list[int]) -> CacheUse | None:
    if cache is None:
        return None
    method = cache.get("method") if isinstance(cache, dict) else None
    if method not in _CACHE_KEYS:
        raise ApiError(400, "cache.method: must be full, reuse or blend; the fork runs without a prefix cache.")
    # A misspelt key would measure something else than was asked for.
    unknown = sorted(set(cache) - _CACHE_KEYS[method] - {"method"})
    if unknown:
        raise ApiError(400, f"cache: {method} has no {', '.join(unknown)} on this bridge.")
    if method == "full":
        return None
    lengths = cache.get("chunks")
    if not (isinstance(lengths, list) and lengths and all(type(n) is int and n > 0 for n in lengths)):
        raise ApiError(400, "cache.chunks: must say how many tokens each chunk has, counted from behind BOS.")
    pieces = split(ids, bos, lengths)
    return CacheUse(pieces, _blend_options(cache, fork), cache.get("collect") is True)


def _blend_options(cache: dict, fork: Fork) -> BlendOptions:
    if cache["method"] == "reuse":
        return FULL_REUSE
    ratio = _number(cache, "recompute_ratio", 0.15, "cache.")
    if not 0 <= ratio <= 1:
        raise ApiError(400, "cache.recompute_ratio: must be from 0 to 1.")
    layer = _whole(cache, "check_layer", 1, 1, "cache.")
    if layer >= fork.layers:
        raise ApiError(400, f"cache.check_layer: must be below the number of layers, {fork.layers}.")
    return BlendOptions(ratio, layer)


def _number(fields: dict, name: str, otherwise: float, of: str = "") -> float:
    value = fields.get(name)
    if value is None:
        return otherwise
    if type(value) not in (int, float) or not 0 <= value < float("inf"):
        raise ApiError(400, f"{of}{name}: must be a number from 0 up.")
    return float(value)


def _whole(fields: dict, name: str, otherwise: int, least: int, of: str = "") -> int:
    value = fields.get(name)
    if value is None:
        return otherwise
    if type(value) is not int or value < least:
        raise ApiError(400, f"{of}{name}: must be a whole number from {least} up.")
    return value
