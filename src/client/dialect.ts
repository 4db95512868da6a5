import { isObject, type JsonObject, jsonValue, own } from "../domain/json.js";

/** What a server wants instead of a field. */
const OTHER_NAME: Readonly<Record<string, string>> = { max_tokens: "max_completion_tokens" };

/** Which optional fields one route of a server takes, as its refusals have shown. */
export interface Dialect {
  /** A body as this server takes it. */
  speak(body: JsonObject): JsonObject;
  /** Remembers a refusal and says so, once. */
  learn(field: string): void;
  /** A sentence that says what was left out of a body; null if nothing was. */
  leftOut(body: JsonObject): string | null;
}

/** One dialect per route: a field that is refused in a chat may be needed with a bare prompt. */
export type Dialects = Readonly<Record<"/chat/completions" | "/completions", Dialect>>;

/** The dialects of a server about which nothing is known yet. `say` is called for every field that it refuses. */
export const newDialects = (url: string, say: (notice: string) => void): Dialects => ({
  "/chat/completions": newDialect(`${url}/chat/completions`, say),
  "/completions": newDialect(`${url}/completions`, say),
});

/** A route about which nothing is known yet. */
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

/** What a request sends instead of a refused field. */
export function insteadOf(field: string): string {
  const other = own(OTHER_NAME, field);
  return other === undefined ? "without it" : `with ${other} instead`;
}

/** Fields without which a request is a different one; no server refuses them and still answers. */
const FIXED: ReadonlySet<string> = new Set(["model", "messages", "prompt", "stream", "cache"]);

/** Where errors have their messages and the names of the fields concerned. */
const WORDS = ["error", "message", "msg", "detail", "details", "metadata", "raw", "type", "code", "errors"];

/** Messages about an unwanted field, from OpenAI, FastAPI, Groq, Mistral, TGI, LiteLLM and others. */
const UNWANTED =
  /unsupported|not supported|n[o']t support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|not accepted|does not exist|invalid (?:request )?(?:parameter|argument|field|property|key)|不支持|disallowed|forbidden|not available|not implemented|not enabled|no longer|deprecated|additional propert|(can ?not|can't|must not|should not) be (used|set|specified|present)|instead/i;
/** A value out of range: the field itself is accepted. */
const OUT_OF_RANGE =
  /too (large|long|many|small|high|low)|maximum|at most|exceed|at least|minimum|(less|greater|more|fewer) than|context (length|window|size)/i;
/** The names after this are those of fields that the server accepts. */
const OTHERS =
  /expected one of|(?<![a-z])(?:expected|allowed|supported|valid|permitted|accepted|known) (?:fields?|parameters?|params|keys|properties|arguments)|did you mean/i;

/** Fields whose value may be refused although the server accepts another, its own default. */
const OWN_VALUE: ReadonlySet<string> = new Set(["temperature", "top_p"]);

/**
 * The optional field named in a server's refusal, or `null` if the refusal is about something else.
 *
 * @param body the answer with status 400 or 422
 * @param asked the caller's own fields, which must not be left out
 * @example refusedField('{"error":{"message":"Unknown parameter: \'seed\'.","param":"seed"}}', { seed: 1 }, new Set()) // "seed"
 */
export function refusedField(body: string, sent: JsonObject, asked: ReadonlySet<string>): string | null {
  const value = jsonValue(body) ?? body;
  const text = wordsOf(value).join(" ");
  const pointed = pointersOf(value).find((name) => Object.hasOwn(sent, name));
  // The words model, prompt and stream occur in many messages about other fields.
  const optional = Object.keys(sent).filter((name) => !FIXED.has(name));
  const named = pointed ?? firstNamed(text.split(OTHERS, 1)[0] ?? "", optional);
  if (named === undefined || FIXED.has(named) || asked.has(named)) return null;
  if (OWN_VALUE.has(named)) return named;
  return UNWANTED.test(text) && !OUT_OF_RANGE.test(text) ? named : null;
}

/** All texts of an error meant for people, and JSON inside them. */
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
      // Azure calls max_tokens `MaxTokens`.
      at: text.search(
        new RegExp(`(?<![\\w-])${name.replace(/\W/g, "\\$&").replaceAll("_", "_?")}(?![\\w-])`, "i"),
      ),
    }))
    .filter(({ at }) => at !== -1);
  return places.sort((a, b) => a.at - b.at)[0]?.name;
}
