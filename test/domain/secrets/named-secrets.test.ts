import { describe, expect, it } from "vitest";
import { isSecretName, sentSecrets, withoutKeys } from "../../../src/domain/secrets/named-secrets.js";

describe("a name", () => {
  it.each([
    ..."api_key apiKey X-Api-Key OPENAI_API_KEY LITELLM_MASTER_KEY key token HF_TOKEN authToken Authorization".split(
      " ",
    ),
    ..."proxy-authorization Set-Cookie password DB_PASSWORD client_secret AWS_SECRET_ACCESS_KEY sig signature".split(
      " ",
    ),
    ..."api-key subscription-key credentials access_tokens api_keys".split(" "),
  ])("%s is a secret's", (name) => expect(isSecretName(name)).toBe(true));

  it.each(
    "max_tokens contextTokens first_token firstToken eos_token tokenizer cached_tokens author keyboard sort_key cache_key prompt_tokens monkey".split(
      " ",
    ),
  )("%s is not", (name) => expect(isSecretName(name)).toBe(false));
});

describe("a text without keys", () => {
  it.each([
    ["env OPENAI_API_KEY=hunter2hunter2 litellm", "env OPENAI_API_KEY=[redacted] litellm"],
    ["env TOKEN='two words' x", "env TOKEN=[redacted] x"],
    ["litellm --api-key hunter2 --port 1", "litellm --api-key [redacted] --port 1"],
    ["--provider_key='a b' --port 1", "--provider_key=[redacted] --port 1"],
    ["http://me:pw@host/v1?api-key=x&api-version=1", "http://host/v1?api-key=[redacted]&api-version=1"],
    ["ftp://me:p@w@host", "ftp://host"],
    ["X-Api-Key: hunter2", "X-Api-Key: [redacted]"],
    ["Authorization: Token abcdef12", "Authorization: [redacted]"],
    ["got Bearer abcDEF123456", "got [redacted]"],
    ["hf_abcdefgh12345 and sk-proj-1234567890", "[redacted] and [redacted]"],
    ["the scikit sk-learn-pipeline, max_tokens=512, key=1, a basic sentence", null],
    ["Cookie: chocolate, the key: find it, api_key: see above", null],
    ["--first-token any --max-tokens 5", null],
  ])("%j", (text, shown) => expect(withoutKeys(text)).toBe(shown ?? text));
});

describe("the secrets of a request", () => {
  it("are those of its headers by their names, the caller's own longer ones, and texts of its body by theirs", () => {
    const own = { "x-team": "hunter2-hunter2", "x-mode": "fast", accept: "text/event-stream" };
    const headers = { authorization: "Bearer abc", "x-api-key": "def", cookie: "s=1; t=2", ...own };
    expect(sentSecrets(headers, own, { user: "me", metadata: { password: "pw" }, max_tokens: 5 })).toEqual([
      ...["Bearer abc", "abc", "def", "s=1; t=2", "1", "2"],
      ...["hunter2-hunter2", "pw"],
    ]);
  });

  it("are no headers that repeat what is said openly, but those that are secret by their names", () => {
    const own = { "x-model": "llama-3.1-8b", referer: "http://localhost:8000", "x-api-key": "llama-3.1-8b" };
    const told = ["http://localhost:8000/v1", "meta/llama-3.1-8b"];
    expect(sentSecrets({}, own, {}, told)).toEqual([]);
    expect(sentSecrets({ "x-api-key": "llama-3.1-8b" }, own, {}, told)).toEqual(["llama-3.1-8b"]);
  });

  it("are both halves of Basic, and its base64", () => {
    expect(sentSecrets({ authorization: "Basic bWU6aHVudGVyMg==" })).toEqual([
      "Basic bWU6aHVudGVyMg==",
      "bWU6aHVudGVyMg==",
      "me:hunter2",
      "hunter2",
    ]);
  });
});
