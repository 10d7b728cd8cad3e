// Clocks, copies, second set-ups, odd heads, heads that are nearly too large, and what is instrumented twice.
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Got } from "../../../support/clients.ts";
import { HEAD_FORMS, withoutOurs } from "../../../support/head-forms.ts";
import { Harm } from "../harm.ts";
import type { Result, Row } from "../row.ts";
import { askWithKey, SECRET, type Stage, type Victim } from "../stage.ts";
import type { Exported } from "../telemetry.ts";

const HOUR_MS = 3_600_000;
/** An export waits a tenth of a second; a busy machine has it wait longer, a clock that was set back an hour. */
const PATIENCE_MS = 10_000;
const BROKEN = { job: "status", args: { status: 500 } } as const;
const ROOT = new URL("../../../../", import.meta.url);
/** Lists of which Node 20 names another fault when it refuses them beside an answer. */
const OTHER_FAULT = /^a field set and removed, .*(?:pairs and nothing|short pairs)\)$/;
const KEYED = { OTEL_ERROR_TREE_SECRET: SECRET };

async function clock(stage: Stage): Promise<Result> {
  const harm: string[] = [];
  const seen: string[] = [];
  for (const shifts of [[-HOUR_MS], [HOUR_MS, -HOUR_MS], [-24 * HOUR_MS], [HOUR_MS]]) {
    const victim = await stage.victim(KEYED);
    await victim.visit(BROKEN);
    for (const ms of shifts) {
      await victim.process.ask("shiftClock", { ms });
      await victim.visit(BROKEN);
    }
    const name = shifts.map((ms) => `${ms / HOUR_MS} h`).join(", ");
    const start = performance.now();
    const expected = 1 + shifts.length;
    let exported: readonly Exported[] = [];
    while (exported.length < expected && performance.now() - start < PATIENCE_MS) {
      exported = await victim.process.ask("exported");
      await setTimeout(50);
    }
    seen.push(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (exported.length < expected)
      harm.push(`clock ${name}: ${exported.length} of ${expected} exported after ${PATIENCE_MS / 1000} s`);
    const { internal_errors = 0 } = await victim.counts();
    if (internal_errors > 0) harm.push(`clock ${name}: ${internal_errors} internal errors`);
    await victim.process.stop();
  }
  return { seen: seen.join("; "), harm };
}

async function copies(stage: Stage): Promise<Result> {
  const victim = await small(stage);
  const folder = join(stage.folder, "copy");
  mkdirSync(join(folder, "otel-error-tree"), { recursive: true });
  for (const name of ["dist", "package.json"])
    cpSync(fileURLToPath(new URL(name, ROOT)), join(folder, "otel-error-tree", name), { recursive: true });
  symlinkSync(fileURLToPath(new URL("node_modules", ROOT)), join(folder, "node_modules"));
  const copy = pathToFileURL(join(folder, "otel-error-tree", "dist", "index.js")).href;
  const harm: string[] = [];
  const { body, answers } = await victim.visit({ job: "failByCopy", args: { copy }, ask: askWithKey() });
  if (!body.includes('"said":true')) harm.push(`failRequest of the copy had no effect: ${body}`);
  if (!body.includes("said by a copy")) harm.push(`activeErrorTree of the copy saw nothing: ${body}`);
  if (!answers.join().includes("data-loss")) harm.push(`the answer does not tell it: ${answers.join()}`);
  return { seen: body, harm };
}

async function secondSetUps(stage: Stage): Promise<Result> {
  const peer = await stage.peer();
  const port = await peer.listen({ host: "127.0.0.1" });
  await peer.lie({ value: 'unavailable;id="ID";s="friend"', status: 503 });
  const harm: string[] = [];
  for (const second of ["before", "after"]) {
    const victim = await stage.victim({ ...KEYED, SECOND_SETUP: second });
    for (const client of ["http.get(url)", "fetch"]) {
      const call = { client, origin: `http://127.0.0.1:${port}`, path: "/x" };
      const { answers } = await victim.visit({ job: "call", args: call, ask: askWithKey() });
      if (answers.length !== 1) harm.push(`${answers.length} answers, second set-up ${second}`);
      if (!answers.join().includes("friend"))
        harm.push(`${client}: the callee's answer is lost, second set-up ${second}: ${answers.join()}`);
    }
    await victim.process.stop();
  }
  return { seen: `2 services with a set-up that nobody uses, ${harm.length} harmed`, harm };
}

async function oddHeads(stage: Stage): Promise<Result> {
  const on = await small(stage);
  const off = await stage.once("off", () => stage.victim({ ...KEYED, OTEL_ERROR_TREE_DISABLED: "true" }));
  const harm = new Harm();
  for (const form of HEAD_FORMS) {
    const visit = { job: "head", args: { form } };
    const expected = withoutDate((await off.visit(visit)).raw);
    const stranger = withoutDate((await on.visit(visit)).raw);
    if (stranger !== expected) harm.add("other bytes for a stranger", form, difference(stranger, expected));
    const asked = withoutDate((await on.visit({ ...visit, ask: askWithKey() })).raw);
    const [is, should] = [withoutOurs(asked), withoutOurs(expected)];
    if (is !== should && !(stage.isOld && OTHER_FAULT.test(form)))
      harm.add("other bytes beside an answer", form, difference(is, should));
  }
  const { internal_errors = 0 } = await on.counts();
  if (internal_errors > 0) harm.add("internal errors", String(internal_errors), "");
  return {
    seen: `${HEAD_FORMS.length} ways, ${harm.size} other than without the library`,
    harm: harm.lines(),
  };
}

function withoutDate(raw: string): string {
  return raw.replaceAll(/^date: .*\r\n/gim, "");
}

function difference(is: string, should: string): string {
  return `${JSON.stringify(is.slice(0, 200))} in place of ${JSON.stringify(should.slice(0, 200))}`;
}

async function largeHeads(stage: Stage): Promise<Result> {
  const on = await small(stage);
  const off = await stage.once("off", () => stage.victim({ ...KEYED, OTEL_ERROR_TREE_DISABLED: "true" }));
  const harm = new Harm();
  let calls = 0;
  let large = 0;
  for (const client of ["http.request(options)", "fetch", "agent.request", "got"]) {
    for (let bytes = 15_600; bytes <= 16_300; bytes += 50) {
      const call = { client, origin: `http://127.0.0.1:${off.port}`, path: "/", padding: bytes };
      const statusOf = async (victim: Victim): Promise<number> => {
        const { body } = await victim.visit({ job: "padded", args: call });
        return (JSON.parse(body) as Got).status;
      };
      calls++;
      const without = await statusOf(off);
      if (without === 431) large++;
      const withUs = await statusOf(on);
      if (withUs !== without) harm.add(`${withUs} in place of ${without}`, client, `${bytes} bytes`);
    }
  }
  return {
    seen: `${calls} calls, ${large} too large without us, ${harm.size} because of us`,
    harm: harm.lines(),
  };
}

async function twice(stage: Stage): Promise<Result> {
  const peer = await stage.peer();
  const port = await peer.listen({ host: "127.0.0.1" });
  await peer.lie({ value: 'unavailable;id="ID";s="friend"', status: 503 });
  const victim = await stage.victim({ ...KEYED, TWICE: "true" });
  const harm: string[] = [];
  for (const client of [
    "http.get(url)",
    "fetch",
    "undici.request(url)",
    "axios, http",
    "got",
    "node-fetch",
  ]) {
    const call = { client, origin: `http://127.0.0.1:${port}`, path: "/x" };
    const { answers, status } = await victim.visit({ job: "call", args: call, ask: askWithKey() });
    if (status !== 200) harm.push(`${client}: status ${status}`);
    if (answers.length !== 1) harm.push(`${client}: ${answers.length} answers`);
    if (!answers.join().includes("friend"))
      harm.push(`${client}: the callee's answer is lost: ${answers.join().slice(0, 200)}`);
  }
  const log = await victim.process.ask<string[]>("diagnostics");
  if (!log.some((line) => /twice|two .*instrumentation|instrument/i.test(line)))
    harm.push("nothing in the log says so");
  await victim.process.stop();
  return { seen: `6 clients, ${harm.length} harmed`, harm };
}

function small(stage: Stage): Promise<Victim> {
  return stage.once("small", () => stage.victim(KEYED));
}

export const SMALL_ROWS: readonly Row[] = [
  {
    point: "small ones",
    attack: "a clock that is set back or forth by hours",
    expected: "exported within seconds",
    run: clock,
  },
  {
    point: "small ones",
    attack: "a second copy of the package",
    newNodeOnly: true,
    expected: "what it is told counts",
    run: copies,
  },
  {
    point: "small ones",
    attack: "a second set-up that nobody uses",
    expected: "asks and answers as ever",
    run: secondSetUps,
  },
  {
    point: "small ones",
    attack: "heads written in odd ways",
    expected: "the bytes of a service without the library",
    run: oddHeads,
  },
  {
    point: "small ones",
    attack: "request heads just below 16 KB",
    expected: "no 431 because of the ask",
    run: largeHeads,
  },
  {
    point: "small ones",
    attack: "instrumented twice",
    expected: "the tree is whole, a line says so",
    run: twice,
  },
];
