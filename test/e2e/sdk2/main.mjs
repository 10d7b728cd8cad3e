// The packed library on the oldest Node and SDK that it supports: two services, one failing request.
// Usage: node main.mjs [SDK_NODE_VERSION API_VERSION SDK_TRACE_VERSION]; installs into a temporary folder.
import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const [sdkNode = "0.223.0", api = "1.9.1", sdkTrace = "2.12.1"] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "error-tree-sdk2-"));
const npm = (args, cwd) =>
  execFileSync("npm", args, { cwd, stdio: ["ignore", "pipe", "inherit"] })
    .toString()
    .trim();

const children = [];
try {
  const packed = npm(["pack", "--silent", "--pack-destination", folder], repository).split("\n").at(-1);
  cpSync(join(here, "service.mjs"), join(folder, "service.mjs"));
  npm(["init", "--yes"], folder);
  const packages = [
    `./${packed}`,
    `@opentelemetry/sdk-node@${sdkNode}`,
    `@opentelemetry/instrumentation-http@${sdkNode}`,
    `@opentelemetry/api@${api}`,
    `@opentelemetry/sdk-trace@${sdkTrace}`,
  ];
  npm(["install", "--loglevel=error", "--ignore-scripts", ...packages], folder);
  await prove();
  process.stdout.write(
    `node ${process.version}, sdk-node ${sdkNode}, sdk-trace ${sdkTrace}: the tree and the export are right\n`,
  );
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
}

/** Names of what lies in the spool folder. It is made half a second after a start, or when there is something to write. */
function spooled() {
  const spool = join(folder, "spool");
  return existsSync(spool) ? readdirSync(spool) : [];
}

/** A service dies of an exception, and the next one exports the request that threw it. */
async function proveCrash(start) {
  const first = await start("crashing");
  http.get(`${first.url}throws`).on("error", () => {});
  const [code] = await once(first.child, "exit");
  assert.equal(code, 1);
  assert.equal(spooled().length, 1);
  const second = await start("crashing");
  while (spooled().length > 0) await setTimeout(100);
  second.child.send("stop");
  const [{ exported }] = await once(second.child, "message");
  assert.deepEqual(exported, [{ flags: 1, verdict: "failed", type: "RangeError", isRedacted: true }]);
}

async function prove() {
  const start = async (...args) => {
    const env = {
      PATH: process.env.PATH,
      OTEL_TRACES_SAMPLER: "always_off",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_ERROR_TREE_SPOOL: join(folder, "spool"),
      OTEL_ERROR_TREE_REDACT_SPANS: "true",
    };
    const child = fork(join(folder, "service.mjs"), args, { env });
    children.push(child);
    const [{ port }] = await once(child, "message");
    return { child, url: `http://127.0.0.1:${port}/` };
  };
  const callee = await start("callee");
  const caller = await start("caller", callee.url);
  const [response] = await once(
    http.get(caller.url, { headers: { "x-error-tree": "v=1, f=json" } }),
    "response",
  );
  response.resume();
  await once(response, "end");
  const tree = JSON.parse(response.headers["x-error-tree"]);
  assert.equal(response.statusCode, 500);
  assert.deepEqual([tree.service, tree.code, tree.forced], ["caller", "internal", true]);
  assert.deepEqual([tree.children[0].service, tree.children[0].code], ["callee", "unavailable"]);
  for (const [{ child }, spans] of [
    [caller, 2],
    [callee, 1],
  ]) {
    child.send("stop");
    const [{ exported }] = await once(child, "message");
    assert.equal(exported.length, spans);
    assert.ok(exported.every(({ flags }) => flags === 1));
    assert.equal(exported.filter(({ verdict }) => verdict === "failed").length, 1);
    assert.ok(exported.every(({ isRedacted }) => isRedacted));
  }
  assert.deepEqual(spooled(), []);
  await proveCrash(start);
}
