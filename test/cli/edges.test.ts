// Spans that share an id, parents that are not there, and clocks that differ: what stands beneath what.
import { describe, expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";

const TRACE = "5af7183fb1d4cf5f";

interface ZipkinSpan {
  readonly id: string;
  readonly service: string;
  readonly [member: string]: unknown;
}

function zipkin(spans: readonly ZipkinSpan[]): string {
  return JSON.stringify(
    spans.map(({ service, ...span }) => ({
      traceId: TRACE,
      name: `${service} work`,
      timestamp: 1_800_000_000_000_000,
      duration: 1000,
      localEndpoint: { serviceName: service },
      ...span,
    })),
  );
}

interface Node {
  readonly service: string;
  readonly spanId: string;
  readonly code: string;
  readonly children: readonly Node[];
}

async function rendered(spans: readonly ZipkinSpan[], ...args: readonly string[]) {
  const { code, out, err } = await runCli(["render", "-f", "json", ...args], zipkin(spans));
  return { code, err, trees: code === 0 ? (JSON.parse(out) as { verdict: string; root: Node }[]) : [] };
}

/** `service id[children]` of each node. */
function shape({ service, spanId, children }: Node): string {
  return `${service} ${spanId}${children.length === 0 ? "" : `[${children.map(shape).join(", ")}]`}`;
}

const A = "00000000000000aa";
const B = "00000000000000bb";
const C = "00000000000000cc";
const error = { tags: { error: "boom" } };

describe("spans that share an id are all there", () => {
  const client = { id: B, parentId: A, service: "shop", kind: "CLIENT", ...error };
  const server = { id: B, parentId: A, service: "payment", kind: "SERVER", shared: true, ...error };
  const root = { id: A, service: "shop", kind: "SERVER", ...error };
  const beneath = { id: C, parentId: B, service: "payment", kind: "CLIENT", ...error };

  test("in any order, the callee beneath the caller, and what it called beneath the callee", async () => {
    for (const spans of [
      [root, client, server, beneath],
      [beneath, server, client, root],
      [server, beneath, root, client],
    ]) {
      const { trees, err } = await rendered(spans);
      expect(trees.map((tree) => shape(tree.root))).toEqual([`shop ${A}[payment ${B}[payment ${C}]]`]);
      expect(err).toBe("");
      const every = await rendered(spans, "--every-span");
      expect(every.trees.map((tree) => shape(tree.root))).toEqual([
        `shop ${A}[shop ${B}[payment ${B}[payment ${C}]]]`,
      ]);
    }
  });

  test("an inner span of the caller stands beneath the caller's side", async () => {
    const inner = { id: C, parentId: B, service: "shop", ...error };
    const { trees } = await rendered([root, client, { ...server, tags: {} }, inner], "--every-span");
    expect(trees.map((tree) => shape(tree.root))).toEqual([`shop ${A}[shop ${B}[shop ${C}]]`]);
  });

  test("without kinds the service that began first is the caller", async () => {
    const older = [
      { id: B, parentId: A, service: "payment", timestamp: 1_800_000_000_000_200, duration: 500, ...error },
      { id: B, parentId: A, service: "shop", ...error },
    ];
    const { trees } = await rendered([root, ...older], "--every-span");
    expect(trees.map((tree) => shape(tree.root))).toEqual([`shop ${A}[shop ${B}[payment ${B}]]`]);
  });

  test("two records of one side are still one span", async () => {
    const { trees } = await rendered([root, client, client, server, server]);
    expect(trees.map((tree) => shape(tree.root))).toEqual([`shop ${A}[payment ${B}]`]);
  });
});

describe("a parent that was not read", () => {
  const child = (id: string, service: string, tags: object) => ({
    id,
    parentId: A,
    service,
    kind: "SERVER",
    tags,
  });

  test("is said, and has its children beneath one placeholder", async () => {
    const spans = [child(B, "shop", { error: "a" }), child(C, "payment", { error: "b" })];
    const { trees, err } = await rendered(spans);
    expect(trees).toHaveLength(1);
    expect(trees[0]?.verdict).toBe("failed");
    expect(shape((trees[0] as { root: Node }).root)).toBe(`(not read) ${A}[payment ${C}, shop ${B}]`);
    expect(err).toBe(`trace ${TRACE}: parent ${A} is not in what was read: 2 failures stand beneath it`);
    const every = await rendered(spans, "--every-span");
    expect(every.trees).toHaveLength(1);
  });

  test("has the code that all its children have, else none that would speak for one of them", async () => {
    const statuses = (b: string, c: string) => [
      child(B, "shop", { "http.status_code": b }),
      child(C, "payment", { "http.status_code": c }),
    ];
    const same = await rendered(statuses("404", "404"));
    expect(same.trees).toMatchObject([{ verdict: "rejected", root: { code: "not-found" } }]);
    const { trees } = await rendered(statuses("404", "403"));
    expect(trees).toMatchObject([{ verdict: "failed", root: { code: "unknown" } }]);
    expect(JSON.stringify(trees)).not.toContain("survived");
  });

  test("needs no placeholder for one child, but is said", async () => {
    const { trees, err } = await rendered([child(B, "shop", { error: "a" }), child(C, "payment", {})]);
    expect(trees.map((tree) => shape(tree.root))).toEqual([`shop ${B}`]);
    expect(err).toBe(`trace ${TRACE}: parent ${A} is not in what was read`);
  });

  test("is said a few times, then counted", async () => {
    const spans = Array.from({ length: 10 }, (_, i) => ({
      ...child(`${i + 10}`.padStart(16, "0"), "shop", { error: "a" }),
      parentId: `${i + 50}`.padStart(16, "0"),
    }));
    const { err } = await rendered(spans);
    expect(err.split("\n")).toHaveLength(4);
    expect(err).toContain("7 more parents are not in what was read");
  });
});

describe("clocks that differ", () => {
  const call = { id: A, service: "shop", kind: "CLIENT", tags: { "http.status_code": "200" } };
  const served = (timestamp: number) => ({
    id: B,
    parentId: A,
    service: "payment",
    kind: "SERVER",
    timestamp,
    ...error,
  });

  test("are said if a callee began before its call, or after the call was answered", async () => {
    const behind = await rendered([call, served(1_799_999_995_000_000)]);
    expect(behind.err).toBe(
      `trace ${TRACE}: clocks differ: the one of payment is at least 5.00 s behind the one of shop`,
    );
    const ahead = await rendered([call, served(1_800_000_003_001_000)]);
    expect(ahead.err).toBe(
      `trace ${TRACE}: clocks differ: the one of payment is at least 3.00 s ahead of the one of shop`,
    );
  });

  test("cannot be told from a callee that began after its caller gave up, or from times that are missing", async () => {
    const gaveUp = await rendered([{ ...call, tags: { error: "timeout" } }, served(1_800_000_003_001_000)]);
    expect(gaveUp.err).toBe("");
    const timeless = await rendered([call, { ...served(0), duration: undefined }]);
    expect(timeless.err).toBe("");
  });
});
