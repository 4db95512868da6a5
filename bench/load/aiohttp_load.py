"""The same closed loop over aiohttp, as load scripts for chat completions have it: a semaphore, a task for every
request, the body read line by line, JSON parsed until the first content and only looked at after it."""

import asyncio
import json
import resource
import sys
import time

import aiohttp

URL, MODE, REQUESTS, CONCURRENCY, PROMPT_TOKENS = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
WORDS = " word" * PROMPT_TOKENS


def body(number):
    """With a prompt of its own, all of one length, where that has tokens; else the same short one."""
    content = f"{number:08}{WORDS}" if PROMPT_TOKENS else "hi"
    return {"model": "bench", "messages": [{"role": "user", "content": content}], "max_tokens": 1}


HEADERS = {"Authorization": "Bearer sk-1234", "Content-Type": "application/json"}


async def whole(session, semaphore, number):
    async with semaphore:
        async with session.post(f"{URL}/chat/completions", headers=HEADERS, json=body(number)) as response:
            await response.read()
            assert response.status == 200
            return None


async def stream(session, semaphore, number):
    async with semaphore:
        lag, first, done = None, None, False
        start = time.perf_counter()
        async with session.post(f"{URL}/chat/completions", headers=HEADERS, json={**body(number), "stream": True}) as response:
            assert response.status == 200
            while line := await response.content.readline():
                line = line.strip()
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip()
                if data == b"[DONE]":
                    done = True
                elif first is None:
                    choices = json.loads(data).get("choices") or [{}]
                    content = (choices[0].get("delta") or {}).get("content")
                    if content:
                        first = time.perf_counter() - start
                        if content.startswith("@"):
                            lag = (time.monotonic_ns() - int(content[1:])) / 1e9
                else:
                    b'"content"' in data
        assert done and first is not None
        return lag


async def load(requests):
    one = stream if MODE == "stream" else whole
    semaphore = asyncio.Semaphore(CONCURRENCY)
    connector = aiohttp.TCPConnector(limit=CONCURRENCY * 2, limit_per_host=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:
        cold = await asyncio.gather(*(one(session, semaphore, number) for number in range(min(20_000, requests))))
        start, used = time.perf_counter(), cpu()
        lags = await asyncio.gather(*(one(session, semaphore, number) for number in range(requests)))
        seconds, used = time.perf_counter() - start, cpu() - used
        return {"requests": len(lags), "seconds": seconds, "cpu": used, "lags": lags, "coldLags": cold}


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


print(json.dumps(asyncio.run(load(REQUESTS))))
