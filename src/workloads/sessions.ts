import { z } from "zod";
import { OptionError } from "../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS, MOST_REPEATED, wholeNumber } from "../domain/errors/options.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { Random } from "../stats/random.js";
import { compose, namedTexts } from "./pieces.js";
import { LEAST_PIECE_TOKENS, NO_NAMES, outputTokens } from "./request-fields.js";
import type { Workload } from "./workload.js";

/** Options for chats of several turns. */
export interface SessionsOptions {
  /** Turns of each chat. */
  readonly turns: number;
  /** Tokens of the system prompt that all chats share; default 200, 0 for none. */
  readonly systemTokens?: number;
  /** Tokens of each message of the user, from 8; default 64. */
  readonly messageTokens?: number;
  /** Tokens of each answer in the history, which is generated, not the server's own answer; from 8, default 128. */
  readonly answerTokens?: number;
  /**
   * Chats at the same time, which take turns; default 8. With as many slots, no turn starts before the previous one of its
   * chat has ended.
   */
  readonly sessions?: number;
  /**
   * Seconds from the start of one turn to the start of the next, including the answer's own time; left out, the load's
   * arrivals decide.
   */
  readonly thinkSeconds?: number;
  /**
   * Chats that begin per second, at random moments, if `thinkSeconds` is given; default so many that on average `sessions` of them are
   * under way.
   */
  readonly sessionsPerSecond?: number;
  /** Output tokens asked for; default 16. */
  readonly outputTokens?: number;
}

const seconds = z.number("must be a number above 0").gt(0, "must be above 0").optional();
const schema = z.strictObject({
  turns: wholeNumber(1, MOST_REPEATED),
  systemTokens: wholeNumber(0, MOST_CONTEXT_TOKENS).default(200),
  messageTokens: wholeNumber(LEAST_PIECE_TOKENS, MOST_CONTEXT_TOKENS).default(64),
  answerTokens: wholeNumber(LEAST_PIECE_TOKENS, MOST_CONTEXT_TOKENS).default(128),
  sessions: wholeNumber(1, MOST_REPEATED).default(8),
  thinkSeconds: seconds,
  sessionsPerSecond: seconds,
  outputTokens,
});

/** A turn of a session, and its start if pauses determine it. */
interface Turn {
  readonly session: number;
  readonly turn: number;
  readonly atSeconds: number | null;
}

/**
 * Chats whose history grows: each turn sends everything before it again, plus one more message.
 *
 * @throws OptionError for a wrong option.
 * @example workloads.sessions({ turns: 5 }).kind // "sessions"
 */
export function sessions(options: SessionsOptions): Workload {
  const { thinkSeconds, sessionsPerSecond: asked, ...lengths } = checkOptions(schema, options);
  if (thinkSeconds === undefined && asked !== undefined)
    throw new OptionError(
      "sessionsPerSecond",
      "needs thinkSeconds: pauses and beginnings make one schedule",
      asked,
    );
  // By Little's law.
  const sessionsPerSecond =
    thinkSeconds === undefined ? undefined : (asked ?? lengths.sessions / (lengths.turns * thinkSeconds));
  const named = namedTexts();
  const turnsOf = (order: Random, count: number): readonly Turn[] =>
    thinkSeconds === undefined || sessionsPerSecond === undefined
      ? Array.from({ length: count }, (_, index) => inTurn(index, lengths))
      : timed(order, count, { turns: lengths.turns, thinkSeconds, sessionsPerSecond });

  const promptOf = async (tokens: TokenBudget, texts: Random, { session, turn }: Turn) => {
    const message = (number: number) =>
      named(tokens, texts, `session ${session} message ${number}`, lengths.messageTokens);
    const chunks = [];
    for (let earlier = 1; earlier < turn; earlier++) {
      chunks.push(await message(earlier));
      chunks.push(await named(tokens, texts, `session ${session} answer ${earlier}`, lengths.answerTokens));
    }
    const system = await named(tokens, texts, "system prompt", lengths.systemTokens);
    return compose(tokens, system, chunks, await message(turn));
  };
  return {
    kind: "sessions",
    settings: {
      ...lengths,
      thinkSeconds: thinkSeconds ?? null,
      sessionsPerSecond: sessionsPerSecond ?? null,
    },
    ownRatePerSecond: sessionsPerSecond === undefined ? null : sessionsPerSecond * lengths.turns,
    documents: async () => [],
    async requests(tokens, { texts, order, count, before }) {
      const turns = turnsOf(order, before + count).slice(before);
      const first = turns[0]?.atSeconds ?? 0;
      const requests = [];
      for (const one of turns) {
        requests.push({
          ...(await promptOf(tokens, texts, one)),
          ...NO_NAMES,
          session: `session ${one.session}`,
          turn: one.turn,
          startsAtSeconds: one.atSeconds === null ? null : one.atSeconds - first,
          maxTokens: lengths.outputTokens,
        });
      }
      return requests;
    },
  };
}

/** The turns of several sessions at once, one of each in turn; when one ends, a new one begins. */
function inTurn(
  index: number,
  { sessions: atOnce, turns }: { readonly sessions: number; readonly turns: number },
): Turn {
  const round = Math.floor(index / atOnce);
  return {
    session: 1 + (index % atOnce) + atOnce * Math.floor(round / turns),
    turn: 1 + (round % turns),
    atSeconds: null,
  };
}

/** The first turns of sessions that begin at random moments and continue after pauses, in order of time. */
function timed(
  order: Random,
  count: number,
  {
    turns,
    thinkSeconds,
    sessionsPerSecond,
  }: { readonly turns: number; readonly thinkSeconds: number; readonly sessionsPerSecond: number },
): readonly Turn[] {
  const draw = order.fork("sessions");
  let begins = 0;
  // Each has a turn at its beginning, so at most as many sessions as requests are needed.
  const beginnings = Array.from({ length: count }, () => {
    begins += -Math.log(1 - draw()) / sessionsPerSecond;
    return begins;
  });
  const turnsBy = (moment: number, beginning: number) =>
    moment < beginning ? 0 : Math.min(turns, 1 + Math.floor((moment - beginning) / thinkSeconds));
  const until = firstMoment(beginnings, (moment) => {
    return beginnings.reduce((sum, beginning) => sum + turnsBy(moment, beginning), 0) >= count;
  });
  return beginnings
    .flatMap((beginning, index) =>
      Array.from({ length: turnsBy(until, beginning) }, (_, turn) => ({
        session: index + 1,
        turn: turn + 1,
        atSeconds: beginning + turn * thinkSeconds,
      })),
    )
    .sort((one, other) => one.atSeconds - other.atSeconds || one.session - other.session)
    .slice(0, count);
}

/** The first of these ascending moments at which a condition holds, as it does at the last. */
function firstMoment(moments: readonly number[], holds: (moment: number) => boolean): number {
  let [low, high] = [0, moments.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(moments[middle]!)) high = middle;
    else low = middle + 1;
  }
  return moments[high] ?? 0;
}
