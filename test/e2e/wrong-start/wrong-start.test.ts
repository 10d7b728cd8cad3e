// Services that are started wrongly: each says once on standard error what is wrong, and what to do.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { NodeProcess } from "../../support/process/node-process.ts";

// Inside the repository, so that the package's own name leads to it.
const folder = mkdtempSync(fileURLToPath(new URL("./started-", import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true }));

const QUIET = {
  OTEL_TRACES_EXPORTER: "none",
  OTEL_METRICS_EXPORTER: "none",
  OTEL_LOGS_EXPORTER: "none",
  OTEL_NODE_RESOURCE_DETECTORS: "none",
};
const LOOPBACK = { OTEL_ERROR_TREE_TRUST: "loopback" };

/** A set-up as docs have it, with everything in its place. */
const OTEL = `
  import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
  import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
  import { NodeSDK } from "@opentelemetry/sdk-node";
  import { withErrorTree } from "otel-error-tree";

  const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation()];
  const sdk = new NodeSDK(withErrorTree({ serviceName: "checkout", instrumentations }));
  sdk.start();
`;

/** The same, with instrumentations that withErrorTree does not see. */
const LATE = `
  ${OTEL.replace(/new NodeSDK\(.*\)/, 'new NodeSDK({ ...withErrorTree({ serviceName: "checkout" }), instrumentations })')}
  process.getBuiltinModule("node:http");
`;

const LISTEN = `.listen(0, "127.0.0.1", function () { process.send({ port: this.address().port }); });`;
const APP = `
  import { createServer } from "node:http";
  createServer((_, response) => response.writeHead(500).end())${LISTEN}
`;

/** Takes `get` out of node:http by its name. */
const BY_GET = APP.replace("{ createServer }", "{ createServer, get }").replace(
  "(_, response) =>",
  '(_, response) => get("http://127.0.0.1:65535/").on("error", () => {}) &&',
);

/** Writes the files, starts \`app.mjs\` behind \`otel.mjs\`, and sends it requests, as a first try with curl does. */
async function start(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = LOOPBACK,
  { nodeOptions = [], imports = ["./otel.mjs"] }: Partial<Record<"nodeOptions" | "imports", string[]>> = {},
): Promise<NodeProcess> {
  const all = { "otel.mjs": OTEL, "app.mjs": APP, ...files };
  const place = mkdtempSync(join(folder, "way-"));
  for (const [name, text] of Object.entries(all)) writeFileSync(join(place, name), text);
  const app = await NodeProcess.listening(join(place, "app.mjs"), {
    imports,
    cwd: place,
    env: { ...QUIET, ...env },
    nodeOptions,
  });
  onTestFinished(async () => void (await app.stop()));
  return app;
}

/** A line of its standard error that has a code of ours, and what stands behind it, once the service has been asked. */
async function warned(app: NodeProcess, code: string): Promise<string> {
  await (await fetch(app.url)).text();
  const [, line = ""] = await app.prints(
    new RegExp(`\\[${code}\\] ErrorTreeWarning: otel-error-tree: (.*)\n`),
  );
  return line;
}

/** Requests until a second look, if there were one, would be over. */
async function again(app: NodeProcess): Promise<void> {
  for (let i = 0; i < 12; i++) await (await fetch(app.url)).text();
}

describe("a service that is started wrongly says so:", () => {
  test("1. nobody is trusted, so that no caller gets a tree", async () => {
    const app = await start({}, {});
    expect(await warned(app, "ERROR_TREE_NOBODY_TRUSTED")).toBe(
      "no caller gets an error tree, because nobody is trusted yet. For development set OTEL_ERROR_TREE_TRUST=loopback, " +
        "which answers callers on this host. In production set OTEL_ERROR_TREE_SECRET=k1:SECRET, the same in all services, " +
        "with a SECRET made by: openssl rand -hex 32",
    );
    await again(app);
    expect(app.err.match(/otel-error-tree:/g)).toHaveLength(1);
  });

  test("1. the same under register", async () => {
    const app = await start({}, {}, { imports: ["otel-error-tree/register"] });
    expect(await warned(app, "ERROR_TREE_NOBODY_TRUSTED")).toMatch(
      /OTEL_ERROR_TREE_TRUST=loopback.*OTEL_ERROR_TREE_SECRET=/,
    );
    await again(app);
    expect(app.err.match(/nobody is trusted/g)).toHaveLength(1);
  });

  test("2. HttpInstrumentation is enabled too late to patch what an ES module imports", async () => {
    const app = await start({
      "otel.mjs": OTEL.replace("new HttpInstrumentation()", "new HttpInstrumentation({ enabled: false })"),
    });
    expect(await warned(app, "ERROR_TREE_NO_SPANS")).toBe(
      "requests are answered, and no span is started for them: HTTP instrumentation is not active: HttpInstrumentation was not " +
        "enabled yet when withErrorTree was called, and an ES module imported node:http. To mend it, start with " +
        "`node --import otel-error-tree/register app.js`, or have it patched right behind sdk.start(), by " +
        'process.getBuiltinModule("node:http")',
    );
    await again(app);
    expect(app.err.match(/otel-error-tree:/g)).toHaveLength(1);
  });

  test("3. the SDK has no HttpInstrumentation", async () => {
    const app = await start({ "otel.mjs": OTEL.replace("new HttpInstrumentation(), ", "") });
    expect(await warned(app, "ERROR_TREE_NO_SPANS")).toBe(
      "requests are answered, and no span is started for them: HTTP instrumentation is not active: HttpInstrumentation is " +
        "not among the instrumentations of the SDK. To mend it, npm install @opentelemetry/instrumentation-http, and add new " +
        "HttpInstrumentation() to them",
    );
  });

  test("4. another tracer provider was registered first", async () => {
    const first = `
      import { trace } from "@opentelemetry/api";
      import { TracerProvider } from "@opentelemetry/sdk-trace";
      trace.setGlobalTracerProvider(new TracerProvider());
    `;
    const app = await start({ "otel.mjs": first + OTEL });
    expect(await warned(app, "ERROR_TREE_NO_SPANS")).toBe(
      "requests are answered, and no span is started for them: this set-up is not in use, because another tracer provider " +
        "(TracerProvider) was registered first, or NodeSDK was not given what withErrorTree returned. Start this one before the " +
        "other SDK, or give that SDK its parts (docs/existing-sdk.md)",
    );
  });

  test("5. a second set-up is not in use, and the first one answers", async () => {
    const second = `
      sdk.start = () => {};
      new NodeSDK(withErrorTree({ instrumentations: [new HttpInstrumentation()] }, { trust: "loopback" })).start();
    `;
    const app = await start({ "otel.mjs": OTEL + second });
    expect(await warned(app, "ERROR_TREE_NO_SPANS")).toBe(
      "requests are answered, and no span is started for them: this set-up of otel-error-tree is not in use, because another " +
        "one was registered first in this process. Remove one of them: --import otel-error-tree/register needs no withErrorTree " +
        "beside it",
    );
    const response = await fetch(app.url, { headers: { "x-error-tree": "v=1, f=json" } });
    expect(response.headers.get("x-error-tree")).toMatch(/"service":"checkout"/);
  });

  test("6. nobody has started the SDK", async () => {
    const app = await start({ "otel.mjs": OTEL.replace("sdk.start();", "") });
    expect(await warned(app, "ERROR_TREE_NO_SPANS")).toBe(
      "requests are answered, and no span is started for them: no OpenTelemetry SDK is running. Call sdk.start() before the " +
        "server listens",
    );
  });

  test("7. a variable is misspelled", async () => {
    const app = await start({}, { ...LOOPBACK, OTEL_ERROR_TREE_ASKHOSTS: ".example.net" });
    expect(await warned(app, "ERROR_TREE_UNKNOWN_VARIABLE")).toBe(
      'unknown variables have no effect: "OTEL_ERROR_TREE_ASKHOSTS" (is OTEL_ERROR_TREE_ASK_HOSTS meant?)',
    );
  });

  test("8. fetch has no spans, so that trees end at this service", async () => {
    const calls = APP.replace(
      "(_, response) =>",
      'async (_, response) => { await fetch("http://127.0.0.1:65535/").catch(() => {});',
    ).replace(".end())", ".end(); })");
    const app = await start({
      "otel.mjs": OTEL.replace(", new UndiciInstrumentation()", ""),
      "app.mjs": calls,
    });
    expect(await warned(app, "ERROR_TREE_CALL_WITHOUT_SPAN")).toBe(
      "a request called 127.0.0.1:65535 by fetch or undici, and no span was started for the call, so error trees end here: " +
        "UndiciInstrumentation is not active. To mend it, npm install @opentelemetry/instrumentation-undici, and add new " +
        "UndiciInstrumentation() to the instrumentations, or start with `node --import otel-error-tree/register app.js`",
    );
    await again(app);
    expect(app.err.match(/otel-error-tree:/g)).toHaveLength(1);
  });

  test("9. an ES module took http.get before it was patched, so that trees end at this service", async () => {
    const app = await start({
      "otel.mjs": LATE,
      "app.mjs": BY_GET,
    });
    expect(await warned(app, "ERROR_TREE_CALL_WITHOUT_SPAN")).toBe(
      "a request called 127.0.0.1:65535 by node:http, and no span was started for the call, so error trees end here: " +
        "HttpInstrumentation did not see it, for the program took get or request out of node:http before they were patched, as " +
        "ES modules do. To mend it, start with `node --import otel-error-tree/register app.js`, or call http.get() of " +
        '`import http from "node:http"`',
    );
  });

  test("10. fetch is instrumented twice", async () => {
    const calls = APP.replace(
      "(_, response) =>",
      'async (_, response) => { await fetch("http://127.0.0.1:65535/").catch(() => {});',
    ).replace(".end())", ".end(); })");
    const app = await start({
      "otel.mjs": OTEL.replace(
        "new UndiciInstrumentation()",
        "new UndiciInstrumentation(), new UndiciInstrumentation()",
      ),
      "app.mjs": calls,
    });
    expect(await warned(app, "ERROR_TREE_INSTRUMENTED_TWICE")).toBe(
      "each call of undici or fetch has two spans, because it is instrumented twice. Register one UndiciInstrumentation",
    );
    await again(app);
    expect(app.err.match(/otel-error-tree:/g)).toHaveLength(1);
  });
});

describe("nothing is said", () => {
  test("by a service that is started well", async () => {
    const app = await start({});
    await again(app);
    expect(
      (await fetch(app.url, { headers: { "x-error-tree": "v=1, f=json" } })).headers.get("x-error-tree"),
    ).toMatch(/"code":"internal"/);
    expect(app.printed).toBe("");
  });

  test("by an ES module that took names out of node:http before withErrorTree was called", async () => {
    const app = await start({ "app.mjs": `${BY_GET}${OTEL}` }, LOOPBACK, { imports: [] });
    await again(app);
    const { headers } = await fetch(app.url, { headers: { "x-error-tree": "v=1, f=json" } });
    expect(headers.get("x-error-tree")).toMatch(/"pending":true|ECONNREFUSED/);
    expect(app.printed).toBe("");
  });

  test("where the code is disabled, and nothing is said twice where the SDK has a logger", async () => {
    const silent = await start({}, {}, { nodeOptions: ["--disable-warning=ERROR_TREE_NOBODY_TRUSTED"] });
    await again(silent);
    expect(silent.printed).toBe("");
    const logging = await start({}, { OTEL_LOG_LEVEL: "warn" });
    await again(logging);
    expect(logging.err.match(/nobody is trusted/g)).toHaveLength(1);
    expect(logging.err).not.toContain("ErrorTreeWarning");
  });
});
