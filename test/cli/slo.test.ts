// `otel-error-tree slo`: what it prints, where, and with which exit code.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { loadObjectives } from "../../src/cli/slo/read-file.ts";
import { runCli } from "../support/run-cli.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/quality.yaml", import.meta.url));
const WRONG = "objectives:\n  checkout: 95% within 200ms\n  * -> db: 99.9% succeed\n  a -> b: 95% in 200ms\n";

async function file(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slo-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "quality.yaml");
  await writeFile(path, text);
  return path;
}

describe("slo check", () => {
  test("prints what is expected of which edges", async () => {
    const { code, out, err } = await runCli(["slo", "check", EXAMPLE]);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "user -> shop  95% within 400ms: warn below 96%, fail below 95%, over 5m with 20 requests or more",
      "* -> stock    99% succeed: warn below 99.2%, fail below 99%, over 5m with 20 requests or more",
      "shop -> cart  95% within 200ms: warn below 96%, fail below 95%, over 5m with 20 requests or more",
      "shop -> cart  99.9% succeed: warn below 99.92%, fail below 99.9%, over 5m with 20 requests or more",
      "pay -> *      95% within 800ms: warn below 98%, fail below 90%, over 15m with 100 requests or more",
      "pay -> bank   99% within 2s: warn below 99.2%, fail below 99%, over 5m with 20 requests or more",
      "pay -> risk   none",
    ]);
  });

  test("says all that is wrong by line and column, and prints nothing else", async () => {
    const path = await file(WRONG);
    const { code, out, err } = await runCli(["slo", "check", path]);
    expect([code, out]).toEqual([1, ""]);
    expect(err.split("\n")).toEqual([
      `${path}:2:3: error: expected an edge, as checkout -> payment, got "checkout"`,
      `${path}:3:3: error: a name that begins with * has to stand in quotes, as "* -> db"`,
      `${path}:4:11: error: expected "95% within 200ms", "99.9% succeed" or none, got "95% in 200ms"`,
    ]);
  });

  test("warns of what Prometheus cannot be asked", async () => {
    const path = await file(
      "objectives:\n  a -> b: 95% within 250ms\n  c -> d: 80% succeed\n  e -> f: 100% succeed\n  g -> h: 9% within 1m\n  i -> j: 93.0556% succeed\n",
    );
    const { code, err } = await runCli(["slo", "check", path]);
    expect(code).toBe(0);
    const [buckets, burns, whole, longest, ...more] = err.split("\n");
    expect(buckets).toContain(":2:11: warning: 95% within 250ms: no rules, because");
    expect(buckets).toContain("no bucket that ends at 250ms; the nearest are 200ms and 400ms.");
    expect(burns).toContain(
      ":3:11: warning: 80% succeed: the alert over 1h and 5m is left out, because it asks for a burn rate of 14.4, which no objective of 93.0555% or less can have; the alert over 6h and 30m",
    );
    expect(whole).toContain(":4:11: warning: 100% succeed: no rules, because");
    expect(longest).toContain("the nearest is 15s.");
    expect(more).toEqual([]);
  });

  test.each([
    ["that is not there", join(tmpdir(), "no such file.yaml"), "ENOENT"],
    ["that is a folder", tmpdir(), "EISDIR"],
  ])("of a file %s is exit code 2", async (_, path, reason) => {
    const { code, out, err } = await runCli(["slo", "check", path]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(reason);
  });
});

describe("slo rules", () => {
  test("prints rules as YAML, whose comments say what is missing", async () => {
    const path = await file("objectives:\n  a -> b: 95% within 250ms\n  c -> d: 99% succeed\n");
    const { code, out, err } = await runCli(["slo", "rules", "--selector", '{job="collector"}', path]);
    expect(code).toBe(0);
    expect(err).toContain(":2:11: warning: 95% within 250ms: no rules");
    expect(out).toMatch(
      /^# Made from quality\.yaml by otel-error-tree slo rules: .*\n# Line 2: 95% within 250ms: no rules/,
    );
    const { groups } = parse(out) as { groups: { rules: Record<string, unknown>[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.filter((rule) => "alert" in rule).map(({ alert, labels }) => ({ alert, labels }))).toEqual([
      { alert: "ObjectiveBurnsFast", labels: { severity: "page", edge: "c -> d", objective: "99% succeed" } },
      {
        alert: "ObjectiveBurnsSlowly",
        labels: { severity: "ticket", edge: "c -> d", objective: "99% succeed" },
      },
    ]);
    const raw = rules.flatMap(
      ({ expr }) => String(expr).match(/traces_service_graph_request_[^[]*\[/g) ?? [],
    );
    expect(raw.length).toBeGreaterThan(0);
    for (const series of raw) expect(series).toContain('{job="collector"}');
  });

  test("prints nothing of a file in which anything is wrong", async () => {
    const { code, out, err } = await runCli(["slo", "rules", await file(WRONG)]);
    expect([code, out]).toEqual([1, ""]);
    expect(err.split("\n")).toHaveLength(3);
  });

  test("of attributes that can have no rules has none", async () => {
    const { code, out } = await runCli(["slo", "rules", await file("objectives:\n  a -> b: none\n")]);
    expect([code, out.split("\n").at(-1)]).toEqual([0, "groups: []"]);
  });

  test.each(["job", 'job="a"} or up{', 'job="a" env="b"', 'job=~"a"b"', "job=a"])(
    "refuses the selector %j",
    async (selector) => {
      const { code, out, err } = await runCli(["slo", "rules", "--selector", selector, EXAMPLE]);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain("expected label matchers");
    },
  );
});

test("a file that is wrong cannot be judged by: all that is wrong is in the error", async () => {
  const path = await file(WRONG);
  await expect(loadObjectives(path)).rejects.toThrow(/:2:3: error: .*\n.*:3:3: error: .*\n.*:4:11: error: /);
  expect((await loadObjectives(EXAMPLE)).windows).toEqual([300, 900]);
});
