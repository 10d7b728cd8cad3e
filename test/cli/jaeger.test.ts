// `render --jaeger` against what a real Jaeger has answered.
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { listen } from "../support/sdk-http.ts";
import { closedPort } from "../support/sockets.ts";
import { FAILING, GOOD, json, recorded, recordedAnswer, startJaegerServer } from "./jaeger-server.ts";

const UNKNOWN = "00000000000000000000000000000001";

function failedSpan(more: Partial<SpanFacts> = {}): SpanFacts {
  return {
    spanId: "a",
    service: "shop",
    kind: "server",
    name: "GET /",
    status: "error",
    attributes: {},
    events: [],
    start: 1,
    end: 2,
    ...more,
  };
}

describe("render --jaeger --trace", () => {
  it.each(["text", "json", "ndjson", "header"])(
    "prints in %s what the same spans in a file give",
    async (format) => {
      const { url } = await startJaegerServer();
      const asked = await runCli(["render", "--jaeger", url, "--trace", FAILING, "--format", format]);
      expect(asked).toEqual(await runCli(["render", "--format", format], recorded("trace-failing").body));
      expect(asked.code).toBe(0);
    },
  );

  it("prints the tree that the lab's services have made of it", async () => {
    const { url } = await startJaegerServer();
    const { out } = await runCli(["render", "--jaeger", url, "--trace", FAILING.toUpperCase()]);
    expect(out).toContain(`FAILED  trace ${FAILING}\nroot cause  service-e GET permission-denied`);
    expect(out).toMatch(/^root GET not-found .*$/m);
    expect(out).toMatch(/^└─ service-b GET not-found .* \[drift permission-denied -> not-found\]$/m);
    expect(out).toMatch(/^ {3}└─ service-e GET permission-denied .* {2}◀ root cause$/m);
  });

  it("ends with exit code 1 where that is asked for and the tree has failed, else with 0", async () => {
    const { url } = await startJaegerServer();
    const codeOf = async (...args: string[]) => (await runCli(["render", "--jaeger", url, ...args])).code;
    expect(await codeOf("--trace", FAILING, "--exit-code")).toBe(1);
    expect(await codeOf("--trace", FAILING)).toBe(0);
    expect(await codeOf("--trace", GOOD, "--exit-code")).toBe(0);
  });

  it("says that nothing failed in a trace in which nothing did", async () => {
    const { url } = await startJaegerServer();
    const { err } = await runCli(["render", "--jaeger", url, "--trace", GOOD]);
    expect(err).toBe("no error tree: nothing failed in what was read");
    const all = await runCli(["render", "--jaeger", url, "--trace", GOOD, "--all"]);
    expect(all.out).toBe(`ok  trace ${GOOD}: nothing failed`);
  });

  it("asks for the spans as they were stored, at the path of the URL, with every field that it is given", async () => {
    const server = await startJaegerServer((url) =>
      recordedAnswer(new URL(url.href.replace("/tracing", ""))),
    );
    const base = server.url.replace("//", "//jane:s%20cret@");
    const fields = ["--header", "X-Scope-OrgID: shop", "-H", "x-other: 1"];
    const { code } = await runCli(["render", "--jaeger", `${base}/tracing/`, "--trace", FAILING, ...fields]);
    expect(code).toBe(0);
    const [request] = server.requests;
    expect(`${request?.url.pathname}${request?.url.search}`).toBe(
      `/tracing/api/v3/traces/${FAILING}?raw_traces=true`,
    );
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from("jane:s cret").toString("base64")}`,
      "x-scope-orgid": "shop",
      "x-other": "1",
    });
  });

  it("prints no secret that a span has told its backend, as no header does", async () => {
    const statusMessage = "connect postgres://jane:hunter2@db/shop failed";
    const spans = otlpRequest([failedSpan({ statusMessage })], FAILING);
    const { url } = await startJaegerServer(() => json({ result: spans }));
    for (const more of [[], ["--every-span"], ["--format", "json"], ["--format", "header"]]) {
      const { out, code } = await runCli(["render", "--jaeger", url, "--trace", FAILING, ...more]);
      expect(code).toBe(0);
      expect(out).not.toContain("hunter2");
    }
  });

  it("reads a trace that comes in several documents", async () => {
    const documents = [
      failedSpan({ spanId: "b", parentId: "a", service: "pay", status: "error", statusMessage: "no" }),
      failedSpan(),
    ].map((span) => JSON.stringify({ result: otlpRequest([span], FAILING) }));
    const { url } = await startJaegerServer(() => ({
      status: 200,
      contentType: "text/plain",
      body: documents.join("\n"),
    }));
    const { out } = await runCli(["render", "--jaeger", url, "--trace", FAILING]);
    expect(out).toContain("└─ pay GET / failed");
  });
});

describe("render --jaeger --service --last", () => {
  it("prints the newest failing traces of the service, the newest last", async () => {
    const server = await startJaegerServer((url) => {
      const other = url.pathname.split("/").at(-1);
      const isOther = url.pathname.startsWith("/api/v3/traces/") && other !== FAILING;
      return isOther ? json({ result: otlpRequest([failedSpan()], other) }) : recordedAnswer(url);
    });
    const { out } = await runCli([
      "render",
      "--jaeger",
      server.url,
      "--service",
      "root",
      "--last",
      "5",
      "--format",
      "ndjson",
    ]);
    const ids = out.split("\n").map((line) => JSON.parse(line).traceId);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(FAILING);
    const search = server.requests[0]?.url.searchParams;
    expect(search?.get("service")).toBe("root");
    expect(search?.get("tags")).toBe('{"error_tree.verdict":"failed"}');
    const one = await runCli([
      "render",
      "--jaeger",
      server.url,
      "--service",
      "root",
      "-n",
      "1",
      "--format",
      "ndjson",
    ]);
    expect(JSON.parse(one.out).traceId).toBe(ids[1]);
  });

  it("names the services that Jaeger knows where it does not know this one", async () => {
    const { url } = await startJaegerServer();
    const { out, err, code } = await runCli(["render", "--jaeger", url, "--service", "rot", "--last", "1"]);
    expect([code, out]).toEqual([0, ""]);
    expect(err).toBe(
      `Jaeger at ${url} has no failing trace of rot, but knows root, service-a, service-b, service-c, service-d, service-e`,
    );
    const known = await startJaegerServer((asked) =>
      asked.pathname === "/api/traces" ? recorded("search-nothing") : recordedAnswer(asked),
    );
    const none = await runCli([
      "render",
      "--jaeger",
      known.url,
      "--service",
      "root",
      "--last",
      "1",
      "-f",
      "json",
    ]);
    expect(none.out).toBe("[]");
    expect(none.err).toBe(`Jaeger at ${known.url} has no failing trace of root of the last 48 hours`);
  });
});

describe("render --jaeger says in one line and with exit code 2", () => {
  const trace = ["--trace", FAILING];

  it.each<[string, string[], RegExp]>([
    [
      "what is missing",
      [],
      /^otel-error-tree: --jaeger needs --trace ID, or --service NAME with --last COUNT or --follow$/,
    ],
    [
      "that --service alone is too little",
      ["--service", "root"],
      /--service needs --last COUNT or --follow$/,
    ],
    [
      "that a trace is not followed",
      [...trace, "--follow"],
      /--last and --follow need --service, not --trace$/,
    ],
    [
      "that one of both is asked for",
      [...trace, "--service", "root"],
      /--jaeger needs --trace ID, or --service/,
    ],
    ["that --compare prints text", [...trace, "--compare", "--format", "json"], /--compare prints text/],
    [
      "that --compare needs a trace",
      ["--service", "root", "--last", "1", "--compare"],
      /--compare needs --trace ID$/,
    ],
    ["that an id is none", ["--trace", "xyz"], /expected a trace id of 32 hex digits, got "xyz"$/],
    [
      "that the other id is none",
      [...trace, "--compare", "xyz"],
      /expected a trace id of 32 hex digits, got "xyz"$/,
    ],
    [
      "that a field is none, but not its value",
      [...trace, "--header", "secret"],
      /expected "Name: value" as 1\. --header, got something else$/,
    ],
    [
      "that Jaeger does not know the trace",
      ["--trace", UNKNOWN],
      new RegExp(`Jaeger at http://127.0.0.1:\\d+ has no trace ${UNKNOWN}$`),
    ],
    ["that files are read alone", ["file.json", ...trace], /files and --jaeger are not read together$/],
  ])("%s", async (_, args, expected) => {
    const { url } = await startJaegerServer();
    const { code, out, err } = await runCli(["render", "--jaeger", url, ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err.split("\n")).toHaveLength(1);
    expect(err).toMatch(expected);
  });

  it.each([
    ["--trace", "1"],
    ["--service", "root"],
    ["--follow"],
    ["--last", "1"],
    ["--compare"],
    ["--header", "a: b"],
  ])("that %s needs --jaeger", async (...args) => {
    const { code, err } = await runCli(["render", ...args]);
    expect([code, err]).toEqual([2, `otel-error-tree: ${args[0]} needs --jaeger URL`]);
  });

  it.each<[string, ReturnType<typeof json>, RegExp]>([
    [
      "a page",
      recorded("page"),
      /answered with a page: is this the address of its query service, as http:\/\/localhost:16686\?$/,
    ],
    [
      "another server's 404",
      { status: 404, contentType: "text/plain", body: "404 page not found" },
      /answered 404: is this the address/,
    ],
    [
      "that it wants to know who asks",
      json({}, 401),
      /answered 401: it wants to know who asks, as by --header 'Authorization: Bearer …'$/,
    ],
    [
      "what Jaeger complains of",
      recorded("refused"),
      /answered 500: search depth must be greater than 0 and less than max traces$/,
    ],
    [
      "what Jaeger's other API complains of",
      json({ data: null, errors: [{ code: 400, msg: "parameter 'service' is required" }] }, 400),
      /answered 400: parameter 'service' is required$/,
    ],
    ["a status without a word", { status: 503, contentType: "text/plain", body: "" }, /answered 503$/],
    [
      "other JSON",
      json({ hello: "world" }),
      /expected an x-error-tree header value, OTLP JSON or Jaeger JSON .* got other or broken JSON/,
    ],
  ])("%s", async (_, answer, expected) => {
    const { url } = await startJaegerServer(() => answer);
    const { code, out, err } = await runCli(["render", "--jaeger", url, ...trace]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(expected);
    expect(err).toMatch(new RegExp(`^otel-error-tree: Jaeger at ${url}\\b[^\\n]*$`));
  });

  it("that nobody listens, and who is not found", async () => {
    const port = await closedPort();
    const { code, err } = await runCli(["render", "--jaeger", `127.0.0.1:${port}`, ...trace]);
    expect([code, err]).toEqual([
      2,
      `otel-error-tree: Jaeger at http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    ]);
  });

  it("that no answer came in time", async () => {
    const { url } = await startJaegerServer(() => undefined);
    const { code, err } = await runCli(["render", "--jaeger", url, ...trace, "--timeout", "1"]);
    expect([code, err]).toEqual([2, `otel-error-tree: Jaeger at ${url}: no answer within 1 s`]);
  });
});

describe("what a person gave to say who asks", () => {
  it.each(["http://me:p/ss#w@jaeger:16686", "http://me:s3cret@jaeger:99999", "ftp://me:s3cret@jaeger"])(
    "%s is in no error",
    async (url) => {
      const { code, err } = await runCli(["render", "--jaeger", url, "--trace", UNKNOWN]);
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^otel-error-tree: expected a URL such as .* got ".*…@/),
      ]);
      expect(err).not.toMatch(/p\/ss|s3cret/);
    },
  );

  it("a query of the URL is not told either, and a percent sign is one", async () => {
    const port = await closedPort();
    const { err } = await runCli([
      "render",
      "--jaeger",
      `http://me:100%@127.0.0.1:${port}/?token=abc`,
      "--trace",
      UNKNOWN,
    ]);
    expect(err).toMatch(new RegExp(`^otel-error-tree: Jaeger at http://127\\.0\\.0\\.1:${port}: `));
  });

  it("goes to nobody to whom the server sends on", async () => {
    const heads: string[] = [];
    const other = createServer((request, response) => {
      heads.push(String(request.headers["x-api-key"]));
      response.end("{}");
    });
    const elsewhere = `http://127.0.0.1:${await listen(other)}`;
    const server = createServer(
      (_, response) => void response.writeHead(302, { location: `${elsewhere}/login` }).end(),
    );
    const url = `http://127.0.0.1:${await listen(server)}`;
    const { code, err } = await runCli([
      "render",
      "--jaeger",
      url,
      "--trace",
      UNKNOWN,
      "--header",
      "X-Api-Key: k123",
    ]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`answered 302: it sends to another address (${elsewhere})`),
    ]);
    expect(heads).toEqual([]);
  });
});

it("a body that begins like gzip and breaks off is told in one line, with exit code 2", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(gzipSync("{}".repeat(1000)).subarray(0, 12), () => response.destroy());
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const { code, err } = await runCli(["render", "--jaeger", url, "--trace", UNKNOWN]);
  expect(code).toBe(2);
  expect(err).toMatch(/^otel-error-tree: [^\n]*$/);
});

it("a list of services that is none is an error, not an empty list", async () => {
  const { url } = await startJaegerServer(({ pathname }) =>
    pathname === "/api/v3/services"
      ? { status: 200, contentType: "application/json", body: "{" }
      : recorded("search-nothing"),
  );
  const { code, err } = await runCli(["render", "--jaeger", url, "--service", "x", "--last", "1"]);
  expect([code, err]).toEqual([2, expect.stringMatching(/^otel-error-tree: Jaeger at /)]);
});
