import { type Door, whyTurnedAway } from "../domain/http-door.js";
import type { Answering } from "./http/connection.js";
import { HttpError, type RequestHead } from "./http/request-head.js";
import type { HttpRequest } from "./http/request-parser.js";
import type { Answer } from "./http/response.js";

/** Answers requests, including those that are refused. */
export interface GuardedAnswering extends Answering {
  /** Answers a complete request with an error; the connection stays open. */
  refused(request: HttpRequest, error: HttpError): Answer;
}

/** Answers the allowed requests of one connection. */
export function behindDoor(
  door: Door,
  localAddress: string | undefined,
  answering: GuardedAnswering,
): Answering {
  // A client's heads are mostly identical and need not be checked again.
  let admitted: RequestHead | null = null;
  return {
    refusal: (error) => answering.refusal(error),
    request: (request) => {
      if (request.head === admitted) return answering.request(request);
      const turnedAway = whyTurnedAway(door, { ...request.head, localAddress });
      if (turnedAway !== null) return answering.refused(request, new HttpError(403, turnedAway));
      admitted = request.head;
      return answering.request(request);
    },
  };
}
