// The spool: what one process leaves, another one exports once, whatever the folder and its files are like.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import { jsonSerializer } from "../../src/setup/spool.ts";
import { unrecordedSpan } from "../../src/spans/written-span.ts";
import { thisProcess } from "../../src/spool/owner.ts";
import { resend, type Sent } from "../../src/spool/resend.ts";
import { Spool } from "../../src/spool/spool.ts";
import { ManualClock } from "../support/sdk.ts";

const serialize = jsonSerializer((line) => expect.unreachable(line)) ?? expect.unreachable("no serializer");
const { place, pid, start } = thisProcess();
const FILE = "error-tree-1700000000000-0123456789abcdef.0.jsonl";
const MINUTE = 60_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "spool-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function spansOf(name: string, count = 1): ReadableSpan[] {
  const resource: ReadableSpan["resource"] = {
    attributes: { "service.name": "shop" },
    merge: (other) => other ?? resource,
    getRawAttributes: () => [],
  };
  return Array.from({ length: count }, (_, i) =>
    unrecordedSpan({
      name: `${name} ${i}`,
      kind: 1,
      context: { traceId: "1".repeat(32), spanId: String(i).padStart(16, "0"), traceFlags: 1 },
      startTime: [1, 0],
      endTime: [2, 0],
      status: { code: 2 },
      attributes: {},
      resource,
    }),
  );
}

interface SpoolUnderTest {
  readonly spool: Spool;
  readonly health: HealthCounts;
  readonly clock: ManualClock;
  /** Names of the spans that were exported. */
  readonly sent: string[];
  readonly log: string[];
}

/** A process with a spool in this folder; `answer` is the exporter's. */
function spoolIn(
  folder: string,
  answer: (names: readonly string[]) => Sent | Promise<Sent> = () => "arrived",
): SpoolUnderTest {
  const health = new HealthCounts();
  const log: string[] = [];
  vi.spyOn(health, "once").mockImplementation((topic, text) => {
    if (!log.some((line) => line.startsWith(`${topic}:`))) log.push(`${topic}: ${text}`);
  });
  const clock = new ManualClock();
  const sent: string[] = [];
  const send = async (target: number, spans: readonly ReadableSpan[]): Promise<Sent> => {
    const names = spans.map(({ name }) => (target === 0 ? name : `${target} ${name}`));
    const outcome = await answer(names);
    if (outcome === "arrived") sent.push(...names);
    return outcome;
  };
  const spool = new Spool({ folder, health, clock, serialize, send });
  onTestFinished(() => spool.close());
  return { spool, health, clock, sent, log };
}

/** A name that a file has while this process, or another one, has it. */
function ownedBy(state: "new" | "taken", owner: string, since = Date.now()): string {
  return `${FILE}.${state}-${since}-${owner}`;
}

function deadPid(): number {
  return spawnSync(process.execPath, ["--eval", ""]).pid;
}

const lineOf = (name: string): Buffer => Buffer.concat([serialize(spansOf(name)), Buffer.from("\n")]);

describe("what a process leaves", () => {
  test("is exported by the next one, once, and the folder is empty then", async () => {
    const folder = join(temporaryFolder(), "made", "when needed");
    const { spool } = spoolIn(folder);
    spool.write([[spansOf("a", 2), spansOf("b")], [spansOf("other")]]);
    const next = spoolIn(folder);
    await next.spool.look();
    await next.spool.look();
    expect(next.sent.toSorted()).toEqual(["1 other 0", "a 0", "a 1", "b 0"]);
    expect(next.health.snapshot()).toEqual({ spool_resent: 3 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is nothing if nothing failed", () => {
    const folder = temporaryFolder();
    spoolIn(folder).spool.write([[], []]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is readable by its user alone", () => {
    const folder = join(temporaryFolder(), "spool");
    spoolIn(folder).spool.write([[spansOf("a")]]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const [name = ""] = readdirSync(folder);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test("is exported once, however many processes look at one time", async () => {
    const folder = temporaryFolder();
    const { spool } = spoolIn(folder);
    for (let i = 0; i < 20; i++) spool.write([[spansOf(`file ${i}`)]]);
    const all = Array.from({ length: 5 }, () => spoolIn(folder));
    await Promise.all(all.map((one) => one.spool.look()));
    const sent = all.flatMap((one) => one.sent);
    expect(sent).toHaveLength(20);
    expect(new Set(sent).size).toBe(20);
    expect(all.flatMap(({ log }) => log)).toEqual([]);
  });

  test("is bounded in bytes, the most important first", async () => {
    const folder = temporaryFolder();
    const { spool } = spoolIn(folder);
    const large = spansOf("x".repeat(5 * 1024 * 1024));
    spool.write([[spansOf("first"), large, large, large, large, spansOf("last")]]);
    const [name = ""] = readdirSync(folder);
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(16 * 1024 * 1024);
    const next = spoolIn(folder);
    await next.spool.look();
    expect(next.sent).toContain("first 0");
    expect(next.sent).toHaveLength(5);
  });

  test("of a service that dies again and again is a bounded number of files", async () => {
    const folder = temporaryFolder();
    const { spool, log } = spoolIn(folder, () => "later");
    for (let i = 0; i < 100; i++) spool.write([[spansOf("a")]]);
    await spool.look();
    spool.write([[spansOf("b")]]);
    spool.write([[spansOf("c")]]);
    expect(readdirSync(folder)).toHaveLength(100);
    expect(log).toEqual(["spool full: the spool folder has 100 files, and gets no more"]);
  });

  test("is a bounded number of files even if no process lives until its first look", () => {
    const folder = temporaryFolder();
    const logs: string[][] = [];
    for (let i = 0; i < 101; i++) {
      const { spool, log } = spoolIn(folder);
      spool.write([[spansOf("a")]]);
      logs.push(log);
    }
    expect(readdirSync(folder)).toHaveLength(100);
    expect(logs.flat()).toEqual(["spool full: the spool folder has 100 files, and gets no more"]);
  });
});

describe("a file that is torn", () => {
  test("is exported as far as it is whole, and the rest is counted", async () => {
    const folder = temporaryFolder();
    const torn = lineOf("torn");
    writeFileSync(
      join(folder, FILE),
      Buffer.concat([lineOf("a"), lineOf("b"), torn.subarray(0, torn.length / 2)]),
    );
    const { spool, sent, health, log } = spoolIn(folder);
    await spool.look();
    expect(sent.toSorted()).toEqual(["a 0", "b 0"]);
    expect(health.snapshot()).toEqual({ spool_resent: 2, spool_lost: 1 });
    expect(log).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("by a process that died while it wrote is no other's until then", async () => {
    const folder = temporaryFolder();
    const mine = ownedBy("new", `${place}-${pid}-${start}`);
    writeFileSync(join(folder, mine), lineOf("mine"));
    const { spool, sent } = spoolIn(folder);
    await spool.look();
    expect(sent).toEqual([]);
    rmSync(join(folder, mine));
    writeFileSync(join(folder, ownedBy("new", `${place}-${deadPid()}-1`)), lineOf("its"));
    await spool.look();
    expect(sent).toEqual(["its 0"]);
  });

  test.each([
    ["nothing", ""],
    ["text", "no JSON at all"],
    ["JSON of another form", '{"a":1}\n[]\n7\n{"resourceSpans":[{}]}\n'],
  ])("with %s in it is removed", async (_, content) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, FILE), content);
    const { spool, sent } = spoolIn(folder);
    await spool.look();
    expect([sent, readdirSync(folder)]).toEqual([[], []]);
  });
});

describe("a file that a process has taken", () => {
  test.each<[string, string, boolean]>([
    ["lives", `${place}-${process.ppid}-${startOf(process.ppid)}`, false],
    ["has died", `${place}-${deadPid()}-1`, true],
    ["has died, and another one has its id", `${place}-${process.ppid}-1`, true],
    ["was this one's predecessor in a container", `${place}-${pid}-1`, true],
    ["is on another host, and took it lately", "00000000-1-1", false],
  ])("that %s", async (_, owner, isFree) => {
    const folder = temporaryFolder();
    const name = ownedBy("taken", owner);
    writeFileSync(join(folder, name), lineOf("a"));
    const { spool, sent } = spoolIn(folder);
    await spool.look();
    expect(sent).toEqual(isFree ? ["a 0"] : []);
    expect(readdirSync(folder)).toEqual(isFree ? [] : [name]);
  });

  test("on another host is free a quarter of an hour later", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, ownedBy("taken", "00000000-1-1", Date.now() - 16 * MINUTE)), lineOf("a"));
    const { spool, sent } = spoolIn(folder);
    await spool.look();
    expect(sent).toEqual(["a 0"]);
  });
});

/** As the process itself names its start. */
function startOf(id: number): string {
  const stat = readFileSync(`/proc/${id}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

describe("an exporter that", () => {
  test("takes nothing leaves the file to whoever looks next", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, FILE), Buffer.concat([lineOf("a"), lineOf("b")]));
    let isDown = true;
    const { spool, sent, clock, log } = spoolIn(folder, () => (isDown ? "later" : "arrived"));
    await spool.look();
    expect(readdirSync(folder)).toEqual([
      expect.stringMatching(/^error-tree-\d{13}-0123456789abcdef\.0\.jsonl$/),
    ]);
    isDown = false;
    clock.advance(MINUTE);
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
    expect(sent.toSorted()).toEqual(["a 0", "b 0"]);
    expect(log).toEqual([]);
  });

  test("fails in the middle gets no request twice", async () => {
    const folder = temporaryFolder();
    const { spool } = spoolIn(folder);
    spool.write([Array.from({ length: 10 }, (_, i) => spansOf(`request ${i}`, 300))]);
    let calls = 0;
    const first = spoolIn(folder, () => (++calls > 3 ? "later" : "arrived"));
    await first.spool.look();
    const second = spoolIn(folder);
    await second.spool.look();
    const all = [...first.sent, ...second.sent];
    expect(all).toHaveLength(3000);
    expect(new Set(all).size).toBe(3000);
    expect(first.sent.length).toBeGreaterThan(0);
    expect(second.sent.length).toBeGreaterThan(0);
  });

  test("refuses one request gets all the others", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, FILE), Buffer.concat(["a", "bad", "c", "d"].map(lineOf)));
    const { spool, sent, health } = spoolIn(folder, (names) =>
      names.includes("bad 0") ? "refused" : "arrived",
    );
    await spool.look();
    expect(sent.toSorted()).toEqual(["a 0", "c 0", "d 0"]);
    expect(health.snapshot()).toEqual({ spool_resent: 3, spool_lost: 1 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("takes nothing leaves the files of the other ones to be exported", async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 3; i++) {
      for (const target of [0, 1]) {
        const name = FILE.replace("0123", `${i}123`).replace(".0.", `.${target}.`);
        writeFileSync(join(folder, name), lineOf(`file ${i}`));
      }
    }
    let tries = 0;
    const { spool, sent } = spoolIn(folder, ([name]) => {
      if (name?.startsWith("1 ")) return "arrived";
      tries++;
      return "later";
    });
    await spool.look();
    expect(sent).toEqual(["1 file 0 0", "1 file 1 0", "1 file 2 0"]);
    expect(tries).toBe(1);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test("never takes the only requests of some files gets all other files, in further looks", async () => {
    const folder = temporaryFolder();
    for (const [i, name] of ["bad", "bad", "a", "bad", "b"].entries()) {
      writeFileSync(join(folder, FILE.replace("0123", `${i}123`)), lineOf(name));
    }
    const { spool, sent } = spoolIn(folder, (names) => (names.includes("bad 0") ? "later" : "arrived"));
    for (let i = 0; i < 4; i++) await spool.look();
    expect(sent).toEqual(["a 0", "b 0"]);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test.each([
    ["first", ["a", "b", "c", "bad"]],
    ["in the middle", ["a", "bad", "b", "c"]],
    ["twice, not one after the other", ["a", "bad", "b", "bad", "c"]],
  ])("never takes one request, %s, gets all others of the file", async (_, names) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, FILE), Buffer.concat(names.map(lineOf)));
    const { spool, sent, health, log } = spoolIn(folder, (batch) =>
      batch.includes("bad 0") ? "later" : "arrived",
    );
    await spool.look();
    expect(sent.toSorted()).toEqual(["a 0", "b 0", "c 0"]);
    expect(health.snapshot()).toEqual({ spool_resent: 3 });
    expect(log).toEqual([]);
    const [left = "", ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    const bad = names.filter((name) => name === "bad").map(lineOf);
    expect(readFileSync(join(folder, left))).toEqual(Buffer.concat(bad));
  });

  test.each([
    ["at the end", ["a", "b", "c", "bad", "bad"]],
    ["at both ends", ["bad", "bad", "a", "b", "bad", "c", ...Array<string>(7).fill("bad")]],
  ])(
    "never takes several requests side by side, %s, gets all others of the file, in further looks",
    async (_, names) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, FILE), Buffer.concat(names.map(lineOf)));
      const { spool, sent, health } = spoolIn(folder, (batch) =>
        batch.includes("bad 0") ? "later" : "arrived",
      );
      for (let i = 0; i < 8; i++) await spool.look();
      expect(sent.toSorted()).toEqual(["a 0", "b 0", "c 0"]);
      expect(health.snapshot()).toEqual({ spool_resent: 3 });
      const [left = ""] = readdirSync(folder);
      const bad = names.filter((name) => name === "bad").map(lineOf);
      expect(readFileSync(join(folder, left))).toEqual(Buffer.concat(bad));
    },
  );

  test("takes nothing loses nothing while another process exports the end of the same file", async () => {
    const folder = temporaryFolder();
    const names = ["a", "b", "c", "a longer name", "the longest name"];
    writeFileSync(join(folder, FILE), Buffer.concat(names.map(lineOf)));
    let isDown = true;
    const one = spoolIn(folder, () => (isDown ? "later" : "arrived"));
    await one.spool.look();
    const other = spoolIn(folder, ([name, more]) =>
      name === "the longest name 0" && more === undefined ? "arrived" : "later",
    );
    await other.spool.look();
    expect(other.sent).toEqual(["the longest name 0"]);
    isDown = false;
    for (let i = 0; i < 3; i++) await one.spool.look();
    expect(one.sent.toSorted()).toEqual(["a 0", "a longer name 0", "b 0", "c 0"]);
    expect(one.health.snapshot()).toEqual({ spool_resent: 4 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("fails now and then loses nothing, and gets nothing twice", async () => {
    const names = Array.from({ length: 9 }, (_, i) => `request ${"x".repeat(i * 7)}`);
    const arrive = fc.array(fc.boolean(), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arrive, async (answers) => {
        const folder = mkdtempSync(join(tmpdir(), "spool-test-"));
        try {
          writeFileSync(join(folder, FILE), Buffer.concat(names.map(lineOf)));
          const left = [...answers];
          const { spool, sent, health } = spoolIn(folder, () =>
            (left.shift() ?? true) ? "arrived" : "later",
          );
          for (let looks = 0; looks < 50 && readdirSync(folder).length > 0; looks++) await spool.look();
          expect(sent.toSorted()).toEqual(names.map((name) => `${name} 0`));
          expect(health.snapshot()).toEqual({ spool_resent: 9 });
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
    );
  });

  test("hangs when the service shuts down: the file is given back", async () => {
    const folder = temporaryFolder();
    const { spool } = spoolIn(folder);
    spool.write([[spansOf("a", 400), spansOf("b", 400)]]);
    let answer: (sent: Sent) => void = () => {};
    const next = spoolIn(folder, () => new Promise((resolve) => (answer = resolve)));
    void next.spool.look();
    await vi.waitFor(() => expect(readdirSync(folder)[0]).toContain(".taken-"));
    const closed = next.spool.close();
    await vi.waitFor(() => answer("arrived"));
    await vi.waitFor(() => expect(next.sent).toHaveLength(400));
    await closed;
    const last = spoolIn(folder);
    await last.spool.look();
    expect(last.sent).toHaveLength(400);
  });
});

describe("a large file", () => {
  test("is parsed one export at a time, also if the exporter takes nothing", async () => {
    const folder = temporaryFolder();
    const { spool } = spoolIn(folder);
    spool.write([Array.from({ length: 5_000 }, (_, i) => spansOf(`request ${i}`))]);
    const parse = vi.spyOn(JSON, "parse");
    onTestFinished(() => parse.mockRestore());
    const parsed: number[] = [];
    let isDown = true;
    const next = spoolIn(folder, () => {
      parsed.push(parse.mock.calls.length);
      parse.mockClear();
      return isDown ? "later" : "arrived";
    });
    await next.spool.look();
    expect(parsed).toHaveLength(3);
    isDown = false;
    await next.spool.look();
    expect(Math.max(...parsed)).toBeLessThan(520);
    expect(new Set(next.sent).size).toBe(5_000);
    expect(next.sent).toHaveLength(5_000);
  });

  test("that is garbage is parsed in pieces, too", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, FILE), "\n".repeat(5_000));
    const parse = vi.spyOn(JSON, "parse");
    onTestFinished(() => parse.mockRestore());
    const parsed: number[] = [];
    const isStopped = (): boolean => {
      parsed.push(parse.mock.calls.length);
      parse.mockClear();
      return false;
    };
    const resent = await resend(folder, FILE, { send: async () => "arrived", isStopped });
    expect(resent).toEqual({ arrived: 0, lost: 5_000, done: true });
    expect(Math.max(...parsed)).toBeLessThan(520);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a folder that cannot be used is said once, and is in nobody's way:", () => {
  test.each<[string, (folder: string) => string]>([
    [
      "a file",
      (folder) => {
        writeFileSync(join(folder, "file"), "");
        return join(folder, "file");
      },
    ],
    [
      "beneath a file",
      (folder) => {
        writeFileSync(join(folder, "file"), "");
        return join(folder, "file", "spool");
      },
    ],
    [
      "a link",
      (folder) => {
        mkdirSync(join(folder, "elsewhere"));
        symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
        return join(folder, "link");
      },
    ],
    [
      "a link to nowhere",
      (folder) => {
        symlinkSync(join(folder, "nowhere"), join(folder, "link"));
        return join(folder, "link");
      },
    ],
    ["read-only by its kind", () => "/proc/error-tree"],
    ["a name that is too long", (folder) => join(folder, "x".repeat(300))],
  ])("%s", async (_, make) => {
    const folder = temporaryFolder();
    const path = make(folder);
    const { spool, log } = spoolIn(path);
    await spool.look();
    await spool.look();
    spool.write([[spansOf("a")]]);
    spool.write([[spansOf("a")]]);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^spool: the spool folder cannot be used/);
    expect(
      readdirSync(folder, { recursive: true }).filter((name) => String(name).includes("error-tree")),
    ).toEqual([]);
  });

  test("a link, before the first look", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
    const { spool, log } = spoolIn(join(folder, "link"));
    spool.write([[spansOf("a")], [spansOf("b")]]);
    expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
    expect(log).toEqual([
      "spool: the spool folder cannot be used, nothing, or not all, is written: it is a symbolic link",
    ]);
  });

  test("one that does not answer", async () => {
    const folder = temporaryFolder();
    const { spool, clock, log } = spoolIn(folder);
    // Its first look has begun, and no turn of the event loop comes in which it could end.
    void spool.look();
    clock.advance(3_000);
    spool.write([[spansOf("a")]]);
    expect(readdirSync(folder)).toEqual([]);
    expect(log).toEqual(["spool: the spool folder cannot be used, nothing is written: it does not answer"]);
  });

  test("one that can be used later is used then", async () => {
    const folder = join(temporaryFolder(), "spool");
    writeFileSync(folder, "");
    const { spool } = spoolIn(folder);
    await spool.look();
    rmSync(folder);
    await spool.look();
    spool.write([[spansOf("a")]]);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe("in a folder that others use, too,", () => {
  test("what is none of ours stays as it is, and what cannot be read is said once", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "notes.jsonl"), "{}");
    mkdirSync(join(folder, FILE));
    symlinkSync("/etc/hostname", join(folder, FILE.replace("0123", "1123")));
    spawnSync("mkfifo", [join(folder, FILE.replace("0123", "2123"))]);
    const others = readdirSync(folder);
    writeFileSync(join(folder, FILE.replace("0123", "3123")), lineOf("a"));
    const { spool, sent, log } = spoolIn(folder);
    await spool.look();
    await spool.look();
    expect(sent).toEqual(["a 0"]);
    expect(readFileSync(join(folder, "notes.jsonl"), "utf8")).toBe("{}");
    expect(others).toHaveLength(4);
    expect(readdirSync(folder)).toEqual(others);
    expect(log).toEqual(["spool file: a spool file is left alone: it is no file"]);
  });

  test("a file of another user is neither exported nor renamed, so that he finds it", async () => {
    if (process.getuid?.() !== 0) return;
    const folder = temporaryFolder();
    const others = ownedBy("taken", `${place}-${deadPid()}-1`);
    for (const name of [FILE, others]) {
      writeFileSync(join(folder, name), lineOf("forged"));
      chmodSync(join(folder, name), 0o666);
      spawnSync("chown", ["12345", join(folder, name)]);
    }
    const { spool, sent, log } = spoolIn(folder);
    await spool.look();
    expect(sent).toEqual([]);
    expect(log).toEqual(["spool file: a spool file is left alone: it belongs to another user"]);
    expect(readdirSync(folder).toSorted()).toEqual([FILE, others]);
  });

  test("a file that may not be renamed keeps nothing else from being exported and written", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, FILE), lineOf("stuck"));
    writeFileSync(join(folder, FILE.replace("0123", "1123")), lineOf("a"));
    const { rename } = fsPromises;
    const spy = vi.spyOn(fsPromises, "rename").mockImplementation((from, to) => {
      if (String(from).endsWith(FILE)) return Promise.reject(new Error("EPERM"));
      return rename(from, to);
    });
    syncBuiltinESMExports();
    onTestFinished(() => {
      spy.mockRestore();
      syncBuiltinESMExports();
    });
    const { spool, sent, log } = spoolIn(folder);
    await spool.look();
    expect(sent).toEqual(["a 0"]);
    spool.write([[spansOf("b")]]);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(log).toEqual(["spool file: a spool file is left alone: EPERM"]);
  });
});
