// Every way of writing a head does with us what it does without us: the same bytes, the same errors, getters run once.

import { once } from "node:events";
import http from "node:http";
import { connect } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { HEAD_FORMS, withoutOurs, writeForm } from "../support/head-forms.ts";
import { always, httpServerParts } from "../support/http-server-parts.ts";
import { listen } from "../support/sdk-http.ts";

const ASK = 'x-error-tree: v=1, id="00f067aa0ba902b7"\r\n';
const FAILED: Answer = {
  service: "shop",
  code: "internal",
  exported: true,
  tree: {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    root: {
      service: "shop",
      operation: "GET /",
      code: "internal",
      count: 1,
      message: "no room",
      children: [],
    },
    omitted: 0,
  },
};

interface Written {
  readonly bytes: string;
  /** What the program noticed. */
  readonly log: readonly string[];
}

/** A service that writes a head in the way that the path names; what it noticed last. */
async function service(): Promise<{ port: number; log: () => string[] }> {
  let log: string[] = [];
  const server = http.createServer((request, response) => {
    response.sendDate = false;
    log = writeForm(decodeURIComponent(request.url?.slice(1) ?? ""), response);
    try {
      response.end("body");
    } catch (error) {
      log.push(`thrown at the end ${String(error)}`);
      request.socket.destroy();
    }
  });
  return { port: await listen(server), log: () => log };
}

async function written(
  { port, log }: { port: number; log: () => string[] },
  form: string,
  ask: string,
): Promise<Written> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /${encodeURIComponent(form)} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n${ask}\r\n`);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return { bytes: Buffer.concat(chunks).toString("latin1"), log: log() };
}

function othersOf({ bytes, log }: Written): Written {
  return { bytes: withoutOurs(bytes), log };
}

test("every way of writing a head does what it does without us", async () => {
  const shop = await service();
  const without = new Map<string, Written>();
  for (const form of HEAD_FORMS) without.set(form, await written(shop, form, ASK));
  const health = new HealthCounts();
  const traceparentOf = (): string => `00-${FAILED.tree?.traceId}-00f067aa0ba902b7-01`;
  const hooks = { ...always(FAILED), traceparentOf };
  onTestFinished(observeHttpServers(httpServerParts(hooks, { health, serverTiming: "trusted" })));
  const unlike: unknown[] = [];
  const untold: string[] = [];
  for (const [form, before] of without) {
    const unasked = await written(shop, form, "");
    const asked = await written(shop, form, ASK);
    if (!isDeepStrictEqual(unasked, before)) unlike.push({ form, unasked, before });
    if (!isDeepStrictEqual(othersOf(asked), othersOf(before))) unlike.push({ form, asked, before });
    const told = asked.bytes.match(/^x-error-tree: /gim)?.length ?? 0;
    if (told !== 1 && before.bytes !== "")
      untold.push(`${form.replace(/^.*, writeHead/, "writeHead")}: ${told}`);
  }
  expect(unlike).toEqual([]);
  // A status line of 5 KB leaves no room.
  expect(health.snapshot()).toEqual({ answers_unwritten: 3 });
  expect([...new Set(untold)]).toEqual(["writeHead(103): 0", "writeHead(500, a long reason): 0"]);
}, 60_000);
