// A service that is told to end: nothing leaks meanwhile, every request is answered, and no failure is lost uncounted.

import { setTimeout } from "node:timers/promises";
import { limitsVariable } from "../../../support/limits.ts";
import { startGateway } from "../docs-gateway.ts";
import type { Sent } from "../peer-orders.ts";
import { type Response, readResponse } from "../response.ts";
import type { Result, Row } from "../row.ts";
import { askWithKey, bytesOf, type Peer, SECRET, type Stage, type Victim, type Visit } from "../stage.ts";
import type { Exported } from "../telemetry.ts";
import { hasAsk } from "./asks.ts";

const KEYED = { OTEL_ERROR_TREE_SECRET: SECRET };
const IN_FLIGHT = 20;
/** How long a shutdown waits for open requests, and some more for a busy machine. */
const LONGEST_MS = 10_000;
const SLACK_MS = 3_000;
const RECEIVER = new URL("../receiver.ts", import.meta.url);
/** Pairs of requests before and after the signal, and connections that are kept. */
const BEFORE = 40;
const AFTER = 30;
const KEPT = 5;
const PACE_MS = 15;
/** A gateway that runs on for so long does not end. */
const GATEWAY_MS = 15_000;

interface Scene {
  readonly peer: Peer;
  readonly victim: Victim;
  readonly origin: string;
}

async function scene(
  stage: Stage,
  delayMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Scene> {
  const peer = await stage.peer();
  const port = await peer.listen({ host: "127.0.0.1" });
  await peer.lie({
    status: 503,
    value: 'unavailable;id="ID";s="friend-7"',
    more: ["vary: x-error-tree"],
    delayMs,
  });
  await peer.take();
  const victim = await stage.victim({ ...KEYED, OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity", ...env });
  return { peer, victim, origin: `http://127.0.0.1:${port}` };
}

/** A gateway that copies heads; its clients know nothing of us, or ask in vain. */
function copying({ origin }: Scene, client: string): Visit {
  return { job: "gateway", args: { client, origin, path: "/x", shape: "setHeader" } };
}

const CLIENTS = ["fetch", "http.get(url)", "agent.request"];

async function afterShutdown(stage: Stage): Promise<Result> {
  const set = await scene(stage, 0);
  const { victim, peer } = set;
  const harm: string[] = [];
  await victim.visit(copying(set, "fetch"));
  if (!(await peer.take()).some(hasAsk)) harm.push("nobody was asked before, so nothing was tried");
  await victim.process.ask("shutdown");
  for (const client of CLIENTS) {
    for (const ask of [undefined, askWithKey(), askWithKey(`id="00f067aa0ba902b7", from="x"`)]) {
      const { raw, status } = await victim.visit({
        ...copying(set, client),
        ...(ask === undefined ? {} : { ask }),
      });
      if (/friend|x-error-tree/i.test(raw)) harm.push(`${client}: handed on: ${raw.slice(0, 200)}`);
      if (status !== 503) harm.push(`${client}: status ${status}`);
    }
  }
  const asked = (await peer.take()).filter(hasAsk);
  if (asked.length > 0) harm.push(`${asked.length} asks after the shutdown`);
  await victim.process.stop();
  return { seen: `${CLIENTS.length * 3} requests after the shutdown, ${harm.length} harmed`, harm };
}

async function inFlight(stage: Stage): Promise<Result> {
  const set = await scene(stage, 700);
  const { victim, peer } = set;
  const harm: string[] = [];
  const raws = CLIENTS.flatMap((client) =>
    Array.from({ length: IN_FLIGHT }, () =>
      peer.send({ port: victim.port, bytes: bytesOf(copying(set, client)) }),
    ),
  );
  await untilHeads(peer, raws.length);
  const start = performance.now();
  const shutdown = victim.process.ask("shutdown");
  const responses = (await Promise.all(raws)).map(({ got }) => readResponse(got));
  await shutdown;
  const seconds = (performance.now() - start) / 1000;
  const whole = responses.filter(({ status, body }) => status === 503 && body === "handed on").length;
  if (whole < raws.length) harm.push(`${raws.length - whole} of ${raws.length} not answered in full`);
  const leaks = responses.filter(({ raw }) => /friend|x-error-tree/i.test(raw)).length;
  if (leaks > 0) harm.push(`${leaks} trees or Vary to strangers`);
  const sum = await account(victim, raws.length, harm);
  await victim.process.stop();
  return { seen: `${whole} answered, ${leaks} leaks, ${sum}, shut down after ${seconds.toFixed(1)} s`, harm };
}

/** Failing requests are exported, or stood for, or counted as lost. */
async function account(victim: Victim, failed: number, harm: string[]): Promise<string> {
  const exported = await victim.process.ask<readonly Exported[]>("exported");
  const counts = await victim.counts();
  const told = exported.reduce(
    (sum, { attributes }) => sum + Number(attributes["error_tree.represents"] ?? 0),
    0,
  );
  const lost = counts.represents_dropped ?? 0;
  if (told + lost !== failed) harm.push(`${told} told and ${lost} counted as lost are not ${failed}`);
  return `${told} told, ${lost} counted as lost`;
}

/** Waits until so many requests have come to the peer: by then the victim holds as many. */
async function untilHeads(peer: Peer, least: number): Promise<void> {
  for (let heads = 0; heads < least; ) heads += (await peer.take()).length;
}

async function tooLong(stage: Stage): Promise<Result> {
  const set = await scene(stage, LONGEST_MS + SLACK_MS + 2_000);
  const { victim, peer } = set;
  const harm: string[] = [];
  const raw = peer.send({ port: victim.port, bytes: bytesOf(copying(set, "fetch")) });
  await untilHeads(peer, 1);
  const start = performance.now();
  await victim.process.ask("shutdown");
  const tookMs = performance.now() - start;
  if (tookMs > LONGEST_MS + SLACK_MS) harm.push(`the shutdown took ${(tookMs / 1000).toFixed(1)} s`);
  const cut = await victim.process.ask<readonly Exported[]>("exported");
  const response = readResponse((await raw).got);
  if (response.status !== 503) harm.push(`status ${response.status}`);
  if (/friend|x-error-tree/i.test(response.raw)) harm.push("the tree was handed on to a stranger");
  const counts = await victim.counts();
  await victim.process.stop();
  return {
    seen: `shut down after ${(tookMs / 1000).toFixed(1)} s, ${cut.length} spans exported, ${JSON.stringify(counts)}`,
    harm,
  };
}

async function flushed(stage: Stage): Promise<Result> {
  const set = await scene(stage, 0, {
    OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "1",
    ...limitsVariable({ firstPerKind: 1, kindIntervalMs: 3_600_000 }),
  });
  const { victim } = set;
  const harm: string[] = [];
  for (let i = 0; i < 50; i++) await victim.visit({ job: "status", args: { status: 500 } });
  await victim.process.ask("flush");
  const sum = await account(victim, 50, harm);
  // What was written once is not written again.
  await victim.process.ask("flush");
  for (let i = 0; i < 10; i++) await victim.visit({ job: "status", args: { status: 500 } });
  await victim.process.ask("flush");
  const after = await account(victim, 60, harm);
  await victim.process.stop();
  return { seen: `${sum}; after 10 more ${after}`, harm };
}

/** A gateway under load that gets SIGTERM, as the docs have it. */
async function gatewayEnds(stage: Stage): Promise<Result> {
  const peer = await stage.peer();
  const upstream = await peer.listen({ host: "127.0.0.1" });
  await peer.lie({
    status: 503,
    value: 'unavailable;id="ID";s="friend-7"',
    more: ["vary: x-error-tree"],
    delayMs: 300,
  });
  const receiver = await stage.start(RECEIVER, { name: "receiver" });
  const gateway = await startGateway(stage, {
    UPSTREAM: String(upstream),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await receiver.ask<number>("port")}`,
  });
  const port = await gateway.ask<number>("port");
  const harm: string[] = [];
  await peer.take();
  const answered: Response[] = [];
  const refused: string[] = [];
  let lastMs = 0;
  const exchange = async (bytes: string, then: Sent["then"] = []): Promise<void> => {
    const { got, broke } = await peer.send({ port, bytes, then });
    lastMs = performance.now();
    const responses = got.split(/(?=HTTP\/1\.1 )/).filter((text) => text !== "");
    if (responses.length < 1 + then.length) refused.push(broke);
    answered.push(...responses.map(readResponse));
  };
  const asked = bytesOf({ ask: "v=1, f=json", lines: ["x-forwarded-for: 203.0.113.9"] });
  const kept = bytesOf({}).replace("connection: close", "connection: keep-alive");
  const load: Promise<void>[] = [];
  const send = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      load.push(exchange(bytesOf({})), exchange(asked));
      await setTimeout(PACE_MS);
    }
  };
  await send(BEFORE);
  // These connections say more once they have their first answer, by when the gateway is ending.
  for (let i = 0; i < KEPT; i++) load.push(exchange(kept, [{ after: "\r\n\r\nsaid", bytes: bytesOf({}) }]));
  // What a kernel holds for a server that closes is nobody's to answer.
  await untilHeads(peer, 2 * BEFORE + KEPT);
  const signalledMs = performance.now();
  const ended = gateway.end().then((how) => ({ ...how, atMs: performance.now() }));
  await send(AFTER);
  await Promise.all(load);
  const { exitCode, atMs } = await Promise.race([
    ended,
    setTimeout(GATEWAY_MS, { exitCode: "none", atMs: Number.POSITIVE_INFINITY }),
  ]);
  const afterMs = atMs - Math.max(lastMs, signalledMs);
  if (exitCode !== 0)
    harm.push(`the gateway ended with exit code ${exitCode}: ${gateway.printed.slice(0, 300)}`);
  if (afterMs > 2_000) harm.push(`the process ended ${(afterMs / 1000).toFixed(1)} s after the last answer`);
  const whole = answered.filter(({ status, body }) => status === 503 && body === "said").length;
  if (whole < answered.length) harm.push(`${answered.length - whole} answers are not whole`);
  if (whole < 2 * BEFORE + 2 * KEPT)
    harm.push(
      `${whole} answered of ${2 * BEFORE + 2 * KEPT} that were there before: ${[...new Set(refused)].join()}`,
    );
  const leaks = answered.filter(({ raw }) => /friend|x-error-tree/i.test(raw)).length;
  if (leaks > 0) harm.push(`${leaks} trees or Vary to strangers`);
  const represented = await receiver.ask<number>("represented");
  if (represented !== whole) harm.push(`${represented} failed requests told, ${whole} answered`);
  await Promise.all([gateway.stop(), receiver.stop()]);
  return {
    seen: `${whole} answered, ${refused.length} refused after the end, ${leaks} leaks, ${represented} told, ended ${(afterMs / 1000).toFixed(1)} s after the last answer`,
    harm,
  };
}

export const SHUTDOWN_ROWS: readonly Row[] = [
  {
    point: "shutdown",
    attack: "SIGTERM for a gateway under load, with the lines of the docs",
    expected: "nothing handed on, all answered and told, ended within 2 s",
    run: gatewayEnds,
  },
  {
    point: "shutdown",
    attack: "a gateway that goes on after its shutdown",
    expected: "no ask, nothing handed on",
    run: afterShutdown,
  },
  {
    point: "shutdown",
    attack: `${CLIENTS.length * IN_FLIGHT} requests in flight`,
    expected: "answered, nothing handed on, all told",
    run: inFlight,
  },
  {
    point: "shutdown",
    attack: "a request that takes longer than a shutdown waits",
    expected: "cut after 10 s, answered later, nothing handed on",
    long: true,
    run: tooLong,
  },
  {
    point: "shutdown",
    attack: "forceFlush where most are limited",
    expected: "summaries are written",
    run: flushed,
  },
];
