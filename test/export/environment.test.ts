// The exporters of the environment: what NodeSDK would have taken, found where NodeSDK finds it.
import http from "node:http";
import { createRequire, Module } from "node:module";
import { type TextMapPropagator, trace } from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ConsoleSpanExporter,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  exportersFromEnv as exportersWith,
  processorFromEnv,
  propagatorFromEnv as propagatorWith,
  samplerFromEnv,
} from "../../src/setup/sdk-env.ts";
import { withErrorTree } from "../../src/setup.ts";
import { listen } from "../support/sdk-http.ts";
import { startSdk } from "../support/sdk-parts.ts";

const fromSdk = createRequire(createRequire(import.meta.url).resolve("@opentelemetry/sdk-node"));

// No logger is set here, and what is wrong in the environment becomes a warning of the process.
vi.spyOn(process, "emitWarning").mockImplementation(() => {});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What the log was told. */
const lines: string[] = [];
const complain = (line: string): void => void lines.push(line);
const exportersFromEnv = (): SpanExporter[] => exportersWith(complain);
const propagatorFromEnv = (): TextMapPropagator | null => propagatorWith(complain);

beforeEach(() => {
  lines.length = 0;
});

/** Package and class of an exporter that NodeSDK has, or of another one. */
function kindOf(exporter: SpanExporter): string {
  const kinds = {
    grpc: ["@opentelemetry/exporter-trace-otlp-grpc", "OTLPTraceExporter"],
    "http/json": ["@opentelemetry/exporter-trace-otlp-http", "OTLPTraceExporter"],
    "http/protobuf": ["@opentelemetry/exporter-trace-otlp-proto", "OTLPTraceExporter"],
    zipkin: ["@opentelemetry/exporter-zipkin", "ZipkinExporter"],
  } as const;
  if (exporter instanceof ConsoleSpanExporter) return "console";
  for (const [kind, [name, className]] of Object.entries(kinds)) {
    if (exporter instanceof fromSdk(name)[className]) return kind;
  }
  return exporter.constructor.name;
}

describe("OTEL_TRACES_EXPORTER and the OTLP protocol", () => {
  test.each<[string | undefined, Record<string, string>, string[]]>([
    [undefined, {}, ["http/protobuf"]],
    ["", {}, ["http/protobuf"]],
    ["otlp", {}, ["http/protobuf"]],
    ["otlp", { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, ["grpc"]],
    ["otlp", { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }, ["http/json"]],
    ["otlp", { OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }, ["http/protobuf"]],
    [
      "otlp",
      { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" },
      ["http/json"],
    ],
    ["otlp", { OTEL_EXPORTER_OTLP_PROTOCOL: "carrier-pigeon" }, ["http/protobuf"]],
    ["console", {}, ["console"]],
    ["zipkin", {}, ["zipkin"]],
    ["otlp,console", {}, ["http/protobuf", "console"]],
    ["otlp,otlp", {}, ["http/protobuf"]],
    ["unknown", {}, []],
    ["unknown,otlp", {}, ["http/protobuf"]],
    ["none", {}, []],
    ["none,otlp", {}, []],
    ["otlp,none", {}, ["http/protobuf"]],
  ])("%s with %o", (names, variables, kinds) => {
    vi.stubEnv("OTEL_TRACES_EXPORTER", names);
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(exportersFromEnv().map(kindOf)).toEqual(kinds);
  });
});

describe("a package that is not installed", () => {
  /** Makes a package unfindable until the test has finished. */
  function uninstall(packageName: string): void {
    const loader = Module as unknown as Record<string, (request: string, ...rest: unknown[]) => unknown>;
    for (const step of ["_load", "_resolveFilename"]) {
      const original = loader[step] as (request: string, ...rest: unknown[]) => unknown;
      loader[step] = (request, ...rest) => {
        if (request !== packageName) return original.call(Module, request, ...rest);
        throw Object.assign(new Error(`Cannot find module '${request}'`), { code: "MODULE_NOT_FOUND" });
      };
      onTestFinished(() => {
        loader[step] = original;
      });
    }
  }

  test.each([
    [
      "@opentelemetry/exporter-trace-otlp-grpc",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "grpc",
      "the OTLP protocol is grpc",
    ],
    [
      "@opentelemetry/exporter-trace-otlp-http",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "http/json",
      "the OTLP protocol is http/json",
    ],
    [
      "@opentelemetry/exporter-zipkin",
      "OTEL_TRACES_EXPORTER",
      "zipkin",
      "OTEL_TRACES_EXPORTER asks for zipkin",
    ],
    ["@opentelemetry/propagator-b3", "OTEL_PROPAGATORS", "b3", "OTEL_PROPAGATORS asks for b3"],
    ["@opentelemetry/propagator-b3", "OTEL_PROPAGATORS", "b3multi", "OTEL_PROPAGATORS asks for b3multi"],
  ])(
    "%s is named in the log, with who asks for it, and the service starts",
    (packageName, variable, value, reason) => {
      vi.stubEnv(variable, value);
      uninstall(packageName);
      const exporters = exportersFromEnv();
      const propagator = propagatorFromEnv();
      const without = variable === "OTEL_PROPAGATORS" ? "it is left out" : "nothing is exported there";
      expect(lines).toEqual([
        `${reason}, but the package ${packageName} is not installed; ` +
          `${without} (npm install ${packageName}, or give it to NodeSDK in code)`,
      ]);
      expect(exporters).toHaveLength(variable === "OTEL_PROPAGATORS" ? 1 : 0);
      expect(propagator === null).toBe(variable === "OTEL_PROPAGATORS");
      expect(withErrorTree().spanProcessors).toHaveLength(variable === "OTEL_PROPAGATORS" ? 2 : 1);
    },
  );

  test("leaves the others that are asked for", () => {
    vi.stubEnv("OTEL_PROPAGATORS", "b3,tracecontext");
    vi.stubEnv("OTEL_TRACES_EXPORTER", "zipkin,otlp");
    uninstall("@opentelemetry/propagator-b3");
    uninstall("@opentelemetry/exporter-zipkin");
    expect(propagatorFromEnv()?.fields()).toEqual(["traceparent", "tracestate"]);
    expect(exportersFromEnv().map(kindOf)).toEqual(["http/protobuf"]);
    expect(lines).toHaveLength(2);
  });

  test("that nobody asks for is not missed", () => {
    uninstall("@opentelemetry/exporter-trace-otlp-grpc");
    uninstall("@opentelemetry/propagator-b3");
    expect(exportersFromEnv()).toHaveLength(1);
    expect(propagatorFromEnv()).not.toBeNull();
    expect(lines).toEqual([]);
  });
});

describe("a wrong variable of the SDK is told, and something else holds:", () => {
  test.each<[string, string, string]>([
    ["OTEL_TRACES_SAMPLER", "always on", 'is unknown: "always on"; "parentbased_always_on" holds instead'],
    ["OTEL_TRACES_SAMPLER_ARG", "x", 'must be a number from 0 to 1, got "x"; 1 holds instead'],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5", 'must be a number from 0 to 1, got "1.5"; 1 holds instead'],
    ["OTEL_TRACES_SAMPLER_ARG", "", 'must be a number from 0 to 1, got ""; 1 holds instead'],
    ["OTEL_PROPAGATORS", "W3C", 'names an unknown propagator: "W3C"; it is left out'],
    ["OTEL_TRACES_EXPORTER", "constructor", 'names an unknown exporter: "constructor"; it is left out'],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "__proto__", '"http/protobuf" holds instead'],
    [
      "OTEL_BSP_MAX_QUEUE_SIZE",
      "-1",
      'must be a number greater than 0, got "-1"; the default of the SDK holds',
    ],
    [
      "OTEL_BSP_SCHEDULE_DELAY",
      "soon",
      'must be a number greater than 0, got "soon"; the default of the SDK',
    ],
  ])("%s=%s", (variable, value, told) => {
    vi.stubEnv("OTEL_TRACES_SAMPLER", "traceidratio");
    vi.stubEnv("OTEL_TRACES_SAMPLER_ARG", "0.5");
    vi.stubEnv(variable, value);
    samplerFromEnv(complain);
    propagatorFromEnv();
    for (const exporter of exportersFromEnv()) processorFromEnv(exporter, exporter, complain);
    expect(lines).toEqual([expect.stringContaining(told)]);
    expect(lines[0]).toMatch(
      variable.startsWith("OTEL_EXPORTER") ? /^the OTLP protocol is/ : new RegExp(`^${variable} `),
    );
  });

  test("any text in any of them", () => {
    for (const variable of [
      ...["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_PROPAGATORS", "OTEL_TRACES_EXPORTER"],
      ...["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT"],
      ...["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_COMPRESSION"],
      ...["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
    ]) {
      for (const text of [
        "\n",
        "\u0007\u001b[31m",
        "ü💥",
        "A".repeat(10_000),
        ",,,",
        "=",
        "%",
        "none,none",
        "-1",
      ]) {
        vi.stubEnv(variable, text);
        withErrorTree();
        vi.stubEnv(variable, undefined);
      }
    }
  });
});

describe("the OTLP variables", () => {
  interface Post {
    readonly url: string | undefined;
    readonly type: string | undefined;
    readonly key: unknown;
    readonly body: string;
  }

  /** What a backend receives of one failing and one successful job. */
  async function posted(sampler: AlwaysOffSampler | AlwaysOnSampler): Promise<Post[]> {
    const posts: Post[] = [];
    const backend = http.createServer(async (req, res) => {
      let body = "";
      for await (const chunk of req) body += chunk.toString("latin1");
      const { url, headers } = req;
      posts.push({ url, type: headers["content-type"], key: headers["x-key"], body });
      res.writeHead(200, { "content-type": headers["content-type"] ?? "" }).end();
    });
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${await listen(backend)}`);
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=7");
    const sdk = startSdk(withErrorTree({ sampler }));
    const tracer = trace.getTracer("test");
    const failed = tracer.startSpan("failed job");
    failed.setStatus({ code: 2, message: "broke" });
    failed.end();
    tracer.startSpan("fine job").end();
    await sdk.shutdown();
    return posts;
  }

  test("lead failing requests to the backend as protobuf", async () => {
    const posts = await posted(new AlwaysOffSampler());
    expect(posts).toMatchObject([{ url: "/v1/traces", type: "application/x-protobuf", key: "7" }]);
    expect(posts[0]?.body).toContain("failed job");
    expect(posts[0]?.body).not.toContain("fine job");
  });

  test("lead failing requests to the backend as JSON, with the sampled flag", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    const [post] = await posted(new AlwaysOffSampler());
    expect(post).toMatchObject({ url: "/v1/traces", type: "application/json" });
    const [span, ...others] = JSON.parse(post?.body ?? "").resourceSpans[0].scopeSpans[0].spans;
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: "failed job", flags: 257 });
    expect(span.attributes).toContainEqual({ key: "error_tree.forced", value: { boolValue: true } });
    expect(span.attributes).toContainEqual({ key: "sampling.priority", value: { intValue: 1 } });
    expect(span.attributes.map(({ key }: { key: string }) => key)).not.toContain("error");
  });

  test("lead head-sampled spans there by the normal way, once", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    const posts = await posted(new AlwaysOnSampler());
    const names = posts.flatMap(({ body }) =>
      JSON.parse(body).resourceSpans[0].scopeSpans[0].spans.map(({ name }: { name: string }) => name),
    );
    expect(names.sort()).toEqual(["failed job", "fine job"]);
  });
});
