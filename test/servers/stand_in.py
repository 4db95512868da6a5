"""Stands in for the CacheBlend fork of vLLM: the objects that the bridge reaches into, with the fork's habits.

It has the fork's object paths, switches and tensor handling (keys are turned in place, old KV is written over, `check`
goes off after the prefill), as read in YaoJiayi/CacheBlend at 55ad026, and a made-up model whose rows are exact whole
numbers: a token's value depends on all tokens before it and on their places. It shows nothing about numerics or speed.
"""

import json
import os
import re
import time
from types import SimpleNamespace

LAYERS = 4
MODULUS = 1_000_003
BOS = 1
WORDS = [f"word{index}" for index in range(97)]


class Tensor:
    """Rows of whole numbers; as in torch, a slice is a view and an assignment writes through it."""

    def __init__(self, rows):
        self.rows = rows

    @property
    def shape(self):
        return (len(self.rows), len(self.rows[0]) if self.rows else 1)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return Tensor(self.rows[at])

    def __setitem__(self, at, value):
        indices = range(*at.indices(len(self.rows))) if isinstance(at, slice) else at
        if len(indices) != len(value.rows):
            raise ValueError(f"{len(value.rows)} rows do not fit in {len(indices)}")
        for index, row in zip(indices, value.rows):
            self.rows[index][:] = row

    def new_zeros(self, shape):
        return Tensor([[0] * shape[1] for _ in range(shape[0])])

    def clone(self):
        return Tensor([list(row) for row in self.rows])

    def tolist(self):
        return [list(row) for row in self.rows]


class Tokenizer:
    """BOS, then a token for every word with the blanks before it; so texts merge at their seams, as with BPE."""

    def __init__(self):
        self.words = ["<unk>", "<s>", *(f" {word}" for word in WORDS)]
        self.ids = {word: index for index, word in enumerate(self.words)}

    def encode(self, text, add_special_tokens=True):
        ids = []
        for word in re.findall(r"\s*\S+|\s+", text):
            if word not in self.ids:
                self.ids[word] = len(self.words)
                self.words.append(word)
            ids.append(self.ids[word])
        return [BOS, *ids] if add_special_tokens else ids


class SamplingParams:
    def __init__(self, **given):
        self.given = given
        self.max_tokens = given["max_tokens"]


def turned(keys, positions):
    """The rotary embedding, in place as on a GPU: a key's second number counts what it was turned by."""
    for row, position in zip(keys.rows, positions):
        row[1] += position
    return keys


class Model:
    def __init__(self):
        self.cache_fuse_metadata = {"check_layers": [1], "check": False, "recomp_ratio": 0.16, "imp_indices": None}
        self.cache_fuse_metadata |= {"collect": False, "fake_q": None, "org_seq_len": None}
        self.layers = [SimpleNamespace(self_attn=SimpleNamespace(hack_kv=[])) for _ in range(LAYERS)]
        self.old_kvs = [[None, None]] * LAYERS
        self.org_vocab_size = 32_000

    def prefill(self, ids):
        """The id that follows, by way of the fork's statuses: 0 all rows, 1 the check layer, 2 behind it."""
        switches = self.cache_fuse_metadata
        positions = list(range(len(ids)))
        hidden = list(ids)
        for layer in range(LAYERS):
            status = 0
            if switches["check"]:
                first = switches["check_layers"][0]
                status = 1 if layer == first else 2 if layer > first else 0
            keys = Tensor([[ids[at], 0] for at in positions])
            values = Tensor([[own] for own in hidden])
            if switches["collect"]:
                self.layers[layer].self_attn.hack_kv = [keys.clone(), values.clone()]
            if status:
                old = self.old_kvs[layer]
                old[0] = turned(old[0], range(len(ids)))
            turned(keys, positions)
            if status == 1:
                positions = self._choose(values, old[1], switches)
                hidden = [hidden[at] for at in positions]
            if status == 2:
                old[0][positions] = keys
                old[1][positions] = values
                keys, values = old
                # A key turned twice, or not at all, is what a reused tensor would show.
                assert [row[1] for row in keys.rows] == list(range(len(ids))), "keys are not where they belong"
            hidden = [self._attend(own, at, values) for own, at in zip(hidden, positions)]
        return hidden[-1] % len(WORDS) + 2

    def _choose(self, values, old, switches):
        forced = switches["suffix_len"]
        context = len(values) - forced
        assert forced > 0 and len(old) == len(values)
        apart = [abs(fresh[0] - stored[0]) for fresh, stored in zip(values.rows[:context], old.rows[:context])]
        count = int(context * switches["recomp_ratio"])
        chosen = sorted(sorted(range(context), key=lambda at: -apart[at])[:count])
        switches["imp_indices"] = [*chosen, *range(context, len(values))]
        return list(switches["imp_indices"])

    @staticmethod
    def _attend(own, at, values):
        seen = sum(row[0] * (place % 7 + 1) for place, row in enumerate(values.rows[: at + 1]))
        return (31 * own + seen) % MODULUS


class Engine:
    def __init__(self, max_model_len):
        self.model = Model()
        self.model_config = SimpleNamespace(max_model_len=max_model_len)
        self.model_executor = SimpleNamespace(
            driver_worker=SimpleNamespace(model_runner=SimpleNamespace(model=SimpleNamespace(model=self.model)))
        )
        self.tokenizer = Tokenizer()
        self.running = []
        #: What the switches were at every prefill.
        self.prefills = []
        self.aborted = []
        #: Raised by the next step, for what a GPU may do.
        self.fault = None

    def add_request(self, request_id, prompt, sampling_params, prompt_token_ids):
        assert prompt is None and not self.running
        request = SimpleNamespace(id=request_id, params=sampling_params, prompt=prompt_token_ids, ids=[])
        request.metrics = SimpleNamespace(first_scheduled_time=None, first_token_time=None)
        self.running.append(request)

    def abort_request(self, request_id):
        self.aborted.append(request_id)
        self.running = [request for request in self.running if request.id != request_id]

    def has_unfinished_requests(self):
        return bool(self.running)

    def step(self):
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        [request] = self.running
        switches = self.model.cache_fuse_metadata
        if request.ids:
            assert not switches["check"]
            request.ids.append((request.ids[-1] * 7 + 13) % len(WORDS) + 2)
        else:
            request.metrics.first_scheduled_time = time.time()
            self._note(request, switches)
            request.ids.append(self.model.prefill(request.prompt))
            switches["check"] = False
            request.metrics.first_token_time = time.time()
        finished = len(request.ids) == request.params.max_tokens
        if finished:
            self.running.remove(request)
        text = "".join(self.tokenizer.words[token] for token in request.ids)
        said = SimpleNamespace(text=text, token_ids=list(request.ids), finish_reason="length" if finished else None)
        return [
            SimpleNamespace(request_id=request.id, outputs=[said], finished=finished, metrics=request.metrics)
        ]

    def _note(self, request, switches):
        names = ("check", "collect", "suffix_len", "recomp_ratio", "check_layers")
        note = {name: switches.get(name) for name in names}
        note |= {"ids": list(request.prompt), "sampling": request.params.given}
        self.prefills.append(note)
        if log := os.environ.get("STAND_IN_LOG"):
            with open(log, "a", encoding="utf-8") as file:
                file.write(json.dumps(note) + "\n")


class LLM:
    def __init__(self, model="stand-in", max_model_len=None, **options):
        self.options = options
        self.llm_engine = Engine(max_model_len or 4_096)

    def get_tokenizer(self):
        return self.llm_engine.tokenizer
