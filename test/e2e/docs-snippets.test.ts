// Code that the docs show for handlers, logs and platforms that freeze a process, run in a service.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NodeProcess } from "../support/process/node-process.ts";

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

/** The block of a page that holds a text, without its imports. */
function block(name: string, holds: string): string {
  const blocks = [...page(name).matchAll(/```js\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  const found = blocks.find((text) => text.includes(holds));
  if (found === undefined) throw new Error(`${name} has no block with ${holds}`);
  return found.replaceAll(/^import .*\n/gm, "");
}

const APP = `
import { createServer } from "node:http";
import { trace } from "@opentelemetry/api";
import { activeErrorTree, failRequest, formatTree, rootCauseOf } from "otel-error-tree";

const log = { error: (...said) => process.send({ logged: said }) };
${block("serverless.md", "function flush")}
async function handle(request, response) {
  if (request.url === "/beneath") throw new TypeError("nobody there");
  const { port } = server.address();
  const answer = await fetch(\`http://127.0.0.1:\${port}/beneath\`);
  await answer.text();
  report();
  response.writeHead(502).end();
  if (request.url === "/flush") setImmediate(() => flush().then(() => process.send({ flushed: true })));
}
function report() {
${block("in-a-handler.md", "log.error({ cause")}
}
${block("in-a-handler.md", "createServer(")}
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
`;

// Inside the repository, so that the package's own name leads to it.
const folder = mkdtempSync(fileURLToPath(new URL("./snippets-", import.meta.url)));
let app: NodeProcess;

beforeAll(async () => {
  const otel = /```js\n(\/\/ otel\.mjs[\s\S]*?)```/.exec(page("by-hand.md"))?.[1] ?? "";
  writeFileSync(join(folder, "otel.mjs"), otel);
  writeFileSync(join(folder, "app.mjs"), APP);
  app = await NodeProcess.listening(join(folder, "app.mjs"), {
    imports: ["./otel.mjs"],
    cwd: folder,
    env: { OTEL_TRACES_EXPORTER: "console", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" },
  });
});
afterAll(async () => {
  await app?.stop();
  rmSync(folder, { recursive: true });
});

test("an error that a handler reports is in the tree, and a log has the whole tree", async () => {
  const logged = app.told("logged");
  const response = await fetch(app.url, { headers: { "x-error-tree": "v=1, f=json" } });
  expect(JSON.parse(response.headers.get("x-error-tree") ?? "")).toMatchObject({
    code: "unavailable",
    children: [{ code: "internal", type: "TypeError", error: "nobody there" }],
  });
  expect(await logged).toEqual([
    {
      cause: "checkout GET",
      code: "internal",
      tree: expect.stringMatching(/TypeError: nobody there[\s\S]*<- root cause/),
    },
    "request failed",
  ]);
});

test("flush exports what has failed before it resolves", async () => {
  const flushed = app.told("flushed");
  await (await fetch(`${app.url}/flush`)).text();
  await flushed;
  expect(app.out).toContain("error_tree.verdict");
});
