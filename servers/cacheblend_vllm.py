#!/usr/bin/env python3
"""Serves the CacheBlend research fork of vLLM as an OpenAI-compatible server. See servers/README.md."""

import argparse
import importlib
import os
import signal
import sys

from cacheblend_bridge.bridge import Bridge
from cacheblend_bridge.fork import Fork, NotTheFork
from cacheblend_bridge.http_api import http_server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--model", default="mistralai/Mistral-7B-Instruct-v0.2", help="a model of a Llama class")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8100, help="port to listen on; 0 for a free one")
    parser.add_argument(
        "--store-tokens", type=int, default=16_384, help="most tokens of collected KV, kept beside the engine's own"
    )
    parser.add_argument(
        "--gpu-memory-utilization", type=float, default=0.5, help="the engine's share; the store needs the rest"
    )
    parser.add_argument("--max-model-len", type=int, help="most tokens of prompt and answer; the model's by default")
    parser.add_argument("--engine", default="vllm", help="the module that has the fork's LLM and SamplingParams")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    # The fork changed this backend only; another one fails, or does not blend.
    os.environ["VLLM_ATTENTION_BACKEND"] = "XFORMERS"
    engine = importlib.import_module(args.engine)
    llm = engine.LLM(
        model=args.model,
        gpu_memory_utilization=args.gpu_memory_utilization,
        max_model_len=args.max_model_len,
        enable_prefix_caching=False,
        enable_chunked_prefill=False,
    )
    try:
        bridge = Bridge(Fork(llm, engine.SamplingParams), args.store_tokens)
    except NotTheFork as error:
        print(error, file=sys.stderr)
        return 2
    server = http_server(bridge, args.model, args.host, args.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"Serving {args.model} on http://{args.host}:{server.server_address[1]}/v1", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
