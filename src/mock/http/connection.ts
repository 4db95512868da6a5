import type { Socket } from "node:net";
import { HttpError } from "./request-head.js";
import { type HttpRequest, RequestParser } from "./request-parser.js";
import type { Answer, Step } from "./response.js";

/** How the requests of a connection are answered. */
export interface Answering {
  request(request: HttpRequest): Answer;
  /** What is not a request; the connection closes after it. */
  refusal(error: HttpError): Answer;
}

/** Requests that may wait behind the one being answered before no more are read. */
const MOST_WAITING = 64;
/** How long a client may go on sending what nobody reads, so that it still gets the end of its answer. */
const LINGER_MS = 1_000;

/**
 * Reads the requests of one connection and answers them one after the other, in their order. A client that ends its
 * side is taken to be gone, as by node:http.
 */
export function serveConnection(socket: Socket, answering: Answering): void {
  const waiting: Answer[] = [];
  let current: Answer | null = null;
  let busy = false;
  let reading = true;
  let cancel = () => {};
  /** When the last step was due, on `performance.now()`'s clock. */
  let lastDue = 0;

  const parser = new RequestParser({
    onExpectation: () => reading && enqueue(proceed()),
    onRequest: (request) => {
      if (!reading) return;
      reading = request.head.keepAlive;
      enqueue(answering.request(request));
      if (!reading) enqueue(hangUp());
    },
  });

  const enqueue = (answer: Answer): void => {
    waiting.push(answer);
    if (!busy) play();
    else if (waiting.length > MOST_WAITING) socket.pause();
  };

  /** Goes on with the answers until one must wait. */
  const play = (): void => {
    busy = true;
    for (;;) {
      if (current === null) {
        if (socket.writableNeedDrain) {
          socket.once("drain", play);
          return;
        }
        current = waiting.shift() ?? null;
        if (socket.isPaused() && waiting.length <= MOST_WAITING) socket.resume();
        if (current === null) break;
        lastDue = performance.now();
      }
      const step = write(current);
      if (step === null) current = null;
      else if ("end" in step) {
        end(step.end);
        return;
      } else {
        const waitMs = step.waitSeconds * 1000;
        // A late piece does not shift the schedule, but at least half a gap separates it from the next one.
        lastDue = Math.max(lastDue + waitMs, performance.now() + waitMs / 2);
        cancel = callAt(lastDue, play);
        return;
      }
    }
    busy = false;
  };

  /** Writes until the answer must wait, ends the connection, or is over: then `null`. */
  const write = (answer: Answer): Exclude<Step, { write: string }> | null => {
    let text = "";
    for (;;) {
      const { value: step } = answer.next();
      if (step !== undefined && "write" in step) text += step.write;
      else {
        if (text !== "") socket.write(text);
        return step ?? null;
      }
    }
  };

  const end = (how: "close" | "reset" | "stall"): void => {
    reading = false;
    if (how === "reset") socket.resetAndDestroy();
    if (how !== "close") return;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    cancel = () => clearTimeout(timer);
  };

  const stop = (): void => {
    reading = false;
    busy = true;
    waiting.length = 0;
    cancel();
  };

  socket.on("data", (bytes: Buffer) => {
    if (!reading) return;
    try {
      parser.read(bytes);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (!reading) return;
      reading = false;
      enqueue(answering.refusal(error));
      enqueue(hangUp());
    }
  });
  socket.on("end", stop);
  socket.on("close", stop);
  socket.on("error", () => socket.destroy());
}

function* proceed(): Generator<Step, void> {
  yield { write: "HTTP/1.1 100 Continue\r\n\r\n" };
}

function* hangUp(): Generator<Step, void> {
  yield { end: "close" };
}

/**
 * Calls back once `performance.now()` has reached `due`, and never before, as Node's timers may by a millisecond;
 * returns what cancels it.
 */
export function callAt(due: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        if (performance.now() >= due) callback();
        else wait();
      },
      Math.ceil(due - performance.now()),
    );
  };
  wait();
  return () => clearTimeout(timer);
}
