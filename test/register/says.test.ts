// What `register` says when a program starts, and when it cannot start: in one line, and the program starts in any case.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { runNode } from "../support/process/node-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = new URL("./programs/prints.mjs", import.meta.url);
const REGISTER = ["otel-error-tree/register"];

/** Runs a program that prints "runs", and says which SDK gets the spans. */
async function run(
  env: Record<string, string> = {},
  imports: readonly (string | URL)[] = REGISTER,
): Promise<{ readonly out: string; readonly err: string }> {
  const all = { OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none", ...env };
  const { code, out, err } = await runNode(PROGRAM, { imports, env: all });
  expect(code).toBe(0);
  return { out, err };
}

const LINE = (parts: string): RegExp => RegExp(`^otel-error-tree: on \\(${parts}\\)\\n$`, "m");

describe("a program that starts", () => {
  test("is told in one line what is on", async () => {
    const { out, err } = await run({ OTEL_ERROR_TREE_TRUST: "loopback" });
    expect(out).toBe("runs with an SDK\n");
    expect(err).toMatch(
      LINE(
        "service otel-error-tree, \\d+ instrumentations, answers callers on this host, exports to http://localhost:4318/v1/traces",
      ),
    );
    expect(err.split("\n")).toHaveLength(2);
  });

  test("is told the values of its variables, without what may be a key in them", async () => {
    const { err } = await run({
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.name=checkout",
      OTEL_ERROR_TREE_SECRET: "2026-01:0123456789abcdef0123456789abcdef",
      OTEL_ERROR_TREE_TRUSTED_PEERS: "10.1.0.0/16",
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:key1@collector.example.com/otlp/?key=key2",
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: "http,undici",
    });
    expect(err).toMatch(
      LINE(
        "service checkout, 2 instrumentations, answers callers with the secret or in 10.1.0.0/16, " +
          "exports to https://collector.example.com/otlp/v1/traces",
      ),
    );
  });

  test.each([
    ["service.name=", "otel-error-tree"],
    ["service.name=caf%C3%A9%20eins", "café eins"],
    ["service.name=%E0%A4%A", "otel-error-tree"],
    ["service.name=first,service.name=last", "last"],
  ])("is called, with %s, %s", async (attributes, name) => {
    const { err } = await run({ OTEL_RESOURCE_ATTRIBUTES: attributes, OTEL_ERROR_TREE_TRUST: "loopback" });
    expect(err).toContain(`otel-error-tree: on (service ${name}, `);
  });

  test.each(["none", "error", "warn"])("is told nothing at OTEL_LOG_LEVEL=%s", async (level) => {
    const { err } = await run({ OTEL_LOG_LEVEL: level, OTEL_ERROR_TREE_TRUST: "loopback" });
    expect(err).not.toContain("otel-error-tree: on");
  });
});

describe("a program that pm2 starts", () => {
  const folder = mkdtempSync(join(tmpdir(), "error-tree-register-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (file: string, text: string): string => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  };
  write("pm2/package.json", '{ "name": "pm2" }');
  write("orders/package.json", '{ "name": "orders" }');
  const pm_exec_path = write("orders/app.js", "");
  const npm = write("bin/npm", "");
  const fork = write("pm2/lib/ProcessContainerFork.js", "");
  const cluster = write("pm2/lib/ProcessContainer.js", "");
  const started = async (file: string, env: Record<string, string>): Promise<string> =>
    (await runNode(file, { imports: REGISTER, env })).err;
  const exporters = { OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
  const env = { ...exporters, OTEL_ERROR_TREE_TRUST: "loopback", pm_exec_path };

  test("is called as without pm2", async () => {
    expect(await started(fork, env)).toContain("otel-error-tree: on (service orders, ");
  });

  test("is called as without pm2 in cluster mode, and its variables count", async () => {
    const err = await started(cluster, { pm2_env: JSON.stringify({ ...env, instances: 2, env: {} }) });
    expect(err).toContain("otel-error-tree: on (service orders, ");
    expect(err).toContain("answers callers on this host");
  });

  test.each(["{", "null", '"text"'])("is started without its variables if they are %s", async (pm2_env) => {
    expect(await started(cluster, { ...exporters, OTEL_ERROR_TREE_TRUST: "loopback", pm2_env })).toContain(
      "otel-error-tree: on (service pm2, ",
    );
  });

  test("is left alone if it is npm", async () => {
    expect(await started(fork, { ...env, pm_exec_path: npm })).toBe("");
  });
});

describe("a program that starts as if we were not there", () => {
  test.each(["OTEL_SDK_DISABLED", "OTEL_ERROR_TREE_DISABLED"])("with %s=true", async (variable) => {
    expect(await run({ [variable]: " True" })).toEqual({ out: "runs without an SDK\n", err: "" });
  });

  test.each(["npm-cli.js", "npx", "yarn.js", "yarn-4.5.0.cjs", "pnpm.cjs"])("if it is %s", async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "error-tree-register-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, name), 'process.stdout.write("runs\\n");');
    const { out, err } = await runNode(join(folder, name), { imports: REGISTER });
    expect([out, err]).toEqual(["runs\n", ""]);
  });

  test("if its standard error is closed", async () => {
    const { code, out } = await runNode(PROGRAM, {
      imports: REGISTER,
      before: ["sh", "-c", 'exec "$0" "$@" 2>&-'],
      env: { OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" },
    });
    expect([code, out]).toEqual([0, "runs with an SDK\n"]);
  });
});

describe("without the packages of OpenTelemetry", () => {
  const folder = mkdtempSync(join(tmpdir(), "error-tree-register-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("the program starts, and one line says what to install", async () => {
    const installed = join(folder, "node_modules/otel-error-tree");
    for (const part of ["dist", "package.json"])
      cpSync(join(ROOT, part), join(installed, part), { recursive: true });
    writeFileSync(join(folder, "app.cjs"), 'process.stdout.write("runs\\n");');
    const run = await runNode("./app.cjs", { imports: REGISTER, cwd: folder });
    expect(run).toEqual({
      code: 0,
      out: "runs\n",
      err:
        "otel-error-tree: not started, the program runs without it, because packages are missing: npm install " +
        "@opentelemetry/api @opentelemetry/core @opentelemetry/sdk-node @opentelemetry/sdk-trace\n",
    });
  });
});

describe("what the log would say", () => {
  const REFUSED = new URL("./programs/refuses.mjs", import.meta.url);

  test.each([
    ["is seen without a logger", "none", 1],
    ["goes to the logger of the program", "logger", 0],
  ])("%s", async (_, logger, warnings) => {
    const { code, err } = await runNode(REFUSED, {
      imports: REGISTER,
      args: [logger],
      env: {
        OTEL_TRACES_EXPORTER: "none",
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
        OTEL_ERROR_TREE_TRUST: "loopback",
      },
    });
    expect(code).toBe(0);
    expect(err.match(/ErrorTreeWarning: otel-error-tree: an ask for an error tree/g) ?? []).toHaveLength(
      warnings,
    );
    expect(err.match(/^logger: otel-error-tree: an ask for an error tree/gm) ?? []).toHaveLength(
      1 - warnings,
    );
  });
});

describe("another SDK", () => {
  const OTHER = new URL("./programs/other-sdk.mjs", import.meta.url);

  test("that was started before gets the spans, and one line says why we are not on", async () => {
    const { out, err } = await run({}, [OTHER, ...REGISTER]);
    expect(out).toBe("runs with the other SDK\n");
    expect(err).toMatch(
      /^otel-error-tree: not started, because another OpenTelemetry SDK \(OtherProvider\) was started first/,
    );
    expect(err.split("\n")).toHaveLength(2);
  });

  test("that is started later gets none, and one line says so", async () => {
    const { out, err } = await run({ OTEL_ERROR_TREE_TRUST: "loopback" }, [...REGISTER, OTHER]);
    expect(out).toBe("runs with an SDK\n");
    const lines = err.split("\n").filter((line) => line.includes("another OpenTelemetry SDK"));
    expect(lines).toEqual([
      expect.stringMatching(
        /^otel-error-tree: the program starts another OpenTelemetry SDK \(OtherProvider\), which gets no spans/,
      ),
    ]);
  });
});
