// The set-up by hand that the docs show, taken from their text and run under a program of its own.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { NodeProcess } from "../support/process/node-process.ts";

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const SETUP = /```js\n(\/\/ otel\.mjs[\s\S]*?)```/.exec(page("by-hand.md"))?.[1] ?? "";
const END = /```js\n(\/\/ app\.mjs[\s\S]*?)```/.exec(page("shutdown.md"))?.[1] ?? "";
// Inside the repository, so that the package's own name leads to it.
const folder = mkdtempSync(fileURLToPath(new URL("./by-hand-", import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = `const server = createServer((request, response) => {
  response.statusCode = 503;
  response.end();
}).listen(0, "127.0.0.1", function () {
  process.send({ port: this.address().port });
});
`;
/** The same lines in a CommonJS module. */
const END_REQUIRED = END.replaceAll(/^import (\{.*\}) from (.*);$/gm, "const $1 = require($2);");
const PROGRAMS: readonly [string, string][] = [
  ["app.cjs", `const { createServer } = require("node:http");\n${PROGRAM}${END_REQUIRED}`],
  ["app.mjs", `import { createServer } from "node:http";\n${PROGRAM}${END}`],
  ["default.mjs", `import http from "node:http";\nconst { createServer } = http;\n${PROGRAM}${END}`],
];

describe("the set-up by hand", () => {
  it("takes about ten lines", () => {
    expect(SETUP.split("\n").length).toBeGreaterThan(5);
    expect(SETUP.split("\n").length).toBeLessThan(14);
  });

  it("takes as few to end", () => {
    expect(END.split("\n").length).toBeGreaterThan(5);
    expect(END.split("\n").length).toBeLessThan(15);
  });

  it.each(PROGRAMS)("answers for %s, and ends it", async (name, program) => {
    writeFileSync(join(folder, "otel.mjs"), SETUP);
    writeFileSync(join(folder, name), program);
    const app = new NodeProcess(join(folder, name), {
      imports: ["./otel.mjs"],
      cwd: folder,
      env: {
        OTEL_TRACES_EXPORTER: "none",
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
      },
    });
    try {
      await app.listens();
      const { port } = app;
      const headers = { "x-error-tree": "v=1, f=json" };
      const [response] = await once(http.get({ host: "127.0.0.1", port, headers }), "response");
      response.resume();
      expect(JSON.parse(response.headers["x-error-tree"])).toMatchObject({
        service: "checkout",
        code: "unavailable",
      });
      app.signal("SIGTERM");
      expect(await app.release()).toEqual({ exitCode: 0, signal: null });
      expect(app.printed).toBe("");
    } finally {
      await app.stop();
    }
  });
});
