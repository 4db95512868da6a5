import { isObject, type JsonObject, jsonValue } from "../domain/json.js";
import { own } from "../domain/own.js";

/** What a server wants instead of a field. */
const OTHER_NAME: Readonly<Record<string, string>> = { max_tokens: "max_completion_tokens" };

/** Which optional fields one route of a server takes, as its refusals have shown. */
export interface Dialect {
  /** A body as this server takes it. */
  speak(body: JsonObject): JsonObject;
  /** Remembers a refusal and says so, once. */
  learn(field: string): void;
  /** What was left out of a body, as a sentence; null for nothing. */
  leftOut(body: JsonObject): string | null;
}

/** A dialect for each route: what is refused in a chat may be what a bare prompt needs. */
export type Dialects = Readonly<Record<"/chat/completions" | "/completions", Dialect>>;

/** Those of a server of which nothing is known yet. `say` is told of every field that it refuses. */
export const newDialects = (url: string, say: (notice: string) => void): Dialects => ({
  "/chat/completions": newDialect(`${url}/chat/completions`, say),
  "/completions": newDialect(`${url}/completions`, say),
});

/** A route of which nothing is known yet. */
function newDialect(url: string, say: (notice: string) => void): Dialect {
  const refused = new Set<string>();
  return {
    speak: (body) => [...refused].reduce(without, body),
    learn(field) {
      if (refused.has(field)) return;
      refused.add(field);
      say(`${url} refuses the field ${field}: requests are sent ${insteadOf(field)}.`);
    },
    leftOut(body) {
      const fields = [...refused].filter(
        (field) => Object.hasOwn(body, field) && own(OTHER_NAME, field) === undefined,
      );
      return fields.length === 0 ? null : `Sent without ${fields.join(", ")}, which the server refuses.`;
    },
  };
}

/**
 * A body without a field that was refused, or with the name that takes its place.
 *
 * @example without({ max_tokens: 8 }, "max_tokens") // { max_completion_tokens: 8 }
 */
export function without(body: JsonObject, field: string): JsonObject {
  if (!Object.hasOwn(body, field)) return body;
  const { [field]: value, ...others } = body;
  const other = own(OTHER_NAME, field);
  return other === undefined || Object.hasOwn(others, other) ? others : { ...others, [other]: value };
}

/** How a request goes on without a field. */
export function insteadOf(field: string): string {
  const other = own(OTHER_NAME, field);
  return other === undefined ? "without it" : `with ${other} instead`;
}

/** What makes a request this one; no server refuses it and answers. */
const FIXED: ReadonlySet<string> = new Set(["model", "messages", "prompt", "stream", "cache"]);

/** Where errors have their words and the names they are about. */
const WORDS = ["error", "message", "msg", "detail", "details", "metadata", "raw", "type", "code", "errors"];

/** A field that the server does not want, in the words of OpenAI, FastAPI, Groq, Mistral, TGI, LiteLLM and others. */
const UNWANTED =
  /unsupported|not supported|n[o']t support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|not accepted|does not exist|invalid (?:request )?(?:parameter|argument|field|property|key)|不支持|disallowed|forbidden|not available|not implemented|not enabled|no longer|deprecated|additional propert|(can ?not|can't|must not|should not) be (used|set|specified|present)|instead/i;
/** A value that is out of range: what is wrong is not the field. */
const OUT_OF_RANGE =
  /too (large|long|many|small|high|low)|maximum|at most|exceed|at least|minimum|(less|greater|more|fewer) than|context (length|window|size)/i;
/** From here on fields are named that the server would take. */
const OTHERS =
  /expected one of|(?<![a-z])(?:expected|allowed|supported|valid|permitted|accepted|known) (?:fields?|parameters?|params|keys|properties|arguments)|did you mean/i;

/** Fields whose very value may be refused where another one, the server's own, is not. */
const OWN_VALUE: ReadonlySet<string> = new Set(["temperature", "top_p"]);

/**
 * The optional field of a request that a server's refusal names, or `null` where it is about something else.
 *
 * @param body the answer with status 400 or 422
 * @param asked the caller's own fields: they were asked for by name, and are not to be left out
 * @example refusedField('{"error":{"message":"Unknown parameter: \'seed\'.","param":"seed"}}', { seed: 1 }, new Set()) // "seed"
 */
export function refusedField(body: string, sent: JsonObject, asked: ReadonlySet<string>): string | null {
  const value = jsonValue(body) ?? body;
  const text = wordsOf(value).join(" ");
  const pointed = pointersOf(value).find((name) => Object.hasOwn(sent, name));
  // The words model, prompt and stream stand in many a sentence about another field.
  const optional = Object.keys(sent).filter((name) => !FIXED.has(name));
  const named = pointed ?? firstNamed(text.split(OTHERS, 1)[0] ?? "", optional);
  if (named === undefined || FIXED.has(named) || asked.has(named)) return null;
  if (OWN_VALUE.has(named)) return named;
  return UNWANTED.test(text) && !OUT_OF_RANGE.test(text) ? named : null;
}

/** All texts of an error that are meant to be read, and JSON within them. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "string") {
    const inner = value.trimStart().startsWith("{") ? jsonValue(value) : undefined;
    return isObject(inner) ? wordsOf(inner) : [value];
  }
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  return isObject(value) ? WORDS.flatMap((key) => wordsOf(value[key])) : [];
}

/** The names that OpenAI's `param` and FastAPI's `loc` point at, such as `stream_options` of `body.stream_options.x`. */
function pointersOf(value: unknown): string[] {
  if (typeof value === "string") return value.trimStart().startsWith("{") ? pointersOf(jsonValue(value)) : [];
  if (Array.isArray(value)) return value.flatMap(pointersOf);
  if (!isObject(value)) return [];
  const places = [value.param, ...(Array.isArray(value.loc) ? value.loc : [value.loc])];
  const own = places.flatMap((place) => (typeof place === "string" ? place.split(/[^\w-]+/) : []));
  return [...own, ...WORDS.flatMap((key) => pointersOf(value[key]))];
}

function firstNamed(text: string, names: readonly string[]): string | undefined {
  const places = names
    .map((name) => ({
      name,
      // `MaxTokens` is Azure's word for max_tokens.
      at: text.search(
        new RegExp(`(?<![\\w-])${name.replace(/\W/g, "\\$&").replaceAll("_", "_?")}(?![\\w-])`, "i"),
      ),
    }))
    .filter(({ at }) => at !== -1);
  return places.sort((a, b) => a.at - b.at)[0]?.name;
}
