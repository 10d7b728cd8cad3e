// Calls over TLS, by HTTP/1.1 and HTTP/2: the same rules hold, and the same is gone from the response.
import { once } from "node:events";
import type https from "node:https";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { CERTIFICATE, KEY } from "../e2e/timeouts/certificate.ts";
import { believes, STRANGE, startAsking, treeOfJob, troubles } from "../support/strangers.ts";
import { UNDICI } from "../support/undici-versions.ts";

/** In a thread of its own: nothing of ours stands before its servers. It says whether it was asked, and answers that. */
const SERVICE = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { createSecureServer, sensitiveHeaders } = require("node:http2");
  const server = createSecureServer({ ...workerData, allowHTTP1: true }, (request, response) => {
    const ask = request.headers["x-error-tree"] ?? "";
    const id = /^v=1, id="([0-9a-f]{16})".*k="k1:/.exec(ask)?.[1];
    const headers = {
      "x-error-tree": \`not-found;id="\${id ?? "0".repeat(16)}";s="forger"\`,
      vary: "accept, x-error-tree",
      "x-asked": String(id !== undefined),
      "x-version": request.httpVersion,
    };
    if (request.httpVersion === "1.1") response.writeHead(404, headers);
    // As a service of ours sends it: never indexed.
    else response.stream.respond({ ":status": 404, ...headers, [sensitiveHeaders]: ["x-error-tree"] });
    response.end("said");
  });
  server.listen(0, workerData.at, () => parentPort.postMessage(server.address().port));
`;

async function secureService(at = "127.0.0.1"): Promise<number> {
  const worker = new Worker(SERVICE, { eval: true, workerData: { key: KEY, cert: CERTIFICATE, at } });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = await once(worker, "message");
  return port;
}

test("https asks and believes, and shows nothing", async () => {
  const parts = startAsking();
  const port = await secureService();
  let fields = "";
  const tree = await treeOfJob(parts, async () => {
    // Instrumented when it is loaded this way.
    const { get } = createRequire(import.meta.url)("node:https") as typeof https;
    const request = get({ host: "127.0.0.1", port, rejectUnauthorized: false, agent: false });
    const [response] = await once(request, "response");
    fields = JSON.stringify([response.headers, response.rawHeaders]);
    response.resume();
    await once(response, "end");
  });
  expect(fields).toContain('"x-asked":"true"');
  expect(fields).not.toMatch(/error-tree/i);
  expect(believes(tree)).toBe(true);
});

test.each(Object.entries(UNDICI))(
  "%s over HTTP/2 asks if it tells who is connected",
  async (name, undici) => {
    const parts = startAsking();
    const port = await secureService();
    const client = new undici.Client(`https://127.0.0.1:${port}`, {
      allowH2: true,
      connect: { rejectUnauthorized: false },
    });
    onTestFinished(() => client.destroy());
    const seen: [version: unknown, asked: unknown, believed: boolean][] = [];
    for (let i = 0; i < 2; i++) {
      let got: Record<string, unknown> = {};
      const tree = await treeOfJob(parts, async () => {
        const { headers, body } = await client.request({ path: "/", method: "GET" });
        await body.text();
        got = headers;
      });
      // The last one of version 6 is not asked, and its field is the stranger's.
      const isOurs = name !== "undici6" || i === 0;
      expect([isOurs, inspect(got).includes("x-error-tree")]).toEqual([isOurs, !isOurs]);
      seen.push([got["x-version"], got["x-asked"], believes(tree)]);
    }
    // Before version 7 it does not: the first answer is dropped, and asking stops.
    const isTold = name !== "undici6";
    expect(seen).toEqual([
      ["2.0", "true", isTold],
      ["2.0", String(isTold), isTold],
    ]);
    expect(troubles(parts)).toEqual(isTold ? {} : { answers_untrusted: 1 });
  },
);

test.each(Object.entries(UNDICI).filter(([name]) => name !== "undici6"))(
  "%s over HTTP/2 shows a stranger no ask to whom a name leads, nor does it with requests that waited for the connection",
  async (_, undici) => {
    const parts = startAsking();
    const port = await secureService(STRANGE);
    const client = new undici.Client(`https://wiki:${port}`, {
      allowH2: true,
      pipelining: 5,
      connect: { rejectUnauthorized: false },
    });
    onTestFinished(() => client.destroy());
    const seen: unknown[] = [];
    const get = async (): Promise<void> => {
      const { headers, body } = await client.request({ path: "/", method: "GET" });
      await body.text();
      seen.push([headers["x-version"], headers["x-asked"]]);
    };
    const trees = [
      await treeOfJob(parts, () => Promise.all([get(), get(), get()])),
      await treeOfJob(parts, get),
    ];
    expect(seen).toEqual(Array.from({ length: 4 }, () => ["2.0", "false"]));
    expect(trees.map(believes)).toEqual([false, false]);
    expect(troubles(parts)).toEqual({});
  },
);
