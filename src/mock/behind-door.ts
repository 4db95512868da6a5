import { type Door, whyTurnedAway } from "../domain/http-door.js";
import type { Answering } from "./connection.js";
import { HttpError } from "./http-error.js";
import type { MockAnswering } from "./mock-api.js";
import type { RequestHead } from "./request-head.js";

/** Answers the requests of one connection for whom the door lets in. */
export function behindDoor(
  door: Door,
  localAddress: string | undefined,
  answering: MockAnswering,
): Answering {
  // A client's heads are mostly the same one, which need not be looked at again.
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
