// A service under attack: does what the job of a request says, and tells its parent what became of it.

import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { endWithParent, onAsk, tell } from "../../support/process/in-child.ts";
import { JOBS } from "./jobs.ts";
import { resolveNames } from "./names.ts";
import { startTelemetry } from "./telemetry.ts";
import { answerByHttp2, askToUpgrade, upgrade } from "./upgrades.ts";
import { watch, watched } from "./work.ts";

let redacted = 0;
const redact =
  process.env.COUNT_REDACTED === "true"
    ? {
        redact: <Node>(node: Node): Node => {
          redacted++;
          return node;
        },
      }
    : {};
const { parts, sdk, exported, flush, diagnostics } = startTelemetry(redact);
resolveNames(process.env.NAMES);

const server = http.createServer((request, response) => {
  const { name = "status", args = { status: 200 } } = JSON.parse(
    decodeURIComponent(String(request.headers["x-job"] ?? "{}")),
  );
  const job = JOBS[name];
  if (job === undefined) response.writeHead(404).end();
  else void job(args as never, response, request).catch((error: Error) => response.destroy(error));
});
await once(server.listen(0, process.env.HOST ?? "::"), "listening");
server.on("upgrade", upgrade);
const secondServer = http2.createServer(answerByHttp2);
await once(secondServer.listen(0, process.env.HOST ?? "::"), "listening");

onAsk({
  port: () => (server.address() as AddressInfo).port,
  http2Port: () => (secondServer.address() as AddressInfo).port,
  upgraded: (call: { port: number; client: string }) => askToUpgrade(call),
  counts: () => parts.counts(),
  flush,
  exported: () => exported,
  diagnostics: () => diagnostics,
  redacted: () => redacted,
  shutdown: () => sdk.shutdown(),
  /** Moves the clock, as a person or a time server does; nothing else knows of it. */
  shiftClock: ({ ms }: { ms: number }) => {
    const { now } = Date;
    Date.now = () => now() + ms;
  },
  watch,
  watched,
});
endWithParent();
tell({ ready: true });
