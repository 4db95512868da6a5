import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import type { DownloadProgress } from "./download.js";

/** How files are fetched, whatever they are. */
export interface FetchHow {
  /** Stops the download when it aborts; what has come is kept, and the next call goes on there. */
  readonly signal?: AbortSignal;
  /** Told of the bytes that have come, of all. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Tries in a row that may end without a new byte; by default 5. */
  readonly tries?: number;
  /** The pause before the second try, doubled before every further one, up to 30; default 1. */
  readonly retryDelaySeconds?: number;
  /** For a file, all tries together; default 3600. What has come is kept. */
  readonly timeoutSeconds?: number;
  /** For a try without a byte; default 60. */
  readonly idleTimeoutSeconds?: number;
}

const DAY = "must be at most 86400";

/** The rules of {@link FetchHow}, to be spread into an option object's. */
export const FETCH_HOW = {
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === "function")
    .optional(),
  tries: z.int("must be a whole number").min(1, "must be at least 1").optional(),
  retryDelaySeconds: z.number("must be a number").min(0, "must be at least 0").optional(),
  timeoutSeconds: z.number("must be a number").positive("must be above 0").max(86_400, DAY).optional(),
  idleTimeoutSeconds: z.number("must be a number").positive("must be above 0").max(86_400, DAY).optional(),
};

/** The rule of an address that takes a publisher's place. */
export const BASE_URL = z.url({ protocol: /^https?$/, error: "must be an http or https address" });

/**
 * A base address without its last slashes. Addresses are shown in progress and errors, so that none may hold a password;
 * neither may this error.
 *
 * @throws OptionError where it has one
 */
export function shownBase(option: string, baseUrl: string): string {
  const { username, password, host } = new URL(baseUrl);
  if (username === "" && password === "") return baseUrl.replace(/\/+$/, "");
  throw new OptionError(option, "must not hold a user name or password", `…@${host}`);
}
