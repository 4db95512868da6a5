"""The same closed loop over aiohttp, reading lines as load scripts for chat completions do."""

import asyncio
import json
import random
import sys
import time

import aiohttp

URL, STREAMS, SECONDS, WARM_SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
COLD_SECONDS = 2
BODY = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}


async def observe(session):
    error = None
    async with session.post(f"{URL}/chat/completions", json=BODY) as response:
        async for line in response.content:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            choices = json.loads(line[6:])["choices"]
            content = choices[0]["delta"].get("content") if choices else None
            if content and error is None:
                error = time.monotonic_ns() - int(content)
    return error


async def main():
    cold, settled = [], []
    start = time.monotonic()
    warm_until = start + WARM_SECONDS
    cold_until = min(start + COLD_SECONDS, warm_until)
    until = warm_until + SECONDS
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def loop():
            await asyncio.sleep(random.random() * 0.2)
            while time.monotonic() < until:
                began = time.monotonic()
                error = await observe(session)
                if began < cold_until:
                    cold.append(error)
                elif began > warm_until:
                    settled.append(error)

        await asyncio.gather(*(loop() for _ in range(STREAMS)))
    print(json.dumps({"cold": cold, "settled": settled}))


asyncio.run(main())
