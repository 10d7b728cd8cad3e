// Node.js that shows no streams of HTTP/2: nothing of ours is written, and nothing is harmed.
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("./programs/http2-call.mjs", import.meta.url));
/** Has a newer Node.js say that it is an older one. */
const AS_OLD =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"22.22.0"}})';

/** Every other Node.js on the path, beside this one that says it is old. */
const NODES: [name: string, node: string, args: string[]][] = [
  ["this Node.js, as an old one", process.execPath, ["--import", AS_OLD]],
  ...oldNodes().map((node): [string, string, string[]] => [node, node, []]),
];

function oldNodes(): string[] {
  const all = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "node"));
  return [...new Set(all)].filter(
    (node) => existsSync(node) && execFileSync(node, ["--version"], { encoding: "utf8" }).startsWith("v20."),
  );
}

test.each(NODES)("%s", async (_, node, args) => {
  const { stdout, stderr } = await promisify(execFile)(node, [...args, PROGRAM], {
    env: { ...process.env, OTEL_TRACES_EXPORTER: "none", OTEL_SERVICE_NAME: "old" },
  });
  const { arrived, came } = JSON.parse(stdout);
  expect(arrived).toMatchObject([{ ":path": "/pay", traceparent: expect.any(String) }]);
  expect(came).toMatchObject({ ":status": 503, "x-own": "1", body: "body" });
  expect(stdout + stderr).not.toContain("error-tree");
});
