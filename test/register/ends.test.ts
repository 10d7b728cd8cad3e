// However a program ends, it ends as it would have ended without `register`; and its failing requests are exported.
import { spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { type Exit, NodeProcess } from "../support/process/node-process.ts";
import { OtlpReceiver } from "./otlp-receiver.ts";

const FAILURES = 3;
const OURS = /^otel-error-tree: on .*\n/;
const EXPORT_FAILED = /\(node:\d+\) ErrorTreeWarning: otel-error-tree: the exporter failed.*\n\(Use .*\n/;

interface Ended extends Exit {
  readonly out: string;
  readonly err: string;
}

const running = new Set<NodeProcess>();
const receivers = new Set<OtlpReceiver>();
afterEach(async () => {
  await Promise.all([...running].map((one) => one.stop()));
  for (const one of receivers) one.close();
  running.clear();
  receivers.clear();
});

interface Way {
  /** What the program does about signals. @default nothing */
  readonly handler?: string;
  /** The signal that is sent, or the path that is asked for at the end. */
  readonly by: NodeJS.Signals | `/${string}`;
  readonly ends: Exit;
  /** How many failing requests the backend knows of. @default all */
  readonly exported?: number | "any";
}

async function start(
  file: string,
  { handler = "none" }: Way,
  env?: Record<string, string>,
): Promise<NodeProcess> {
  const imports = env === undefined ? [] : ["otel-error-tree/register"];
  const options = { args: [handler], imports, ...(env === undefined ? {} : { env }) };
  const service = await NodeProcess.listening(new URL(`./programs/${file}`, import.meta.url), options);
  running.add(service);
  return service;
}

async function fail(service: NodeProcess): Promise<void> {
  for (let i = 0; i < FAILURES; i++) expect((await fetch(`${service.url}/fails`)).status).toBe(500);
}

async function end(service: NodeProcess, by: Way["by"]): Promise<Ended> {
  await fail(service);
  if (by.startsWith("/")) await fetch(`${service.url}${by}`);
  else service.signal(by as NodeJS.Signals);
  const exit = await service.exited;
  return { ...exit, out: service.out, err: service.err };
}

async function backend(): Promise<{ receiver: OtlpReceiver; env: Record<string, string> }> {
  const receiver = await OtlpReceiver.start();
  receivers.add(receiver);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_TRACES_SAMPLER: "always_off",
    OTEL_ERROR_TREE_TRUST: "loopback",
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: "http",
  };
  return { receiver, env };
}

const code = (exitCode: number): Exit => ({ exitCode, signal: null });
const killedBy = (signal: NodeJS.Signals): Exit => ({ exitCode: null, signal });

const WAYS: Readonly<Record<string, Way>> = {
  "SIGTERM that nobody handles": { by: "SIGTERM", ends: killedBy("SIGTERM") },
  "SIGINT that nobody handles": { by: "SIGINT", ends: killedBy("SIGINT") },
  "a handler that closes the server, then exits": {
    handler: "closes, then exits",
    by: "SIGTERM",
    ends: code(3),
    exported: "any",
  },
  "a handler that raises the signal again": {
    handler: "closes, then raises it again",
    by: "SIGTERM",
    ends: killedBy("SIGTERM"),
  },
  "a handler that raises the signal again at once": {
    handler: "raises it again at once",
    by: "SIGTERM",
    ends: killedBy("SIGTERM"),
  },
  "a handler that is prepended, and called once": {
    handler: "is prepended, and called once",
    by: "SIGTERM",
    ends: code(6),
  },
  "a handler that counts the listeners": {
    handler: "counts the listeners",
    by: "SIGTERM",
    ends: killedBy("SIGTERM"),
  },
  "a handler that counts the others once it is off the list": {
    handler: "counts the others once it is off the list",
    by: "SIGTERM",
    ends: code(3),
    exported: "any",
  },
  "a handler that counts the others a moment later": {
    handler: "counts the others a moment later",
    by: "SIGTERM",
    ends: code(3),
    exported: "any",
  },
  "a handler that looks at process.kill later": {
    handler: "finds process.kill as it was",
    by: "SIGTERM",
    ends: code(3),
    exported: "any",
  },
  "a handler that exits at once": {
    handler: "exits in its handler",
    by: "SIGTERM",
    ends: code(5),
    exported: "any",
  },
  "process.exit": { by: "/exit", ends: code(7), exported: "any" },
  "an exception": { by: "/throw-in-timer", ends: code(1), exported: "any" },
  "a rejection": { by: "/throw", ends: code(1), exported: "any" },
  "nothing left to do": { by: "/done", ends: code(0) },
  "nothing left to do, with an exit code": { by: "/done-with-code", ends: code(9) },
  "work in beforeExit": { handler: "uses beforeExit", by: "/done", ends: code(8) },
};

describe.each(["ends.mjs", "ends.cjs"])("%s", (file) => {
  test.each(Object.entries(WAYS))("%s", async (_, way) => {
    const { receiver, env } = await backend();
    const [without, under] = await Promise.all([start(file, way), start(file, way, env)]);
    const [plain, ours] = await Promise.all([end(without, way.by), end(under, way.by)]);
    expect(plain).toMatchObject(way.ends);
    expect({ ...ours, err: ours.err.replace(OURS, "") }).toEqual(plain);
    if (way.exported !== "any") expect(receiver.represented).toBe(way.exported ?? FAILURES);
  });
});

describe("a backend that takes everything and answers nothing", () => {
  // The limit is 1.5 s, the exports would go on for ten.
  const SOON_MS = 6_000;

  test("holds up a signal for a moment only", async () => {
    const { receiver, env } = await backend();
    receiver.isSilent = true;
    const service = await start("ends.mjs", { by: "SIGTERM", ends: killedBy("SIGTERM") }, env);
    await fail(service);
    const begun = performance.now();
    service.signal("SIGTERM");
    expect(await service.exited).toEqual(killedBy("SIGTERM"));
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
  });

  test("finds in the spool what it did not take", async () => {
    const { receiver, env } = await backend();
    receiver.isSilent = true;
    const folder = mkdtempSync(join(tmpdir(), "error-tree-register-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const way: Way = { by: "SIGTERM", ends: killedBy("SIGTERM") };
    const service = await start("ends.mjs", way, { ...env, OTEL_ERROR_TREE_SPOOL: folder });
    expect(await end(service, "SIGTERM")).toMatchObject(way.ends);
    const [file = ""] = readdirSync(folder);
    expect(readFileSync(join(folder, file), "utf8")).toContain("error_tree.represents");
  });

  test("holds up for a moment only a program that has nothing left to do", async () => {
    const { receiver, env } = await backend();
    receiver.isSilent = true;
    const service = await start("ends.mjs", { by: "/done-with-code", ends: code(9) }, env);
    const begun = performance.now();
    await fetch(`${service.url}/done-with-code`);
    expect(await service.exited).toEqual(code(9));
    // Its metrics were under way.
    expect(receiver.isAsked).toBe(true);
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "a second signal, %s, ends the process at once",
    async (second) => {
      const { receiver, env } = await backend();
      receiver.isSilent = true;
      const service = await start("ends.mjs", { by: "SIGINT", ends: killedBy("SIGINT") }, env);
      await fail(service);
      const asked = receiver.asked();
      service.signal("SIGINT");
      await asked;
      const begun = performance.now();
      service.signal(second);
      expect(await service.exited).toEqual(killedBy(second));
      expect(performance.now() - begun).toBeLessThan(1_000);
    },
  );
});

describe.each(["answers", "answers nothing", "is not there"])(
  "a program without signals, a backend that %s",
  (how) => {
    test.each([
      { program: "listens.mjs", spans: false },
      { program: "works-once.mjs", spans: false },
      { program: "never-settles.mjs", spans: false },
      { program: "sets-code.mjs", spans: false },
      { program: "calls.mjs", spans: true },
    ])("$program prints the same, ends with the same code, and soon", async ({ program, spans }) => {
      const { receiver, env } = await backend();
      receiver.isSilent = how === "answers nothing";
      if (how === "is not there") receiver.close();
      const file = new URL(`./programs/idle/${program}`, import.meta.url);
      const ended = async (imports: string[]): Promise<Ended & { readonly ms: number }> => {
        const one = new NodeProcess(file, { channel: false, imports, env });
        running.add(one);
        const begun = performance.now();
        const exit = await one.exited;
        return { ...exit, out: one.out, err: one.err, ms: performance.now() - begun };
      };
      const { ms: _, ...plain } = await ended([]);
      const { ms, ...ours } = await ended(["otel-error-tree/register"]);
      expect({ ...ours, err: ours.err.replace(OURS, "").replace(EXPORT_FAILED, "") }).toEqual(plain);
      // Each of the two ends is held up for 1.5 s, on a busy machine longer; by itself an export would be tried for ten seconds.
      expect(ms).toBeLessThan(9_500);
      if (spans && how === "answers") expect(receiver.represented).toBe(2);
    });
  },
);

test("a request in flight that shows a failure is exported before a signal ends the process", async () => {
  const { receiver, env } = await backend();
  const service = await start("ends.mjs", { by: "SIGTERM", ends: killedBy("SIGTERM") }, env);
  const failed = service.told("failed");
  fetch(`${service.url}/hangs-after-failure`).catch(() => {});
  await failed;
  service.signal("SIGTERM");
  expect(await service.exited).toEqual(killedBy("SIGTERM"));
  expect(receiver.spans.map(({ name }) => name)).toContain("GET");
});

test("a request that fails while others are exported before a signal ends the process is exported, too", async () => {
  const { receiver, env } = await backend();
  const service = await start("ends.mjs", { by: "SIGTERM", ends: killedBy("SIGTERM") }, env);
  await fail(service);
  const exports = new EventEmitter();
  receiver.held = once(exports, "go on");
  const asked = receiver.asked();
  service.signal("SIGTERM");
  await asked;
  await fail(service);
  exports.emit("go on");
  expect(await service.exited).toEqual(killedBy("SIGTERM"));
  expect(receiver.represented).toBe(2 * FAILURES);
});

test("a request that is answered while others are counted before a signal ends the process is counted, too", async () => {
  const { receiver, env } = await backend();
  const service = await start("ends.mjs", { by: "SIGTERM", ends: killedBy("SIGTERM") }, env);
  expect((await fetch(`${service.url}/good`)).status).toBe(200);
  const exports = new EventEmitter();
  receiver.held = once(exports, "go on");
  const asked = receiver.asked();
  service.signal("SIGTERM");
  await asked;
  expect((await fetch(`${service.url}/good`)).status).toBe(200);
  exports.emit("go on");
  expect(await service.exited).toEqual(killedBy("SIGTERM"));
  expect(receiver.served).toBe(2);
});

test("a program that listens and goes on goes on, and what failed is exported meanwhile", async () => {
  const { receiver, env } = await backend();
  const service = await start("ends.cjs", { handler: "does nothing", by: "SIGTERM", ends: code(0) }, env);
  for (let round = 1; round <= 2; round++) {
    await fail(service);
    const all = receiver.represents(round * FAILURES);
    service.signal("SIGTERM");
    await all;
  }
  expect(await service.end("SIGINT")).toEqual(killedBy("SIGINT"));
});

const canUnshare = spawnSync("unshare", ["--fork", "--pid", "true"]).status === 0;

// Not without process namespaces: only root can make them, on Linux.
test.runIf(canUnshare)(
  "the first process of a container goes on, as it does without us, and exports what failed",
  async () => {
    const { receiver, env } = await backend();
    const service = await NodeProcess.listening(new URL("./programs/ends.mjs", import.meta.url), {
      imports: ["otel-error-tree/register"],
      before: ["unshare", "--fork", "--pid", "--kill-child"],
      env,
    });
    running.add(service);
    const { pid } = service;
    const inside = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
    for (let round = 1; round <= 2; round++) {
      await fail(service);
      const all = receiver.represents(round * FAILURES);
      process.kill(inside, round === 1 ? "SIGTERM" : "SIGINT");
      await all;
    }
    await fail(service);
  },
);
