// What the README says, done: its quick start word by word, and each of its other commands by the test that is named here.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { secretFault } from "../../../src/trust/secrets.ts";
import { closedPort } from "../../support/sockets.ts";
import {
  DOCTOR,
  INSTALL,
  LOOK,
  OUTPUT,
  type Place,
  README,
  runCommand,
  START,
  startQuickStart,
} from "./quick-start.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const undo = new Undo();
afterAll(() => undo.all());

/** Which test runs each command of the README. */
const RUN_BY: Readonly<Record<string, string>> = {
  "npx otel-error-tree demo": "test/package/demo.test.ts",
  "npx otel-error-tree demo --live": "test/package/demo.test.ts",
  "npx otel-error-tree observatory": "test/cli/observatory.test.ts",
  "npm ci && npm run lab": ".ci/run",
  "npm run lab": "test/e2e/lab.test.ts",
  "npm run shop": "test/e2e/shop/main.ts",
  "npm test": ".ci/run",
  [INSTALL]: "test/e2e/readme/main.ts",
  "npm install express": "test/e2e/readme/main.ts",
  [START]: "test/e2e/readme/readme.test.ts",
  [LOOK]: "test/e2e/readme/readme.test.ts",
  [DOCTOR]: "test/e2e/readme/readme.test.ts",
  "openssl rand -hex 32": "test/e2e/readme/readme.test.ts",
};

describe("the quick start", () => {
  let place: Place;

  beforeAll(async () => {
    // Inside the repository, whose packages are those that step 1 installs.
    const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), "quick-start-"));
    void undo.add(() => rmSync(folder, { recursive: true }));
    const modules = join(folder, "node_modules");
    mkdirSync(join(modules, ".bin"), { recursive: true });
    symlinkSync(ROOT, join(modules, "otel-error-tree"), "dir");
    // npm makes a program of it when it installs the package.
    const bin = `#!/bin/sh\nexec node "${join(ROOT, "dist/cli/bin.js")}" "$@"\n`;
    writeFileSync(join(modules, ".bin", "otel-error-tree"), bin, { mode: 0o755 });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const env = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
    place = { folder, ports: [await closedPort(), await closedPort()], env, undo };
    await startQuickStart(place);
  });

  test("gives the tree of both services, with message, route, frame and child", async () => {
    const url = `http://localhost:${place.ports[0]}/cart/7`;
    const response = await fetch(url, { headers: { "x-error-tree": "v=1, f=json" } });
    expect(response.status).toBe(500);
    expect(JSON.parse(response.headers.get("x-error-tree") ?? "")).toMatchObject({
      service: "checkout",
      operation: "GET /cart/:id",
      code: "internal",
      type: "Error",
      error: "payment answered 500",
      frames: ["checkout.mjs:6:23"],
      children: [
        {
          service: "payment",
          operation: "GET /pay/:id",
          code: "internal",
          type: "Error",
          error: "the card was declined",
          frames: ["payment.mjs:5:9"],
        },
      ],
    });
  });

  test("prints what the README shows", async () => {
    const { out, code } = await runCommand(LOOK, place);
    expect(code).toBe(0);
    // Which layers have names depends on the instrumentations that are installed.
    const lines = (text: string): string[] =>
      text.split("\n").map((line) => line.replace(/ at request handler(?: - \S+)?/, ""));
    expect(lines(OUTPUT)).toHaveLength(6);
    expect(lines(out).join("\n")).toContain(lines(OUTPUT).join("\n"));
  });

  test("ends with a doctor who finds nothing wrong", async () => {
    const { out, code } = await runCommand(DOCTOR, place);
    expect(out).toContain(
      "ok    chain    the tree of checkout names payment\n\nnothing is wrong (6 requests)",
    );
    expect(code).toBe(0);
  });

  test("installs every package that the library needs beside it", () => {
    const { peerDependencies } = JSON.parse(read("package.json"));
    const needed = Object.keys(peerDependencies).filter((name) => name.startsWith("@opentelemetry/"));
    expect(needed.length).toBeGreaterThan(3);
    expect(INSTALL.split(" ")).toEqual(expect.arrayContaining(needed));
  });
});

test("every command of the README is run by a test", () => {
  const blocks = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = ""]) =>
    text.replace(/ +#.*/g, "").trim(),
  );
  const inline = [...README.matchAll(/`((?:npx|npm|node|openssl|curl|bash) [^`]+)`/g)].map(
    ([, text = ""]) => text,
  );
  const commands = [...blocks, ...inline];
  expect(commands.length).toBeGreaterThan(7);
  expect(commands.filter((command) => RUN_BY[command] === undefined)).toEqual([]);
  expect(Object.values(RUN_BY).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(read(".ci/run")).toMatch(/npm test\n[\s\S]*npm run -s lab -- --once/);
  expect(read(".ci/full")).toContain("npm run -s e2e:readme");
});

test("a secret that is made as the README says is one", async () => {
  const { out } = await runCommand("openssl rand -hex 32", { folder: ROOT, ports: [0, 0], env: {}, undo });
  expect(secretFault(`k1:${out.trim()}`)).toBeUndefined();
});

test("the rule for the edge is the one that is tested with nginx", () => {
  const rules = [...README.matchAll(/`(proxy_\w+ x-error-tree[^`]*)`/g)].map(([, rule = ""]) =>
    rule.replace(/ +/g, " "),
  );
  expect(rules).toHaveLength(2);
  const security = read("docs/security.md").replace(/ +/g, " ");
  for (const rule of rules) expect(security).toContain(rule);
});

test("the figures are those of the page on performance", () => {
  const section = README.split("\n## What it costs\n")[1]?.split("\n## ")[0] ?? "";
  const figures = section.match(/\d\.\d{3}|\d+(?= bytes)/g) ?? [];
  expect(figures.length).toBeGreaterThan(8);
  const page = read("docs/performance.md");
  expect(figures.filter((figure) => !page.includes(figure) && figure !== "1.000")).toEqual([]);
});

test("the README is short, and all that it links to is there", () => {
  expect(README.trimEnd().split("\n").length).toBeLessThanOrEqual(130);
  const links = [...README.matchAll(/\]\((?!http)([^)#]+)|src="([^"]+)"/g)].map(
    ([, link, image]) => link ?? image ?? "",
  );
  expect(links.length).toBeGreaterThan(25);
  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
});
