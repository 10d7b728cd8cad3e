// The exporters of the environment: what NodeSDK would have taken, found where NodeSDK finds it.
import http from "node:http";
import { createRequire, Module } from "node:module";
import { trace } from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ConsoleSpanExporter,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { exportersFromEnv, MissingPackageError, propagatorFromEnv } from "../../src/sdk-env.ts";
import { withErrorTree } from "../../src/setup.ts";
import { listen } from "../support/sdk-http.ts";
import { startSdk } from "../support/sdk-parts.ts";

const fromSdk = createRequire(createRequire(import.meta.url).resolve("@opentelemetry/sdk-node"));

afterEach(() => {
  vi.unstubAllEnvs();
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
  ])("%s is named at set-up, with who asks for it", (packageName, variable, value, reason) => {
    vi.stubEnv(variable, value);
    uninstall(packageName);
    const error = (() => {
      try {
        withErrorTree();
      } catch (thrown) {
        return thrown as MissingPackageError;
      }
      throw new Error("nothing was thrown");
    })();
    expect(error).toBeInstanceOf(MissingPackageError);
    expect(error.code).toBe("ERROR_TREE_MISSING_PACKAGE");
    expect(error.message).toBe(
      `the package ${packageName} is not installed, and ${reason}: npm install ${packageName}`,
    );
    expect(error.cause).toMatchObject({ code: "MODULE_NOT_FOUND" });
  });

  test("that nobody asks for is not missed", () => {
    uninstall("@opentelemetry/exporter-trace-otlp-grpc");
    uninstall("@opentelemetry/propagator-b3");
    expect(exportersFromEnv()).toHaveLength(1);
    expect(propagatorFromEnv()).not.toBeNull();
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
