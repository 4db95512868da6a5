import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePrometheus, type Sample, sumOf } from "../../../src/servers/profile/prometheus.js";
import { recorded } from "../../support/recorded.js";

describe("a scrape", () => {
  it("of a real llama-server gives its counters", () => {
    const samples = parsePrometheus(recorded("llama-server").body("metrics"));
    expect(samples).toHaveLength(15);
    expect(sumOf(samples, "llamacpp:prompt_tokens_total")).toBe(1251);
    expect(sumOf(samples, "llamacpp:prompt_tokens_cached_total")).toBe(1209);
    expect(sumOf(samples, "llamacpp:prompt_seconds_total")).toBe(0.237041);
    expect(sumOf(samples, "llamacpp:nothing")).toBe(null);
  });

  // The examples of prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4.
  it("is read as the format's own page has it", () => {
    expect(
      parsePrometheus(
        [
          "# HELP http_requests_total The total number of HTTP requests.",
          "# TYPE http_requests_total counter",
          'http_requests_total{method="post",code="200"} 1027 1395066363000',
          "# Escaping in label values:",
          'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9',
          "metric_without_timestamp_and_labels 12.47",
          'something_weird{problem="division by zero"} +Inf -3982045',
          'http_request_duration_seconds_bucket{le="+Inf"} 144320',
        ].join("\n"),
      ),
    ).toEqual([
      { name: "http_requests_total", labels: { method: "post", code: "200" }, value: 1027 },
      {
        name: "msdos_file_access_time_seconds",
        labels: { path: "C:\\DIR\\FILE.TXT", error: 'Cannot find file:\n"FILE.TXT"' },
        value: 1.458255915e9,
      },
      { name: "metric_without_timestamp_and_labels", labels: {}, value: 12.47 },
      { name: "something_weird", labels: { problem: "division by zero" }, value: Number.POSITIVE_INFINITY },
      { name: "http_request_duration_seconds_bucket", labels: { le: "+Inf" }, value: 144320 },
    ]);
  });

  it.each([
    [
      "",
      "<html><body>404</body></html>",
      '{"detail":"Not Found"}',
      "hits",
      "hits{",
      'hits{a="1" 2',
      "hits{a=1} 2",
    ],
    ["hits 0x10", "hits one", "hits 1 2 3", "9hits 1", 'hits{a="1"} ', "hits{} NaNa"],
  ])("has nothing of lines that are no samples", (...lines) => {
    expect(parsePrometheus(lines.join("\n"))).toEqual([]);
  });

  it("keeps what stands around a bad line, Windows line ends and exemplars", () => {
    expect(
      parsePrometheus('a 1\r\n}{\r\nb_total{x="y",} 2 # {trace="1"} 0.5\r\n').map(({ name, value }) => [
        name,
        value,
      ]),
    ).toEqual([
      ["a", 1],
      ["b_total", 2],
    ]);
  });

  const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
  const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
  const sample: fc.Arbitrary<Sample> = fc.record({
    name,
    labels: fc.dictionary(label, fc.string({ unit: "binary" }), { maxKeys: 3, noNullPrototype: true }),
    value: fc.oneof(fc.double({ noNaN: true }), fc.nat()),
  });
  const escapeLabel = (value: string) =>
    value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  const print = ({ name, labels, value }: Sample) => {
    const inside = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
    const shown = Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "Inf");
    return `${name}${inside.length === 0 ? "" : `{${inside.join(",")}}`} ${shown}`;
  };

  it("gives back whatever samples were printed, in their order", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
        expect(parsePrometheus(samples.map(print).join("\n"))).toEqual(samples);
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        for (const { value } of parsePrometheus(text)) expect(typeof value).toBe("number");
      }),
    );
  });
});
