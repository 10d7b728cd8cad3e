// The lab as a person runs it, from the first line to the last process.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../../examples/lab/lab.ts";
import { type Receiver, startReceiver } from "../../examples/lab/receiver.ts";
import { parseTopology, readTopology } from "../../examples/lab/topology.ts";
import { endOf, runLab, startLabProcess } from "../support/lab-process.ts";

const TIMEOUT_MS = 60_000;
const SEED = new URL("../../examples/lab/topologies/seed.yaml", import.meta.url).pathname;

describe("npm run lab -- --once", { timeout: TIMEOUT_MS }, () => {
  test("prints the causal chain of the three runs and what was exported, and exits 0", async () => {
    const { exitCode, output, problems } = await runLab("--once", "--port", "0");
    expect(problems).toBe("");
    const [, failClose, failOpen, success] = output.split("── ");
    expect(failClose).toMatch(/^fail-close {2}HTTP 404, verdict failed\n/);
    expect(chainOf(failClose)).toEqual([
      "failed: root GET not-found: Error: an upstream dependency failed in service root",
      "└─ service-b GET not-found: Error: an upstream dependency failed in service service-b  [drift permission-denied -> not-found]",
      "└─ service-e GET permission-denied: Error: an error occurred in service service-e  <- root cause",
    ]);
    expect(failClose).toMatch(/exported: 6 spans \(.*\), all with the sampled flag, trace [0-9a-f]{32}/);
    expect(failOpen).toMatch(/^fail-open {2}HTTP 200, verdict handled\n/);
    expect(chainOf(failOpen)).toEqual([
      "handled: root GET ok  [handled]",
      "└─ service-b GET not-found: Error: an upstream dependency failed in service service-b  [drift permission-denied -> not-found]",
      "└─ service-e GET permission-denied: Error: an error occurred in service service-e  <- root cause",
    ]);
    expect(success).toMatch(/^success {2}HTTP 200, verdict ok\nexported: nothing\n/);
    expect(output).toContain("3 of 3 runs were as expected.");
    expect(exitCode).toBe(0);
  });

  test("another topology is compared with what its services say they did", async () => {
    const seven = SEED.replace("seed.yaml", "seven.yaml");
    const { exitCode, output, problems } = await runLab("--once", "--port", "0", "--topology", seven);
    expect(problems).toBe("");
    expect(output).toContain("3 of 3 runs were as expected.");
    expect(exitCode).toBe(0);
  });
});

test("codes without an HTTP status reach the tree all the same", { timeout: TIMEOUT_MS }, async () => {
  const service = (code: string): string => `{ port: 0, shouldFail: true, errorType: ${code} }`;
  const text = `{ root: r, services: { r: { port: 0, downstreams: [a, d, u] },
    a: ${service("aborted")}, d: ${service("data-loss")}, u: ${service("unknown")} } }`;
  const lab = await startLab(parseTopology(text, "codes.yaml"));
  try {
    const { status, tree } = await lab.ask("codes");
    expect([status, tree?.root.code]).toEqual([200, "aborted"]);
    expect(tree?.root.children.map(({ service, code }) => `${service} ${code}`).sort()).toEqual([
      "a aborted",
      "d data-loss",
      "u unknown",
    ]);
  } finally {
    await lab.stop();
  }
});

test("a tree that is not the expected one is reported and gives exit code 1", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { exitCode, output, problems } = await runLab("--once", "--port", "0", "--header-bytes", "64");
  expect(problems).toContain("lab: fail-close: root > service-b: missing");
  expect(output).toContain("1 of 3 runs were as expected.");
  expect(exitCode).toBe(1);
});

describe("npm run lab", { timeout: TIMEOUT_MS }, () => {
  test("stays up for curl until it is interrupted, and leaves no process behind", async () => {
    const lab = startLabProcess("--port", "0");
    const [, url] = await lab.prints(/root +(http:\S+).*Try:.*x-error-bypass/s);
    const response = await fetch(url as string, { headers: { "x-error-tree": "v=1, f=json" } });
    const tree = JSON.parse(response.headers.get("x-error-tree") ?? "") as Record<string, unknown>;
    expect(tree).toMatchObject({
      service: "root",
      status: "error",
      code: "not-found",
      error: "an upstream dependency failed in service root",
      forced: true,
      children: [
        {
          service: "service-b",
          drift: ["permission-denied"],
          error: "an upstream dependency failed in service service-b",
          children: [{ service: "service-e", code: "permission-denied", children: [] }],
        },
      ],
    });
    lab.signal("SIGINT");
    expect((await endOf(lab)).exitCode).toBe(0);
  });

  test("its observatory, named in the first line, has every edge of the lab and the requests that failed", async () => {
    const lab = startLabProcess("--port", "0", "--load", "20");
    const [, url] = await lab.prints(/^observatory: (http:\S+)/);
    await lab.prints(/Try:/);
    const get = async (path: string) => (await fetch(`${url}${path}`)).json();
    const pairs = async () => {
      const { edges } = (await get("/api/picture?last=60")) as {
        edges: { client: string; server: string }[];
      };
      return edges.map(({ client, server }) => `${client} ${server}`).toSorted();
    };
    const calls = ["root service-a", "root service-b", "service-a service-c", "service-a service-d"];
    await expect
      .poll(pairs, { timeout: TIMEOUT_MS / 2 })
      .toEqual([...calls, "service-b service-e", "user root"]);
    await expect
      .poll(() => get("/api/failures"), { timeout: TIMEOUT_MS / 2 })
      .toContainEqual(expect.objectContaining({ service: "root", drift: "permission-denied -> not-found" }));
    lab.signal("SIGINT");
    expect((await endOf(lab)).exitCode).toBe(0);
  });

  test("a service that is killed stops the lab with its name", async () => {
    const lab = startLabProcess("--port", "0");
    const [, pid] = await lab.prints(/service-c +\S+ +\(process (\d+)\).*Try:/s);
    process.kill(Number(pid), "SIGKILL");
    const { exitCode, problems } = await endOf(lab);
    expect(problems).toBe("lab: service-c stopped by itself: SIGKILL\n");
    expect(exitCode).toBe(1);
  });
});

describe("the lab says what is wrong and stops everything", { timeout: TIMEOUT_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), "lab-test-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("a port in use is named with its service", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const file = join(folder, "one.yaml");
    writeFileSync(file, `root: alone\nservices: { alone: { port: ${port} } }\n`);
    const { exitCode, problems } = await runLab("--once", "--topology", file);
    server.close();
    expect(problems).toContain(`alone: port ${port} on 127.0.0.1 is already in use`);
    expect(problems).toContain("lab: alone stopped by itself: exit code 1");
    expect(exitCode).toBe(1);
  });

  test("a bad topology is named with its key", async () => {
    const file = join(folder, "bad.yaml");
    writeFileSync(file, "root: a\nservices: { a: { port: 1, downstreams: [b] } }\n");
    const { exitCode, problems } = await runLab("--once", "--topology", file);
    expect(problems).toBe(
      "lab: bad.yaml: services.a.downstreams[0] must be the name of a service of this file (a); got b\n",
    );
    expect(exitCode).toBe(1);
  });

  test.each([
    ["--twice", "Unknown option '--twice'"],
    ["--observatory-port=0", "--observatory-port is for the observatory, which is not there with --once"],
    ["--load=-1", '--load must be a whole number from 0 to 1000, got "-1"'],
    ["--port=eighty", '--port must be a whole number from 0 to 65535, got "eighty"'],
    ["--topology=no-such-file.yaml", "cannot read the topology no-such-file.yaml"],
  ])("%s is refused", async (option, problem) => {
    const { exitCode, problems } = await runLab("--once", option);
    expect(problems).toContain(problem);
    expect(exitCode).toBe(1);
  });

  test("--help prints every option", async () => {
    const { exitCode, output } = await runLab("--help");
    expect(output).toMatch(
      /--once.*--load.*--observatory-port.*--no-observatory.*--topology.*--port.*--receiver-port.*--header-bytes/s,
    );
    expect(exitCode).toBe(0);
  });
});

describe("the receiver after the services have sent all they had", { timeout: TIMEOUT_MS }, () => {
  let receiver: Receiver;
  let lab: Lab;
  beforeAll(async () => {
    receiver = await startReceiver();
    lab = await startLab(readTopology(SEED), { basePort: 0, backend: receiver });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await lab.stop();
    await receiver.close();
  });

  test("1,000 successful requests leave nothing, one failed request leaves the failing path", async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      statuses.add((await lab.ask(`success-${i}`, { "x-error-bypass": "true" })).status);
    }
    const { traceId } = await lab.ask("failure");
    await lab.stop();
    expect(statuses).toEqual(new Set([200]));
    expect(receiver.spanCount).toBe(6);
    const spans = receiver.spansOf(traceId);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(["root", "service-b", "service-e"]));
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(
      spans.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? "")).map(({ service }) => service),
    ).toEqual(["root"]);
  });
});

/** The lines of a tree without its frames and without the indentation. */
function chainOf(report: string | undefined): string[] {
  const lines = (report ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => /^(?:failed|handled|rejected): |^[├└]─ /.test(line));
}
