"""The bridge over HTTP: the routes, server-sent events and errors."""

import json
import sys
import time
import traceback
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator
from urllib.parse import urlsplit

from .answer_format import AnswerFormat
from .api_error import ApiError
from .bridge import Bridge, Ended
from .completion_request import CompletionRequest, parse_completion

OWNER = "firsttoken-cacheblend-bridge"
MOST_BODY_BYTES = 64 * 2**20


def http_server(bridge: Bridge, model: str, host: str, port: int) -> ThreadingHTTPServer:
    """A server of the bridge, not yet serving; a client may open a connection long before using it."""
    served = {"bridge": bridge, "model": model, "created": int(time.time())}
    return ThreadingHTTPServer((host, port), type("Handler", (_Handler,), served))


class _Handler(BaseHTTPRequestHandler):
    bridge: Bridge
    model: str
    created: int
    protocol_version = "HTTP/1.1"
    # A token must not wait for the next one to fill a packet.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._route("GET")

    def do_POST(self) -> None:
        self._route("POST")

    def _route(self, method: str) -> None:
        self._began = False
        try:
            try:
                # Read in any case: what is left of a body would be taken for the next request.
                body = self._body()
                self._find(method, urlsplit(self.path).path)(body)
            except ConnectionError:
                raise
            except ApiError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001: whatever the fork throws, the client is told
                traceback.print_exc(file=sys.stderr)
                self._fail(ApiError(500, f"{type(error).__name__}: {error}"))
        except ConnectionError:
            # The client has gone; the answer was given up when its generator was closed.
            self.close_connection = True

    def _find(self, method: str, path: str) -> Any:
        routes = {
            ("GET", "/health"): lambda _: self._send(200, {}),
            ("GET", "/v1/models"): lambda _: self._send(200, self._models()),
            ("POST", "/tokenize"): lambda body: self._send(200, self._tokenize(_parsed(body))),
            ("POST", "/v1/completions"): lambda body: self._complete(_parsed(body)),
        }
        if (method, path) in routes:
            return routes[method, path]
        if any(known == path for _, known in routes):
            raise ApiError(405, f"{path} does not take {method}.")
        hint = ": chunks need a bare prompt, POST it to /v1/completions" if path.endswith("/chat/completions") else ""
        raise ApiError(404, f"There is no {method} {path}{hint}.")

    def _models(self) -> dict:
        entry = {"id": self.model, "object": "model", "created": self.created, "owned_by": OWNER}
        entry |= {"root": self.model, "parent": None, "max_model_len": self.bridge.fork.max_model_len}
        return {"object": "list", "data": [entry]}

    def _tokenize(self, body: Any) -> dict:
        text = body.get("prompt") if isinstance(body, dict) else None
        if not isinstance(text, str):
            raise ApiError(400, "prompt: must be a text.")
        special = body.get("add_special_tokens") is not False
        ids = list(self.bridge.fork.tokenizer.encode(text, add_special_tokens=special))
        return {"count": len(ids), "max_model_len": self.bridge.fork.max_model_len, "tokens": ids}

    def _complete(self, body: Any) -> None:
        request = parse_completion(body, self.bridge.fork, self.bridge.bos, self.model)
        form = AnswerFormat(self.model)
        with closing(_spoken(self.bridge, request)) as spoken:
            if request.stream:
                self._stream(spoken, request.include_usage, form)
                return
            *words, ended = spoken
        self._send(200, form.whole("".join(words), ended))

    def _stream(self, spoken: Iterator[str | Ended], include_usage: bool, form: AnswerFormat) -> None:
        """The status waits for the first token, so that what goes wrong before it has a status of its own."""
        for said in spoken:
            if not self._began:
                self._begin_stream()
            if isinstance(said, str):
                self._event(form.piece(said, None))
                continue
            self._event(form.piece("", said.finish_reason))
            if include_usage:
                self._event(form.usage(said))
        self._end_stream()

    def _begin_stream(self) -> None:
        self._began = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("cache-control", "no-cache")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _event(self, event: dict) -> None:
        self._chunk(f"data: {json.dumps(event)}\n\n".encode())

    def _end_stream(self) -> None:
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _fail(self, error: ApiError) -> None:
        if not self._began:
            self._send(error.status, error.body)
            return
        self._event(error.body)
        self._end_stream()

    def _send(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            raise ApiError(400, "The body: must come with its content-length.")
        if int(length) > MOST_BODY_BYTES:
            self.close_connection = True
            raise ApiError(413, f"The body has more than {MOST_BODY_BYTES} bytes.")
        return self.rfile.read(int(length))

    def log_message(self, *_: object) -> None:
        """Says nothing: a line for every request is time in a measurement."""


def _spoken(bridge: Bridge, request: CompletionRequest) -> Iterator[str | Ended]:
    """The answer's texts, then how it ended."""
    yield (yield from bridge.answer(request))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as cause:
        raise ApiError(400, f"The body is not JSON: {cause}.") from cause
