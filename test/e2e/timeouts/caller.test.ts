// Calls that end without an answer, or in its midst: what the caller's tree says of them, and what a backend reads again.
import { formatTree } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  ask,
  countsOf,
  exportedSpans,
  type Service,
  sketchOf,
  startService,
} from "../../support/services.ts";
import { Backend } from "./backend.ts";
import { Peers } from "./peers.ts";
import { BROKEN, CANCELLED, type Call, type Row, WAITED_NO_LONGER } from "./rows.ts";

const CALLER = new URL("./programs/caller.ts", import.meta.url);
/** In the place of texts that differ from run to run, or from one version of OpenSSL to the other. */
const VAGUE = [
  [/(127\.0\.0\.1):\d+/g, "$1:PORT"],
  [/(EPROTO|ERR_SSL_\w+): .*?(?= {2}\[)/, "$1: (openssl)"],
  [/; if the root CA .*?(?= {2}\[)/, ""],
  [/\n +at .*/g, ""],
] as const;

const peers = new Peers();
let backend: Backend;
let orders: Service;

beforeAll(async () => {
  await peers.open();
  backend = await Backend.start();
  orders = await startService(CALLER, {
    name: "orders",
    receiver: backend.receiver,
    env: { PARTS: "by-hand", OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" },
  });
});

afterAll(async () => {
  expect(await orders.stop()).toBe("");
  await peers.close();
  await backend.receiver.close();
});

async function call({ way, to, scheme, times = 1, meanwhile }: Call, status: number): Promise<Answer> {
  const url = to instanceof URL ? to.href : peers.url(to, scheme);
  // What it told of earlier calls comes first.
  await countsOf(orders);
  const happens = meanwhile && HAPPENS[meanwhile]();
  const query = new URLSearchParams({ to: url, status: String(status), times: String(times) });
  const answer = await ask(orders, `${way}?${query}`);
  await happens;
  return answer;
}

function textOf({ tree }: Answer): string {
  const text = tree === undefined ? "none" : formatTree(tree);
  return VAGUE.reduce((told, [pattern, instead]) => told.replace(pattern, instead), text);
}

/** What happens to a call, in time: when its request has arrived, or when the head of its answer has. */
const HAPPENS: Readonly<Record<NonNullable<Call["meanwhile"]>, () => Promise<unknown>>> = {
  "gives up": async () => {
    await peers.arrived();
    orders.tell("give up");
  },
  resets: async () => {
    await orders.told("reading");
    peers.socket("sends part of an answer").resetAndDestroy();
  },
  "hangs up": async () => {
    await orders.told("reading");
    peers.socket("sends part of an answer").end();
  },
};

interface Case {
  readonly name: string;
  readonly how: Call;
  /** The call's line in the text of the tree. */
  readonly line: string;
  readonly code: string;
  /** The cause of the call's error; `undefined` if it has none. */
  readonly why: string | undefined;
}

function casesOf(rows: readonly Row[]): Case[] {
  return rows.map(([name, how, leaf, peer = "127.0.0.1", why]) => ({
    name: `${name}: ${how.way}`,
    how,
    line: `orders GET -> ${peer} ${leaf}`,
    code: leaf.slice(0, leaf.indexOf(":")),
    why,
  }));
}

/** The whole tree of a request that failed over the call, at the entry and as a backend reads it again. */
async function failsOver({ how, line, code, why }: Case, mark: string, ...or: string[]): Promise<void> {
  const answer = await call(how, 502);
  const drift = code === "unavailable" ? "" : `  [drift ${code} -> unavailable]`;
  const lines = [`failed: orders GET unavailable${drift}`, `└─ ${line}  ${mark}`];
  if (why !== undefined) lines.push(`        caused by: ${why}`);
  lines.push(...or);
  expect(textOf(answer)).toBe(lines.join("\n"));
  await exportedSpans(backend.receiver, answer.traceId, ["orders"]);
  expect(await backend.trees(answer.traceId)).toEqual([sketchOf(answer)]);
}

describe.each([
  ["the network or the other side ended it", BROKEN],
  ["the caller waited no longer", WAITED_NO_LONGER],
])("a call that failed: %s", (_, rows) => {
  test.each(casesOf(rows))("$name", async (row) => {
    await failsOver(row, "<- root cause");
  });

  test.each(casesOf(rows))("$name, coped with", async ({ how, line }) => {
    expect(textOf(await call(how, 200))).toBe(`handled: orders GET ok  [handled]\n└─ ${line}  <- root cause`);
  });
});

describe("a call that the caller cancelled", () => {
  test.each(casesOf(CANCELLED))("$name is a node beneath a failed one", async (row) => {
    const or = "or: orders GET unavailable (by itself: a program may take cancelled for an answer)";
    await failsOver(row, "<- root cause, not for sure", or);
  });

  test.each(casesOf(CANCELLED))("$name is none beneath one that went well", async ({ how }) => {
    expect(textOf(await call(how, 200))).toBe("none");
  });
});
