// `otel-error-tree observatory` as a process: what it prints, what it refuses, and how it ends.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Picture } from "../../src/observatory/graph/picture.ts";
import { NodeProcess, type ProcessOptions } from "../support/process/node-process.ts";

const COMMAND = new URL("../../dist/cli/bin.js", import.meta.url);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "observatory-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function start(args: readonly string[], options: ProcessOptions = {}): NodeProcess {
  return new NodeProcess(COMMAND, { args: ["observatory", ...args], channel: false, ...options });
}

async function refusal(args: readonly string[], options?: ProcessOptions): Promise<string> {
  const observatory = start(args, options);
  const { exitCode } = await observatory.exited;
  expect([exitCode, observatory.out]).toEqual([2, ""]);
  return observatory.err.trim();
}

describe("observatory", () => {
  test("prints its address first, reads a file and standard input, and ends in order at the first signal", async () => {
    const time = Date.now() - 1_000;
    const file = join(folder, "events.ndjson");
    writeFileSync(
      file,
      `{"node":"a","token":1,"time":${time}}\nno\u001b[2J\n{"node":"b","token":1,"time":${time}}\n`,
    );
    const input = `{"node":"b","token":2,"time":${time}}\n{"node":"c","token":2,"time":${time}}`;
    const observatory = start(["--port", "0", "--events", file, "--events", "-"], { input });
    const [, url] = await observatory.prints(
      /^The observatory is at (http:\/\/127\.0\.0\.1:\d+)\/ \(Ctrl-C ends it\)$/m,
    );
    await observatory.prints(
      /events\.ndjson: 2 events; 1 could not be read, the first: a line that is no JSON: no\\x1b\[2J$/m,
    );
    await observatory.prints(/^standard input: 2 events/m);
    expect(observatory.printed).toMatch(/^The observatory is at /);
    // Without a terminal there are no colours.
    expect(observatory.printed).not.toContain("\u001b");
    const picture = (await (await fetch(`${url}/api/picture`)).json()) as Picture;
    expect(picture.edges.map(({ client, server }) => `${client} -> ${server}`)).toEqual(["a -> b", "b -> c"]);
    const live = await fetch(`${url}/api/live`);
    expect(live.status).toBe(200);
    expect(await observatory.end("SIGTERM")).toEqual({ exitCode: 0, signal: null });
    expect(observatory.err).toBe("");
  });

  test("shows a log of long ago at the time at which it ends", async () => {
    const file = join(folder, "events.ndjson");
    const time = Date.parse("2020-01-31T12:00:00Z");
    writeFileSync(
      file,
      `{"node":"a","token":1,"time":"2020-01-31T12:00:00Z"}\n{"node":"b","token":1,"time":${time + 5}}\n`,
    );
    const observatory = start(["--port", "0", "--events", file]);
    const [, url] = await observatory.prints(/is at (http:\S+)\//);
    await observatory.prints(/2 events/);
    const picture = (await (await fetch(`${url}/api/picture`)).json()) as Picture;
    expect([picture.newest, picture.edges.length, picture.doubts.outOfTime]).toEqual([time + 5, 1, 0]);
    await observatory.stop();
  });

  test("says in one line what cannot be", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    expect(await refusal(["--port", String(port)])).toBe(
      `otel-error-tree: 127.0.0.1:${port} is taken by another program: a Collector listens at 4318, too. Choose another one by --port, or stop that one`,
    );
    taken.close();
    expect(await refusal(["--host", "0.0.0.0"])).toMatch(
      /^otel-error-tree: --host 0\.0\.0\.0 is more than this machine/,
    );
    expect(await refusal(["--host", "192.0.2.1", "--token", "x".repeat(16)])).toBe(
      "otel-error-tree: 192.0.2.1 is no address of this machine",
    );
    expect(await refusal(["--host", "0.0.0.0", "--token", "short"])).toMatch(/at least 16 characters/);
    expect(await refusal(["--slo", join(folder, "none")])).toMatch(/none cannot be read/);
    const slo = join(folder, "slo.yaml");
    writeFileSync(slo, "objectives:\n  a -> b: 95% within soon\n");
    expect(await refusal(["--slo", slo])).toMatch(/slo\.yaml:2:\d+: /);
    expect(await refusal(["--jaeger", "ftp://x"])).toMatch(/expected a URL/);
    expect(await refusal(["--window", "0"])).toMatch(/Expected an integer from 1 to 3600/);
  });

  test("goes on if a file of events is not there", async () => {
    const observatory = start(["--port", "0", "--events", join(folder, "none")]);
    const [, url] = await observatory.prints(/is at (http:\S+)\//);
    await observatory.prints(/none cannot be read: /);
    const picture = (await (await fetch(`${url}/api/picture`)).json()) as Picture;
    expect(picture.doubts.notes).toEqual([expect.stringMatching(/none cannot be read: ENOENT/)]);
    await observatory.stop();
  });

  test("beyond this machine wants its token, from the environment", async () => {
    const token = "a-token-of-enough-characters";
    const observatory = start(["--port", "0", "--host", "0.0.0.0"], {
      env: { ERROR_TREE_OBSERVATORY_TOKEN: token },
    });
    const [, url] = await observatory.prints(/is at (http:\S+)\/, and wants its token/);
    expect(observatory.printed).not.toContain(token);
    expect((await fetch(`${url}/api/picture`)).status).toBe(401);
    expect(
      (await fetch(`${url}/api/picture`, { headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(200);
    await observatory.stop();
  });
});
