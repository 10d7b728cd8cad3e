// Every way of writing a head does with us what it does without us: the same bytes, the same errors, getters run once.

import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import { connect } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { HEAD_FORMS } from "../support/head-forms.ts";
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

/** A service that writes a head in the way that the path names, and says what it noticed. */
async function service(): Promise<{ port: number; log: string[] }> {
  const log: string[] = [];
  const server = http.createServer((request, response) => {
    response.sendDate = false;
    const form = HEAD_FORMS.get(decodeURIComponent(request.url?.slice(1) ?? ""));
    try {
      form?.(response, (line) => log.push(line));
    } catch (error) {
      log.push(`thrown ${told(error)}`);
    }
    log.push(stateOf(response));
    try {
      response.end("body");
    } catch (error) {
      log.push(`thrown at the end ${told(error)}`);
      request.socket.destroy();
    }
  });
  return { port: await listen(server), log };
}

function told(error: unknown): string {
  const { name, code, message } = error as Error & { code?: string };
  return error instanceof Error ? `${name} ${code} ${message}` : String(error);
}

function stateOf({ headersSent, statusCode, statusMessage }: ServerResponse): string {
  return `${headersSent} ${statusCode} ${statusMessage}`;
}

async function written(
  { port, log }: { port: number; log: string[] },
  form: string,
  ask: string,
): Promise<Written> {
  log.length = 0;
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /${encodeURIComponent(form)} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n${ask}\r\n`);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return { bytes: Buffer.concat(chunks).toString("latin1"), log: [...log] };
}

/** Without what is ours. A text that node asks for twice is asked for once. */
function othersOf({ bytes, log }: Written): Written {
  const others = bytes
    .replace(/^(?:x-error-tree: .*|vary: x-error-tree|server-timing: trace;.*)\r\n/gim, "")
    .replace(/^(vary: .*), x-error-tree\r\n/gim, "$1\r\n")
    .toLowerCase();
  return { bytes: others, log: log.filter((line, i) => line !== "text" || log[i - 1] !== line) };
}

test("every way of writing a head does what it does without us", async () => {
  const shop = await service();
  const without = new Map<string, Written>();
  for (const form of HEAD_FORMS.keys()) without.set(form, await written(shop, form, ASK));
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
  expect([...new Set(untold)]).toEqual([
    "writeHead(status, reason, a text): 0",
    "writeHead(500, {a}, 'text'): 0",
    "writeHead(500, a long reason): 0",
    "writeHead(a status that is an object): 0",
  ]);
}, 60_000);
