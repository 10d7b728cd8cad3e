// `render --tempo` at a server that answers as Tempo's API is documented to.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { type JaegerAnswer, json, startJaegerServer } from "./jaeger-server.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const corpus = (file: string): string => readFileSync(new URL(`corpus/${file}`, import.meta.url), "utf8");
const text = (body: string, status: number): JaegerAnswer => ({ status, contentType: "text/plain", body });
const NO_PATH = text("404 page not found\n", 404);
const UNKNOWN = text("trace not found", 404);

/** A Tempo with both APIs, or with the older alone. */
function answers(url: URL, isOld = false): JaegerAnswer {
  if (url.pathname === "/api/search") {
    const isKnown = url.searchParams.get("q") === '{ resource.service.name = "shop" && status = error }';
    return json({ traces: isKnown ? [{ traceID: TRACE, startTimeUnixNano: "1" }] : [], metrics: {} });
  }
  if (url.pathname.startsWith("/api/v2/")) {
    if (isOld) return NO_PATH;
    return url.pathname.endsWith(TRACE) ? json(JSON.parse(corpus("tempo-trace.json"))) : UNKNOWN;
  }
  if (!url.pathname.startsWith("/api/traces/")) return NO_PATH;
  return url.pathname.endsWith(TRACE) ? json(JSON.parse(corpus("tempo-batches.json"))) : UNKNOWN;
}

describe("render --tempo", () => {
  it.each([false, true])("prints one trace, also if only the older API is there: %s", async (isOld) => {
    const { url } = await startJaegerServer((asked) => answers(asked, isOld));
    const { code, out, err } = await runCli(["render", "--tempo", url, "--trace", TRACE.toUpperCase(), "-x"]);
    expect([code, err]).toEqual([1, ""]);
    expect(out).toContain("root cause  payment POST /charge internal: no connection to the ledger");
  });

  it("prints the last failing traces of a service", async () => {
    const { url, requests } = await startJaegerServer(answers);
    const args = ["--service", "shop", "--last", "3", "--header", "X-Scope-OrgID: me"];
    const { code, out } = await runCli(["render", "--tempo", url, ...args]);
    expect(code).toBe(0);
    expect(out).toContain(`trace ${TRACE}`);
    expect(requests[0]?.url.searchParams.get("limit")).toBe("3");
    for (const { headers } of requests) expect(headers["x-scope-orgid"]).toBe("me");
    const none = await runCli(["render", "--tempo", url, "--service", 'a"b', "--last", "1"]);
    expect([none.code, none.out]).toEqual([0, ""]);
    expect(none.err).toContain("has no failing trace of a");
    expect(requests.at(-1)?.url.searchParams.get("q")).toContain('"a\\"b"');
  });

  it.each<[string, JaegerAnswer, RegExp]>([
    ["a trace that is not there", UNKNOWN, /has no trace 5b8e/],
    ["an answer without spans", json({ trace: {} }), /has no trace 5b8e/],
    [
      "another server",
      NO_PATH,
      /answered 404: is this the address of its API, as http:\/\/localhost:3200\?$/,
    ],
    [
      "a page",
      { status: 200, contentType: "text/html", body: "<html>" },
      /answered with a page: is this the address of its API/,
    ],
    [
      "what Tempo complains of",
      json({ message: "no org id" }, 401),
      /answered 401: it wants to know who asks/,
    ],
    ["a status without a word", text("", 500), /answered 500$/],
  ])("says in one line and with exit code 2: %s", async (_, answer, expected) => {
    const { url } = await startJaegerServer(() => answer);
    const { code, out, err } = await runCli(["render", "--tempo", url, "--trace", TRACE]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(expected);
    expect(err).toMatch(new RegExp(`^otel-error-tree: Tempo at ${url}\\b[^\\n]*$`));
  });

  it.each([
    [["--tempo", "localhost:1"], /needs --trace ID, or --service NAME with --last COUNT/],
    [["--tempo", "localhost:1", "--trace", TRACE, "--service", "a", "--last", "1"], /needs --trace ID/],
    [["--tempo", "localhost:1", "--service", "a", "--follow"], /--follow needs --jaeger URL/],
    [["--tempo", "localhost:1", "--jaeger", "localhost:2", "--trace", TRACE], /not read together/],
    [["--tempo", "localhost:1", "file"], /not read together/],
    [["--tempo", "localhost:1", "--trace", "xyz"], /expected a trace id/],
    [["--trace", TRACE], /--trace needs --jaeger URL/],
  ])("refuses %j", async (args, expected) => {
    const { code, err } = await runCli(["render", ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(expected);
  });
});
