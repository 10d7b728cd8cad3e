// Every client is tricked to a stranger, who must see no ask and no token, and whose answer must change nothing.
import type { Call } from "../calls.ts";
import { Harm } from "../harm.ts";
import { ODD_CALLS } from "../odd-calls.ts";
import type { Head } from "../peer-orders.ts";
import type { Result, Row } from "../row.ts";
import { askWithKey, type Peer, SECRET, STRANGER, type Stage, type Victim } from "../stage.ts";
import { ALL_CLIENTS, KINDS, type Kind, type World } from "./ask-kinds.ts";

interface Scene {
  readonly peer: Peer;
  readonly victim: Victim;
  readonly world: World;
}

/** The server of ours and of strangers, and a service that knows a secret. */
export function askScene(stage: Stage): Promise<Scene> {
  return stage.once("asks", async () => {
    const peer = await stage.peer();
    const port = await peer.listen({ host: "::" });
    const securePort = await peer.listen({ host: "::", secure: true });
    const socketPath = `${stage.folder}/socket-${port}`;
    await peer.listen({ path: socketPath });
    const victim = await stage.victim({ OTEL_ERROR_TREE_SECRET: SECRET });
    const stranger = stage.noStrangers === undefined ? STRANGER : "evil.example";
    const world = { own: `127.0.0.1:${port}`, stranger: `${stranger}:${port}`, port, securePort, socketPath };
    return { peer, victim, world };
  });
}

/** What came of one call. */
export interface Called {
  readonly heads: readonly Head[];
  /** The victim's own tree of the request. */
  readonly tree: string;
  readonly body: string;
}

export async function call({ peer, victim }: Scene, made: Call): Promise<Called> {
  await peer.take();
  const response = await victim.visit({ job: "call", args: made, ask: askWithKey() });
  return { heads: await peer.take(), tree: response.answers.join(), body: response.body };
}

/** The words of the liar's answer. */
export function believes({ tree }: Called): boolean {
  return /data-loss|evil/.test(tree);
}

export function hasAsk({ text }: Head): boolean {
  return /^x-error-tree: *[^\s]/im.test(text) || text.includes("k1:");
}

async function attack(stage: Stage, kind: Kind): Promise<Result> {
  if (kind.needsNamespace && stage.noStrangers !== undefined) return { skipped: stage.noStrangers };
  const scene = await askScene(stage);
  const { world, victim } = scene;
  await scene.peer.lie({});
  const traces = new Set<string>();
  const isStrangers = kind.isStrangers ?? (({ at }) => !isLoopback(at, stage));
  const harm = new Harm();
  let calls = 0;
  let reached = 0;
  const lost = new Set<string>();
  for (const client of kind.clients) {
    for (const trick of kind.tricks(world)) {
      const called = await call(scene, { client, ...trick });
      calls++;
      const strangers = called.heads.filter((head) => isStrangers(head, world));
      reached += strangers.length;
      const { origin, path, headers } = trick;
      const where = `${origin}${path}${headers === undefined ? "" : ` with Host: ${headers.host}`}`;
      const mayBeLost = kind.showsLate === true && !lost.has(origin);
      if (strangers.some(hasAsk) && !mayBeLost) harm.add("asked", client, where);
      lost.add(origin);
      if (strangers.length > 0 && strangers.length === called.heads.length) {
        for (const { text } of strangers) traces.add(traceIdOf(text));
        if (believes(called)) harm.add("believed", client, where);
      }
      if (called.tree === "") harm.add("no tree of the request", client, where);
    }
  }
  const lines = harm.lines();
  if (reached === 0) lines.push("no call has reached the stranger, so nothing was tried");
  await judgeExported(victim, traces, lines);
  return { seen: `${calls} calls, ${reached} reached the stranger, ${harm.size} harmed`, harm: lines };
}

/** Nothing of these traces has failed, so that only a stranger's word can have had them exported. */
async function judgeExported(victim: Victim, traces: ReadonlySet<string>, harm: string[]): Promise<void> {
  const exported = (await victim.exported()).filter(({ traceId }) => traces.has(traceId));
  if (exported.length > 0) harm.push(`${exported.length} spans exported because the stranger said so`);
}

function traceIdOf(head: string): string {
  return /^traceparent: 00-([0-9a-f]{32})-/im.exec(head)?.[1] ?? "";
}

/** Without a namespace strangers have other addresses of this host. */
function isLoopback(at: string, stage: Stage): boolean {
  const address = at.replace("::ffff:", "");
  if (stage.noStrangers !== undefined)
    return address === "127.0.0.1" || address === "::1" || address === "unix";
  return address.startsWith("127.") || address === "::1" || address === "unix";
}

export const ASK_ROWS: readonly Row[] = [
  {
    point: "asks",
    attack: "none: every client asks a service of ours, and believes its answer",
    expected: "every one",
    run: control,
  },
  ...KINDS.map(
    (kind): Row => ({
      point: "asks",
      attack: kind.attack,
      expected: "no ask, no token, nothing believed",
      run: (stage) => attack(stage, kind),
    }),
  ),
  {
    point: "asks",
    attack: "options that have a call go elsewhere than it says",
    expected: "no ask, one at most where it shows late; nothing believed",
    run: oddCalls,
  },
];

/** Options that make a call go elsewhere, each twice. */
async function oddCalls(stage: Stage): Promise<Result> {
  if (stage.noStrangers !== undefined) return { skipped: stage.noStrangers };
  const { peer, victim, world } = await askScene(stage);
  await peer.lie({});
  const traces = new Set<string>();
  const harm = new Harm();
  const places = { port: world.port, stranger: STRANGER, strangerAddress: STRANGER };
  let lost = 0;
  for (const [name, { at, showsLate = false, unseenByNode20 = false }] of Object.entries(ODD_CALLS)) {
    for (const turn of [1, 2]) {
      await peer.take();
      const response = await victim.visit({ job: "oddCall", args: { name, places }, ask: askWithKey() });
      const heads = (await peer.take()).filter((head) => at === "proxy" || !isLoopback(head.at, stage));
      for (const { text } of heads) traces.add(traceIdOf(text));
      if (heads.length === 0) harm.add("did not reach the stranger", name, response.body);
      if (heads.some(hasAsk)) {
        if ((showsLate && turn === 1) || (unseenByNode20 && stage.isOld)) lost++;
        else harm.add("asked", name, heads.map(({ text }) => text).join());
      }
      if (/data-loss|evil/.test(response.answers.join())) harm.add("believed", name, response.answers.join());
      if (response.body !== "done") harm.add("broke", name, response.body);
    }
  }
  const lines = harm.lines();
  await judgeExported(victim, traces, lines);
  const number = Object.keys(ODD_CALLS).length;
  return {
    seen: `${number} ways twice, ${lost} first asks lost where it shows late, ${harm.size} harmed`,
    harm: lines,
  };
}

/** So that the attacks could have seen an ask. */
async function control(stage: Stage): Promise<Result> {
  const scene = await askScene(stage);
  await scene.peer.lie({ value: 'unavailable;id="ID";s="friend"', status: 503 });
  const harm: string[] = [];
  for (const client of ALL_CLIENTS) {
    for (const origin of [`http://${scene.world.own}`, `http://svc.internal:${scene.world.port}`]) {
      const called = await call(scene, { client, origin, path: "/x" });
      if (!called.heads.some(hasAsk))
        harm.push(`${client} did not ask ${origin}: ${called.body.slice(0, 200)}`);
      else if (!called.tree.includes("friend")) harm.push(`${client} did not read the answer of ${origin}`);
    }
  }
  return { seen: `${ALL_CLIENTS.length} clients, ${harm.length} did not`, harm };
}
