// What a service does with an answer and an ask that its program can see: nothing of them reaches a stranger.

import type { Got } from "../../../support/clients.ts";
import { Harm } from "../harm.ts";
import { SHAPES } from "../jobs-shapes.ts";
import type { Lie } from "../peer-orders.ts";
import type { Result, Row } from "../row.ts";
import { askWithKey, type Peer, SECRET, type Stage, type Victim } from "../stage.ts";
import { hasAsk } from "./asks.ts";

const CLIENTS = [
  "http.get(url)",
  "http.request(options)",
  "fetch",
  "undici.fetch",
  "undici.request(url)",
  "agent.request",
  "agent.stream",
  "agent.pipeline",
  "agent.dispatch",
  "Client",
  "RetryAgent",
  "axios, http",
  "axios, fetch",
  "got",
  "node-fetch",
];
const ANSWER = 'unavailable;id="ID";s="friend-7"';
const VARY = "vary: accept-encoding, x-error-tree\r\n";
const TIMING = "server-timing: trace;desc=00-TRACE-b7ad6b7169203331-01\r\n";

interface Scene {
  readonly peer: Peer;
  readonly victim: Victim;
  readonly port: number;
  readonly origin: string;
}

async function answerScene(stage: Stage, trailer = true): Promise<Scene> {
  const scene = await stage.once("answers", async () => {
    const peer = await stage.peer();
    const port = await peer.listen({ host: "127.0.0.1" });
    const victim = await stage.victim({ OTEL_ERROR_TREE_SECRET: SECRET });
    return { peer, victim, port, origin: `http://127.0.0.1:${port}` };
  });
  await scene.peer.lie({
    status: 503,
    value: ANSWER,
    more: [VARY, TIMING],
    ...(trailer ? { trailer: 'data-loss;id="ID";s="friend-8"' } : {}),
  });
  return scene;
}

/** What of ours stands in a text that somebody else reads. */
function ofOurs(text: string): string[] {
  const found: string[] = [];
  if (/friend-\d/.test(text)) found.push("the answer");
  if (/k1:[\w-]{22}/.test(text)) found.push("the token");
  if (/vary[^\n]{0,40}x-error-tree/i.test(text)) found.push("Vary: x-error-tree");
  if (/id=\\*"[0-9a-f]{16}\\*", from=/.test(text)) found.push("the ask");
  return found;
}

async function inBody(stage: Stage, part: (got: Got) => unknown): Promise<Result> {
  const { victim, origin } = await answerScene(stage);
  const harm = new Harm();
  for (const client of CLIENTS) {
    const { body } = await victim.visit({ job: "call", args: { client, origin, path: "/x" } });
    const got = JSON.parse(body) as Got;
    const text = JSON.stringify(part(got) ?? "");
    if (got.status !== 503 && !/503|Request failed/.test(got.error ?? ""))
      harm.add(`no response, ${got.error ?? got.status}`, client, body.slice(0, 100));
    for (const what of ofOurs(text)) harm.add(what, client, around(text));
  }
  return { seen: `${CLIENTS.length} clients, ${harm.size} leaks`, harm: harm.lines() };
}

/** Without the fields of a request, which Node 20 shows as docs/security.md says. */
function withoutFields(printed: string): string {
  return printed.replaceAll(/'x-error-tree': \[\s*'x-error-tree',\s*'[^']*'\s*\]/g, "");
}

/** Without what node itself holds of a head that it has written: a text, in several lines. */
function withoutNodesOwn(printed: string): string {
  return printed.replace(
    /_header:(?:\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)\s*\+?)+/g,
    "",
  );
}

function around(text: string): string {
  const at = text.search(/friend-\d|k1:|x-error-tree/);
  return text.slice(Math.max(0, at - 60), at + 60);
}

async function gateway(stage: Stage): Promise<Result> {
  const { victim, origin } = await answerScene(stage, false);
  const harm = new Harm();
  let visits = 0;
  // A RetryAgent throws where others have a response.
  for (const client of CLIENTS.filter((one) => one !== "RetryAgent")) {
    for (const shape of SHAPES) {
      const { raw, status } = await victim.visit({
        job: "gateway",
        args: { client, origin, path: "/x", shape },
      });
      visits++;
      const found = ofOurs(raw);
      if (raw.includes("trace;desc=")) found.push("Server-Timing: trace");
      for (const what of found) harm.add(what, `${client}, ${shape}`, raw.slice(0, 300));
      if (status !== 503) harm.add(`status ${status}`, `${client}, ${shape}`, raw.slice(0, 200));
    }
  }
  return { seen: `${visits} responses handed on, ${harm.size} leaks`, harm: harm.lines() };
}

/** Forms of an answer that only readers with care take off whole. */
const FORMS: Readonly<Record<string, Partial<Lie>>> = {
  "two fields": { more: [`x-error-tree: ${ANSWER}`] },
  "another spelling": { value: "", more: [`X-Error-TREE: ${ANSWER}`] },
  "an empty field before": { value: "", more: ["x-error-tree:", `x-error-tree: ${ANSWER}`] },
  "spaces around": { value: `   ${ANSWER}   ` },
  "an informational response before": { hints: true },
  "a form that nobody knows": { value: 'friend-7;id="ID"' },
  "for another ask": { value: 'unavailable;id="00f067aa0ba902b7";s="friend-7"' },
  "Vary alone": { value: "", more: ["vary: X-Error-Tree"] },
  "Vary among others": { more: ["Vary: Origin", "Vary: x-error-tree, Accept"] },
  "well, and asked": { status: 200, value: 'ok;id="ID";s="friend-7"' },
};

async function oddForms(stage: Stage): Promise<Result> {
  const { victim, origin, peer } = await answerScene(stage, false);
  const harm = new Harm();
  let visits = 0;
  for (const [form, lie] of Object.entries(FORMS)) {
    await peer.lie({ status: 503, value: ANSWER, ...lie });
    for (const client of CLIENTS) {
      const call = { client, origin, path: "/x" };
      const seen = await victim.visit({ job: "call", args: call });
      const { headers } = JSON.parse(seen.body) as Got;
      // What nobody asked for is for the gateway to keep back, not for the program to miss.
      const text = JSON.stringify(headers ?? "");
      for (const what of ofOurs(text))
        harm.add(`seen by the program: ${what}`, form, `${client}: ${around(text)}`);
      const handed = await victim.visit({ job: "gateway", args: { ...call, shape: "setHeader" } });
      for (const what of ofOurs(handed.raw)) harm.add(`handed on: ${what}`, form, `${client}: ${handed.raw}`);
      visits += 2;
    }
  }
  return { seen: `${visits} calls, ${harm.size} leaks`, harm: harm.lines() };
}

/** What a cache of the client keeps, others may get. */
async function cached(stage: Stage): Promise<Result> {
  const { victim, origin, peer } = await answerScene(stage, false);
  await peer.lie({ status: 200, value: 'ok;id="ID";s="friend-7"', more: ["cache-control: max-age=60"] });
  const { body } = await victim.visit({ job: "cached", args: { origin } });
  const harm = ofOurs(body).map((what) => `kept: ${what}: ${around(body)}`);
  if (!body.includes("max-age")) harm.push(`nothing was kept: ${body.slice(0, 200)}`);
  return { seen: `${harm.length} leaks`, harm };
}

async function logged(stage: Stage): Promise<Result> {
  const { victim, origin } = await answerScene(stage);
  const harm = new Harm();
  for (const client of CLIENTS) {
    const said = victim.process.told("logged");
    await victim.visit({
      job: "log",
      args: { client, origin, path: "/x" },
      ask: askWithKey(`id="00f067aa0ba902b7", from="x"`),
    });
    const text = JSON.stringify(await said);
    // Our own response has a Vary of its own.
    for (const what of ofOurs(text).filter((one) => !one.startsWith("Vary")))
      harm.add(what, client, around(text));
    if (/"x-error-tree":"[^"]/.test(text)) harm.add("our own answer", client, around(text));
  }
  return { seen: `${CLIENTS.length} lines, ${harm.size} leaks`, harm: harm.lines() };
}

async function byHttp2(stage: Stage): Promise<Result> {
  if (stage.isOld) return { skipped: "Node 20 has no channel of HTTP/2, which docs/security.md says" };
  const { victim, origin, peer } = await answerScene(stage);
  const port = await victim.process.ask<number>("http2Port");
  const harm: string[] = [];
  await peer.take();
  const ask = askWithKey(`id="00f067aa0ba902b7", from="x"`);
  const handed = JSON.stringify(
    await peer.http2Get(port, { ":path": "/", "x-upstream": `${origin}/x`, "x-error-tree": ask }),
  );
  for (const what of ofOurs(handed)) harm.push(`handed on: ${what}: ${around(handed)}`);
  const asks = (await peer.take()).filter(
    ({ text }) =>
      (text.match(/^x-error-tree: *[^\s]/gim) ?? []).length > 1 || text.includes("00f067aa0ba902b7"),
  );
  if (asks.length > 0) harm.push("the ask of the client was handed on to the upstream");
  const seen = JSON.stringify(await peer.http2Get(port, { ":path": "/", "x-error-tree": ask }));
  for (const what of ofOurs(seen)) harm.push(`seen by the program: ${what}: ${around(seen)}`);
  return { seen: `${harm.length} leaks`, harm };
}

async function upgrades(stage: Stage): Promise<Result> {
  const { victim, peer, port } = await answerScene(stage);
  await peer.lie({ upgrade: true, value: ANSWER, more: [VARY] });
  await peer.take();
  const harm: string[] = [];
  // What is set later Node 20 shows too late, and it has no WebSocket.
  const clients = [
    "http, Upgrade",
    "http, CONNECT",
    "undici.upgrade",
    "undici.connect",
    ...(stage.isOld ? [] : ["http, upgrade set later", "WebSocket"]),
  ];
  for (const client of clients) {
    await victim.process.ask("upgraded", { port, client });
    const heads = await peer.take();
    if (heads.length === 0) harm.push(`${client}: nothing was sent`);
    if (heads.some(hasAsk)) harm.push(`${client} asked: ${heads.map(({ text }) => text).join()}`);
  }
  const lines = ["upgrade: thing", `x-upstream: ${port}`];
  const bytes = (more: string): string =>
    `GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n${more}x-error-tree: ${askWithKey(`id="00f067aa0ba902b7", from="x"`)}\r\n\r\n`;
  const handed = await peer.send({ port: victim.port, bytes: bytes(`${lines.join("\r\n")}\r\n`) });
  for (const what of ofOurs(handed.got)) harm.push(`handed on: ${what}: ${around(handed.got)}`);
  const seen = await peer.send({ port: victim.port, bytes: bytes("upgrade: thing\r\n") });
  for (const what of ofOurs(seen.got)) harm.push(`seen by the program: ${what}: ${around(seen.got)}`);
  return { seen: `${clients.length + 2} upgrades, ${harm.length} leaks`, harm };
}

const EXPECTED = "nothing of ours";

export const ANSWER_ROWS: readonly Row[] = [
  {
    point: "traces of answers",
    attack: "a body made of the upstream's headers",
    expected: EXPECTED,
    run: (stage) => inBody(stage, ({ headers }) => headers),
  },
  {
    point: "traces of answers",
    attack: "a body made of the upstream's trailers",
    expected: EXPECTED,
    run: (stage) => inBody(stage, ({ trailers }) => trailers),
  },
  {
    point: "traces of answers",
    attack: "a body made of util.inspect(error or response), depth 4",
    expected: `${EXPECTED} outside of ClientRequest._header`,
    run: (stage) =>
      inBody(stage, ({ printed }) => {
        const text = withoutNodesOwn(printed);
        return stage.isOld ? withoutFields(text) : text;
      }),
  },
  {
    point: "traces of answers",
    attack: "a gateway that copies the whole head",
    expected: EXPECTED,
    run: gateway,
  },
  { point: "traces of answers", attack: "answers in odd forms", expected: EXPECTED, run: oddForms },
  { point: "traces of answers", attack: "undici's own cache", expected: EXPECTED, run: cached },
  {
    point: "traces of answers",
    attack: "log lines of requests and responses",
    expected: EXPECTED,
    run: logged,
  },
  {
    point: "traces of answers",
    attack: "an HTTP/2 server, and a gateway behind it",
    expected: EXPECTED,
    run: byHttp2,
  },
  {
    point: "traces of answers",
    attack: "upgrades, tunnels and WebSockets",
    expected: EXPECTED,
    run: upgrades,
  },
];
