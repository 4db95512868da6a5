"""Where the research fork keeps what a blend needs, and how it is stepped. No other file knows the fork's names."""

from itertools import count
from typing import Any, Callable, Iterator, Sequence


class NotTheFork(Exception):
    """The engine lacks what the fork adds to vLLM."""


class Fork:
    """One `LLM` of the fork, driven in this process, one request at a time."""

    def __init__(self, llm: Any, sampling_params: Callable[..., Any]) -> None:
        self._engine = llm.llm_engine
        self._sampling_params = sampling_params
        self._request_ids = count()
        self.tokenizer = llm.get_tokenizer()
        self.max_model_len: int = self._engine.model_config.max_model_len
        try:
            self._model = self._engine.model_executor.driver_worker.model_runner.model.model
            self._attentions = [layer.self_attn for layer in self._model.layers]
            for attention in self._attentions:
                attention.hack_kv  # noqa: B018
            self.metadata: dict[str, Any] = self._model.cache_fuse_metadata
            self.vocabulary: int = self._model.org_vocab_size
        except AttributeError as missing:
            raise NotTheFork(
                "This vLLM is not the CacheBlend fork, or the model is not of its Llama classes, the only ones that "
                f"the fork blends ({missing}). See servers/README.md."
            ) from missing

    @property
    def layers(self) -> int:
        return len(self._attentions)

    def generate(self, ids: Sequence[int], **sampling: Any) -> Iterator[Any]:
        """Yields the engine's output after every step, so that a token can leave as soon as it exists."""
        request_id = f"bridge-{next(self._request_ids)}"
        self._engine.add_request(request_id, None, self._sampling_params(**sampling), list(ids))
        finished = False
        try:
            while not finished and self._engine.has_unfinished_requests():
                for output in self._engine.step():
                    if output.request_id == request_id:
                        finished = output.finished
                        yield output
        finally:
            # A step that failed leaves the switches on, and the next request would be blended with this one's KV.
            self.metadata["check"] = False
            self.metadata["collect"] = False
            self.set_old(None)
            if not finished:
                self._engine.abort_request(request_id)

    def set_old(self, old: Sequence[Any] | None) -> None:
        """Sets the KV to blend with, `[K, V]` of every layer; the fork turns K in place, so it can be used once."""
        self._model.old_kvs = [[None, None] for _ in self._attentions] if old is None else list(old)

    def take_collected(self) -> list[Any]:
        """`[K before rotation, V]` of every layer as the last collecting prefill left them, and forgets them."""
        collected = [attention.hack_kv for attention in self._attentions]
        for attention in self._attentions:
            attention.hack_kv = []
        return collected
