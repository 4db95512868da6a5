import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import type { DownloadProgress } from "./download.js";

/** Options for fetching any files. */
export interface FetchHow {
  /** Stops the download when it aborts; what has arrived is kept, and the next call continues there. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes that have arrived, and of all bytes. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Maximum attempts in a row without a new byte; by default 5. */
  readonly tries?: number;
  /** Pause before the second attempt, doubled before every further one, up to 30; default 1. */
  readonly retryDelaySeconds?: number;
  /** Limit for a file, all attempts together; default 3600. What has arrived is kept. */
  readonly timeoutSeconds?: number;
  /** Limit without a byte within an attempt; default 60. */
  readonly idleTimeoutSeconds?: number;
}

const DAY = "must be at most 86400";

/** The rules of {@link FetchHow}, to be spread into those of an options object. */
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

/** The rule for an address that replaces a publisher's. */
export const BASE_URL = z.url({ protocol: /^https?$/, error: "must be an http or https address" });

/**
 * A base address without trailing slashes. Addresses are shown in progress and errors, so they must not contain a password;
 * neither may this error.
 *
 * @throws OptionError if it contains one
 */
export function shownBase(option: string, baseUrl: string): string {
  const { username, password, host } = new URL(baseUrl);
  if (username === "" && password === "") return baseUrl.replace(/\/+$/, "");
  throw new OptionError(option, "must not hold a user name or password", `…@${host}`);
}
