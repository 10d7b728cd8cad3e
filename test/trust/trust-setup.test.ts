// Trust under a real NodeSDK: who is not trusted gets what a service without us answers, and no secret is ever told.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { inspect } from "node:util";
import { context, DiagLogLevel, diag } from "@opentelemetry/api";
import { suppressTracing, W3CTraceContextPropagator } from "@opentelemetry/core";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { ErrorTreeOptions } from "../../src/options/options.ts";
import { createErrorTree, withErrorTree } from "../../src/setup.ts";
import { KeyRing } from "../../src/trust/key-ring.ts";
import { listen, plainService } from "../support/sdk-http.ts";
import { setUp } from "../support/sdk-setup.ts";

const ID = "00f067aa0ba902b7";
const OURS = { keyId: "k1", secret: "QXZ7QXZ7QXZ7QXZ7QXZ7QXZ7QXZ7QXZ7" };
const NEW = { keyId: "k2", secret: "7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ" };
const SECRET = `${OURS.keyId}:${OURS.secret}`;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Nobody is trusted but by what is said here. */
const NOBODY = { trust: undefined } as unknown as ErrorTreeOptions;

function signed(secret = OURS, minutes = 0): string {
  return new KeyRing([secret], { now: () => Date.now() + minutes * 60_000 }).signed();
}

function ask(key?: string): string {
  return `x-error-tree: v=1, id="${ID}", from="test"${key === undefined ? "" : `, k="${key}"`}`;
}

function inOtherCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

/** A failing service whose responses are the same byte for byte. */
async function service(): Promise<number> {
  const server = http.createServer((request, response) => {
    response.sendDate = false;
    if (request.url === "/array") response.writeHead(404, ["content-type", "text/plain"]);
    else response.statusCode = 500;
    response.end("no room");
  });
  return listen(server);
}

/** All that comes back on a connection. */
async function bytes(port: number, path: string, fields: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const host = fields.some((field) => /^host:/i.test(field)) ? [] : ["host: shop"];
  socket.end([`GET ${path} HTTP/1.1`, ...host, "connection: close", ...fields, "", ""].join("\r\n"));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

/** Everything that is logged, until the test has finished. */
function logged(): string[] {
  const lines: string[] = [];
  const log = (...parts: unknown[]): void => void lines.push(parts.map((part) => inspect(part)).join(" "));
  const logger = { error: log, warn: log, info: log, debug: log, verbose: log };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  onTestFinished(() => diag.disable());
  return lines;
}

const PATHS = ["/", "/array"];
const PROXIES = [
  "x-forwarded-for: 127.0.0.1",
  "x-forwarded-for: 8.8.8.8",
  "forwarded: for=8.8.8.8",
  "via: 1.1 edge",
  "x-real-ip: 8.8.8.8",
  "CF-Connecting-IP: 8.8.8.8",
  "X-Envoy-External-Address: 8.8.8.8",
  "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678",
  "CDN-Loop: cloudflare",
];
/** A page of a stranger whose name leads to this host, and one that calls this host. */
const BROWSERS = [
  ["host: evil.example"],
  ["host: evil.example:8080", "sec-fetch-site: same-origin"],
  ["host: localhost", "origin: http://evil.example"],
  ["host: localhost", "sec-fetch-site: cross-site", "sec-fetch-mode: cors"],
  ["host: localhost", "origin: null"],
  ["host: localhost", "host: evil.example"],
  ["host: evil.example", "host: localhost"],
  ["host:"],
  ["host: localhost@evil.example"],
];
/** More than Node 20 has in `headers`; later versions refuse the request. */
const LATE_PROXY = [...Array.from({ length: 1100 }, (_, i) => `a${i}: 1`), "x-forwarded-for: 8.8.8.8"];

test.each<[string, ErrorTreeOptions, (readonly string[])[]]>([
  ["nothing is set", NOBODY, [[ask()], [ask(signed())], ["x-error-tree: v=1, f=json"]]],
  [
    "a secret is set and the ask has no token, a wrong or an expired one",
    { ...NOBODY, secret: SECRET },
    [
      [ask()],
      ["x-error-tree: v=1, f=json"],
      [`x-error-tree: v=1, f=json, k="${signed(NEW)}"`],
      [ask(signed(OURS, -10))],
      [ask(signed(OURS, 15))],
      [ask(signed(OURS, -24 * 60))],
      [ask(signed(NEW))],
      [ask(signed({ ...NEW, keyId: "k1" }))],
      [ask(signed().slice(0, -1))],
      [ask(`${signed()}A`)],
      [ask(`k1:${inOtherCase(signed().slice(3))}`)],
      [ask(OURS.secret)],
      [ask(SECRET)],
      [ask("")],
      ...PROXIES.map((field) => [ask(), field]),
    ],
  ],
  [
    "this host is trusted and a proxy came between",
    { trust: "loopback" },
    [...PROXIES.map((field) => [ask(), field]), [ask(), ...LATE_PROXY], [...LATE_PROXY, ask()]],
  ],
  [
    "this host is trusted and a browser sent the request, or may have",
    { trust: "loopback" },
    BROWSERS.map((fields) => [ask(), ...fields]),
  ],
  ["other networks are trusted", { ...NOBODY, trustedPeers: ["10.0.0.0/8", "::/0"] }, [[ask()]]],
])("the response has the bytes of a service without us where %s", async (_, options, asks) => {
  const port = await service();
  const answers = async () => {
    const all: (readonly [string, readonly string[], string])[] = [];
    for (const path of PATHS) {
      for (const fields of asks) all.push([path, fields, await bytes(port, path, fields)]);
    }
    return all;
  };
  const without = await answers();
  const { sdk } = setUp("withErrorTree", { sampler: new AlwaysOffSampler() }, options);
  expect(await answers()).toEqual(without);
  await sdk.shutdown();
});

test("an address counts with no target but a path, and with the trace fields of a load balancer if they are our own", async () => {
  const port = await service();
  const xray = new W3CTraceContextPropagator();
  xray.fields = () => ["X-Amzn-Trace-Id"];
  setUp("withErrorTree", { sampler: new AlwaysOffSampler(), propagator: xray }, { trust: "loopback" });
  for (const path of ["http://shop/", "http://evil.example/", "http://127.0.0.1/"]) {
    expect(await bytes(port, path, [ask()])).not.toContain("x-error-tree");
  }
  const trace = "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678";
  expect(await bytes(port, "/", [ask(), trace])).toContain("\r\nx-error-tree: ");
  expect(await bytes(port, "/", [ask(), trace, "CDN-Loop: a"])).not.toContain("x-error-tree");
});

test("what fetch of Node.js sends is answered", async () => {
  const port = await service();
  setUp("withErrorTree", { sampler: new AlwaysOffSampler() }, { trust: "loopback" });
  const [name, value] = ask().split(": ") as [string, string];
  for (const host of ["127.0.0.1", "localhost"]) {
    // Traced, it would ask for itself, and take the answer out of what the program sees.
    const response = await context.with(suppressTracing(context.active()), () =>
      fetch(`http://${host}:${port}/`, { method: "POST", headers: { [name]: value } }),
    );
    expect(response.headers.get("x-error-tree")).not.toBeNull();
  }
});

test("a token of the window now, before or after is answered, through proxies too", async () => {
  const port = await service();
  setUp("withErrorTree", { sampler: new AlwaysOffSampler() }, { ...NOBODY, secret: SECRET });
  for (const minutes of [-5, 0, 5]) {
    expect(await bytes(port, "/", [ask(signed(OURS, minutes))])).toContain("\r\nx-error-tree: ");
  }
  for (const field of PROXIES) {
    expect(await bytes(port, "/", [ask(signed()), field])).toContain("\r\nx-error-tree: ");
  }
  expect(await bytes(port, "/", [`x-error-tree: v=1, f=json, k="${signed()}"`])).toContain(
    '"service":"shop"',
  );
});

test("while a secret is being replaced both are answered, and the first one signs", async () => {
  vi.stubEnv("OTEL_ERROR_TREE_SECRET", `${NEW.keyId}:${NEW.secret},${SECRET}`);
  const port = await service();
  const callee = await plainService(200, "whole");
  setUp("createErrorTree", { sampler: new AlwaysOffSampler() }, NOBODY);
  for (const secret of [OURS, NEW]) {
    expect(await bytes(port, "/", [ask(signed(secret))])).toContain("\r\nx-error-tree: ");
  }
  const [response] = await once(http.get(`http://127.0.0.1:${callee.port}/`), "response");
  response.resume();
  expect(callee.heads[0]).toContain(`k="${signed(NEW)}"`);
});

test("what is answered to whom is told once the SDK has set its logger", async () => {
  createErrorTree({ ...NOBODY, secret: SECRET });
  const lines = logged();
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.join("\n")).toMatch(
    /otel-error-tree: asks for error trees are answered to whoever has a token of key id "k1"/,
  );
});

test("a logger that throws at the start does no harm", async () => {
  const fail = (): void => {
    throw new Error("the log is full");
  };
  const logger = { error: fail, warn: fail, info: fail, debug: fail, verbose: fail };
  createErrorTree({ trust: "loopback" });
  diag.setLogger(logger, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  onTestFinished(() => diag.disable());
  await new Promise((resolve) => setImmediate(resolve));
});

test("no secret is in a log, in the counts or in what the parts show of themselves", async () => {
  const lines = logged();
  const port = await service();
  const options = { ...NOBODY, secret: [SECRET, `k2:${NEW.secret}`] };
  setUp("withErrorTree", { sampler: new AlwaysOffSampler() }, options);
  const parts = createErrorTree(options);
  const configuration = withErrorTree({}, options);
  const keys = [
    undefined,
    "k1",
    "k3:x",
    signed(OURS, 30),
    signed({ ...NEW, keyId: "k1" }),
    `k3:${"A".repeat(22)}`,
  ];
  for (const key of keys) await bytes(port, "/", [ask(key)]);
  await bytes(port, "/", [ask(SECRET)]);
  expect(lines.filter((line) => line.includes("was refused"))).toHaveLength(4);
  const shown = inspect([parts, configuration, parts.counts()], {
    depth: 30,
    showHidden: true,
    getters: true,
  });
  for (const text of [...lines, shown, JSON.stringify(parts.counts())]) {
    expect(text).not.toMatch(/QXZ7|7ZXQ/);
  }
});

test("the line that docs/security.md gives for asking by hand makes the token of now", () => {
  const text = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  const script = /```sh\n(key=[\s\S]*?)curl/.exec(text)?.[1] ?? "";
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  for (const value of [SECRET, `${SECRET},k2:${NEW.secret}`, ` ${SECRET}:x\n`]) {
    const secret = value.includes(":x") ? { ...OURS, secret: `${OURS.secret}:x` } : OURS;
    const env = { PATH: path, OTEL_ERROR_TREE_SECRET: value };
    const before = signed(secret);
    const key = execFileSync("sh", ["-c", `${script}printf %s "$key"`], { env, encoding: "utf8" });
    expect([before, signed(secret)]).toContain(key);
  }
});
