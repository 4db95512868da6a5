"""The bridge's control logic against the stand-in of the fork's objects."""

import unittest
from itertools import accumulate
from types import SimpleNamespace

import stand_in
from cacheblend_bridge.api_error import ApiError
from cacheblend_bridge.bridge import Bridge
from cacheblend_bridge.chunk_store import ChunkStore
from cacheblend_bridge.completion_request import parse_completion
from cacheblend_bridge.fork import Fork, NotTheFork
from cacheblend_bridge.pieces import split

PREFIX, A, B, QUESTION = [11, 12], [21, 22, 23, 24, 25], [31, 32, 33, 34], [41, 42, 43]
IDS = [*PREFIX, *A, *B, *QUESTION]
CHUNKS = [len(PREFIX), len(A), len(B)]


class BridgeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.llm = stand_in.LLM()
        self.engine = self.llm.llm_engine
        self.bridge = Bridge(Fork(self.llm, stand_in.SamplingParams), capacity_tokens=1_000)

    def request(self, ids=IDS, max_tokens=3, cache=None, **fields):
        body = {"prompt": ids, "max_tokens": max_tokens, "temperature": 0, "cache": cache, **fields}
        return parse_completion(body, self.bridge.fork, self.bridge.bos, "stand-in")

    def ask(self, **request):
        words = []
        answer = self.bridge.answer(self.request(**request))
        while True:
            try:
                words.append(next(answer))
            except StopIteration as end:
                return "".join(words), end.value

    def cached(self, method, collect=False, **options):
        return {"method": method, "chunks": CHUNKS, "collect": collect, **options}


class Collecting(BridgeTest):
    def test_computes_bos_and_every_chunk_alone_behind_bos_and_the_question_never(self):
        _, ended = self.ask(cache=self.cached("reuse", collect=True))
        collected = [prefill for prefill in self.engine.prefills if prefill["collect"]]
        self.assertEqual([prefill["ids"] for prefill in collected], [[1], [1, *PREFIX], [1, *A], [1, *B]])
        self.assertTrue(all(not prefill["check"] for prefill in collected))
        self.assertTrue(all(prefill["sampling"] == {"max_tokens": 1, "temperature": 0.0} for prefill in collected))
        self.assertEqual((ended.collected_tokens, ended.cached_tokens), (1 + sum(CHUNKS), 0))

    def test_keeps_the_chunks_own_rows_without_bos(self):
        self.ask(cache=self.cached("reuse", collect=True))
        keys = [self.bridge.store.get(("", tuple(ids)))[0][0].tolist() for ids in (A, B)]
        # The stand-in's keys are a token's id and what it was turned by: nothing yet.
        self.assertEqual(keys, [[[token, 0] for token in A], [[token, 0] for token in B]])

    def test_takes_what_is_stored_in_whatever_order_it_comes(self):
        self.ask(cache=self.cached("reuse", collect=True))
        again = {"method": "reuse", "chunks": [len(B), len(A)]}
        _, ended = self.ask(ids=[*B, *A, *QUESTION], cache=again)
        self.assertEqual((ended.cached_tokens, ended.collected_tokens), (1 + len(A) + len(B), 0))

    def test_refuses_chunks_that_are_not_stored_and_computes_nothing(self):
        for method in ("reuse", "blend"):
            with self.assertRaisesRegex(ApiError, "4 of the prompt's 4 chunks are not in the store: they were never"):
                self.ask(cache=self.cached(method))
        self.assertEqual(self.engine.prefills, [])

    def test_shares_nothing_between_salts(self):
        self.ask(cache=self.cached("reuse", collect=True), cache_salt="one")
        with self.assertRaisesRegex(ApiError, "not in the store"):
            self.ask(cache=self.cached("reuse"), cache_salt="two")

    def test_stops_where_the_engine_leaves_another_number_of_rows(self):
        forget = stand_in.Model.prefill

        def short(model, ids):
            token = forget(model, ids)
            if model.cache_fuse_metadata["collect"]:
                model.layers[2].self_attn.hack_kv[1].rows.pop()
            return token

        self.engine.model.prefill = lambda ids: short(self.engine.model, ids)
        with self.assertRaisesRegex(RuntimeError, "in layer 2 where K and V of 1 tokens were due"):
            self.ask(cache=self.cached("reuse", collect=True))

    def test_reports_what_had_to_go(self):
        self.bridge.store.capacity_tokens = 1 + sum(CHUNKS)
        self.ask(cache=self.cached("reuse", collect=True))
        other = {"method": "reuse", "chunks": [4], "collect": True}
        _, ended = self.ask(ids=[51, 52, 53, 54, 61], cache=other)
        # BOS was used again, so the prefix's 2 and A's 5 were the least recently used.
        self.assertEqual((ended.collected_tokens, ended.evicted_tokens), (4, 7))
        with self.assertRaisesRegex(ApiError, r"2 of .* 4 chunks .* evicted \(7 tokens were since the start\)"):
            self.ask(cache=self.cached("blend"))

    def test_refuses_chunks_that_can_not_be_stored_together(self):
        self.bridge.store.capacity_tokens = sum(CHUNKS)
        with self.assertRaisesRegex(ApiError, "have 12 tokens, the store holds 11"):
            self.ask(cache=self.cached("reuse", collect=True))


class Blending(BridgeTest):
    def setUp(self) -> None:
        super().setUp()
        self.ask(cache=self.cached("reuse", collect=True))
        self.engine.prefills.clear()

    def test_sets_the_forks_switches_for_one_prefill_and_forces_every_question_token(self):
        _, ended = self.ask(cache=self.cached("blend", recompute_ratio=0.5, check_layer=2))
        [prefill] = self.engine.prefills
        self.assertEqual(prefill["ids"], [1, *IDS])
        switches = {"check": True, "collect": False, "recomp_ratio": 0.5, "check_layers": [2], "suffix_len": 3}
        self.assertEqual(prefill, prefill | switches)
        self.assertEqual((ended.recomputed_tokens, ended.cached_tokens), (6, 12))

    def test_reuses_from_layer_1_on_where_nothing_is_to_be_recomputed(self):
        _, ended = self.ask(cache=self.cached("reuse"))
        [prefill] = self.engine.prefills
        self.assertEqual(prefill, prefill | {"check": True, "recomp_ratio": 0.0, "check_layers": [0]})
        self.assertEqual(ended.recomputed_tokens, 0)

    def test_answers_as_full_prefill_at_ratio_1_and_otherwise_at_0(self):
        full, _ = self.ask(cache={"method": "full"})
        self.assertEqual(self.ask(cache=self.cached("blend", recompute_ratio=1))[0], full)
        self.assertNotEqual(self.ask(cache=self.cached("reuse"))[0], full)

    def test_answers_the_same_again_for_the_stored_chunks_are_copied(self):
        first, _ = self.ask(cache=self.cached("blend", recompute_ratio=0.3))
        second, _ = self.ask(cache=self.cached("blend", recompute_ratio=0.3))
        self.assertEqual(first, second)

    def test_leaves_nothing_behind_for_the_next_request(self):
        full, _ = self.ask()
        self.ask(cache=self.cached("blend"))
        self.assertEqual(self.engine.model.old_kvs, [[None, None]] * stand_in.LAYERS)
        self.assertEqual(self.ask()[0], full)
        self.assertEqual((self.engine.prefills[-1]["check"], self.engine.prefills[-1]["collect"]), (False, False))

    def test_leaves_nothing_behind_when_a_step_fails(self):
        full, _ = self.ask()
        self.engine.fault = RuntimeError("CUDA out of memory")
        with self.assertRaisesRegex(RuntimeError, "out of memory"):
            self.ask(cache=self.cached("blend"))
        self.assertEqual(len(self.engine.aborted), 1)
        self.assertFalse(self.engine.model.cache_fuse_metadata["check"])
        self.assertEqual(self.ask()[0], full)

    def test_gives_up_when_nobody_listens_any_more(self):
        answer = self.bridge.answer(self.request(max_tokens=50, cache=self.cached("blend")))
        next(answer)
        answer.close()
        self.assertEqual(len(self.engine.aborted), 1)
        self.ask()

    def test_stops_where_the_fork_did_not_blend(self):
        ordinary = stand_in.Model()
        self.engine.model.prefill = ordinary.prefill
        with self.assertRaisesRegex(RuntimeError, "did not blend"):
            self.ask(cache=self.cached("blend"))

    def test_stops_where_the_fork_recomputed_another_number(self):
        blend = self.engine.model.prefill

        def fewer(ids):
            token = blend(ids)
            self.engine.model.cache_fuse_metadata["imp_indices"].pop()
            return token

        self.engine.model.prefill = fewer
        with self.assertRaisesRegex(RuntimeError, "recomputed 0 tokens beside the question where 1 were"):
            self.ask(cache=self.cached("blend", recompute_ratio=0.1))


class Answering(BridgeTest):
    def test_lets_every_token_out_in_its_own_step(self):
        answer = self.bridge.answer(self.request(max_tokens=3))
        said = [next(answer)]
        self.assertEqual(len(self.engine.running[0].ids), 1)
        said += list(answer)
        self.assertEqual(len(said), 3)
        for word in said:
            self.assertRegex(word, r"^ word\d+$")

    def test_reports_the_forks_own_figure_beside_its_own(self):
        _, ended = self.ask()
        self.assertGreaterEqual(ended.timings["fork_ttft_ms"], 0)
        self.assertGreaterEqual(ended.timings["prefill_ms"], ended.timings["load_ms"])
        self.assertEqual((ended.collected_tokens, ended.cached_tokens, ended.recomputed_tokens), (0, 0, 0))

    def test_reports_no_figure_where_the_fork_has_none(self):
        step = self.engine.step

        def unmeasured():
            outputs = step()
            outputs[0].metrics = None
            return outputs

        self.engine.step = unmeasured
        self.assertIsNone(self.ask()[1].timings["fork_ttft_ms"])

    def test_says_so_when_no_token_came(self):
        self.engine.step = lambda: self.engine.running.clear() or []
        with self.assertRaisesRegex(RuntimeError, "without a token"):
            self.ask()

    def test_says_so_when_the_prompt_finds_no_room(self):
        def ignored():
            request = self.engine.running.pop()
            said = SimpleNamespace(text="", token_ids=[], finish_reason="length")
            return [SimpleNamespace(request_id=request.id, outputs=[said], finished=True, metrics=None)]

        self.engine.step = ignored
        with self.assertRaisesRegex(RuntimeError, "without a token"):
            self.ask()


class Prompts(BridgeTest):
    def test_puts_bos_before_ids_that_lack_it_and_only_before_those(self):
        self.assertEqual(self.request(ids=[5, 6]).ids, [1, 5, 6])
        self.assertEqual(self.request(ids=[1, 5, 6]).ids, [1, 5, 6])
        self.assertEqual(self.request(ids="two words").ids, [1, *self.llm.get_tokenizer().encode("two words", False)])

    def test_cuts_at_every_edge_and_loses_no_token(self):
        for bos in ([], [1]):
            for edges in ([1], [2, 3], [5, 1, 1], [3, 3, 3]):
                ids = [*bos, *range(100, 110)]
                pieces = split(ids, bos, edges)
                joined = [token for piece in pieces.chunks for token in piece.ids]
                self.assertEqual([*joined, *ids[len(ids) - pieces.question_tokens :]], ids)
                ends = [end + len(bos) for end in accumulate(edges)]
                self.assertEqual([piece.end for piece in pieces.chunks][len(bos) :], ends)

    def test_refuses_by_name_what_it_can_not_do(self):
        refused = {
            "prompt: must be one text": {"ids": []},
            "prompt: must be one text or": {"ids": [True]},
            "prompt: token id 32000 is not below": {"ids": [32_000]},
            "max_tokens: must be a whole number from 1": {"max_tokens": 0},
            "maximum context length is 4096 tokens": {"max_tokens": 4_090},
            "temperature: must be a number from 0": {"temperature": -1},
            "stop: must be a text": {"stop": [""]},
            "n: must be 1": {"n": 2},
            "model `gpt` does not exist": {"model": "gpt"},
            "cache.method: must be full, reuse or blend": {"cache": {"method": "prefix"}},
            "cache.method: must be full, reuse": {"cache": "full"},
            "full has no chunks": {"cache": {"method": "full", "chunks": [1]}},
            "blend has no selector": {"cache": self.cached("blend", selector="k")},
            "cache.recompute_ratio: must be from 0 to 1": {"cache": self.cached("blend", recompute_ratio=1.01)},
            "cache.check_layer: must be below the number of layers, 4": {"cache": self.cached("blend", check_layer=4)},
            "cache.check_layer: must be a whole number from 1": {"cache": self.cached("blend", check_layer=0)},
            "cache.chunks: must say how many": {"cache": {"method": "reuse"}},
            "cache.chunks: has 15 tokens, the prompt only 14": {"cache": {"method": "reuse", "chunks": [15]}},
            "cache.chunks: leave no token for the question": {"cache": {"method": "reuse", "chunks": [14]}},
        }
        for said, fields in refused.items():
            with self.subTest(said), self.assertRaisesRegex(ApiError, said):
                self.request(**fields)

    def test_knows_a_tokenizer_without_bos(self):
        tokenizer = self.llm.get_tokenizer()
        encode = tokenizer.encode
        tokenizer.encode = lambda text, add_special_tokens=True: encode(text, False)
        self.bridge = Bridge(Fork(self.llm, stand_in.SamplingParams), capacity_tokens=100)
        full, _ = self.ask()
        self.ask(cache=self.cached("reuse", collect=True))
        self.assertEqual([p["ids"] for p in self.engine.prefills if p["collect"]], [PREFIX, A, B])
        self.assertEqual(self.ask(cache=self.cached("blend", recompute_ratio=1))[0], full)


class Forks(unittest.TestCase):
    def test_says_what_is_missing_of_an_ordinary_vllm(self):
        llm = stand_in.LLM()
        del llm.llm_engine.model.cache_fuse_metadata
        with self.assertRaisesRegex(NotTheFork, "not the CacheBlend fork.*cache_fuse_metadata"):
            Fork(llm, stand_in.SamplingParams)


class Storing(unittest.TestCase):
    def test_drops_the_least_recently_used_until_the_next_fits(self):
        store = ChunkStore(10)
        for name in (1, 2, 3):
            store.put(("", (name,) * 3), SimpleNamespace(name=name))
        store.get(("", (1,) * 3))
        store.put(("", (4,) * 4), None)
        kept = [name for name in (1, 2, 3) if store.get(("", (name,) * 3)) is not None]
        self.assertEqual((kept, store.tokens, store.evicted_tokens), ([1, 3], 10, 3))


if __name__ == "__main__":
    unittest.main()
