"""The peer: an OpenAI-compatible provider over aiohttp.web, as LiteLLM's performance script has one.

Every answer is a dict dumped anew, every chunk a write of its own. Prints its port.
"""

import asyncio
import json
import sys
import time

from aiohttp import web

CHUNKS = int(sys.argv[1])


def chunk(model, created, delta, finish=None):
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "chatcmpl-peer",
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "choices": choices,
    }


async def stream(request, model):
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    created = int(time.time())

    async def send(data):
        await response.write(f"data: {data}\n\n".encode())

    await send(json.dumps(chunk(model, created, {"role": "assistant"})))
    for _ in range(CHUNKS):
        await send(json.dumps(chunk(model, created, {"content": "hello"})))
    await send(json.dumps(chunk(model, created, {}, "stop")))
    await send("[DONE]")
    await response.write_eof()
    return response


async def chat(request):
    body = await request.json()
    model = body.get("model", "peer")
    if body.get("stream"):
        return await stream(request, model)
    message = {"role": "assistant", "content": "hello"}
    return web.json_response(
        {
            "id": "chatcmpl-peer",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
    )


async def main():
    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
