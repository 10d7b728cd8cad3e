// The demo: its services fail in every way that it offers, it prints what came of it, and it ends.
import { once } from "node:events";
import http from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAULTS } from "../../src/cli/demo/faults.ts";
import { placeOrder } from "../../src/cli/demo/order.ts";
import { type Services, startServices } from "../../src/cli/demo/services.ts";
import { rootCauseOf, verdictOf } from "../../src/tree/tree.ts";
import { runCli } from "../support/run-cli.ts";

describe("each fault", () => {
  let services: Services;
  beforeAll(async () => {
    services = await startServices();
  });
  afterAll(() => services.stop());

  const order = (fault: string, asks = true) => placeOrder(`${services.url}?fault=${fault}`, { asks });

  test.each([
    ["password", 500, "failed", "bank", "permission-denied"],
    ["bug", 500, "failed", "payment", "internal"],
    ["slow", 500, "failed", "payment", "deadline-exceeded"],
    ["refused", 500, "failed", "payment", "unavailable"],
    ["declined", 412, "rejected", "bank", "failed-precondition"],
    ["mail", 200, "handled", "checkout", "unavailable"],
    ["hidden", 200, "failed", "checkout", "internal"],
    ["none", 200, "ok", undefined, undefined],
  ])("%s: %s, %s, because of %s %s", async (fault, status, verdict, service, code) => {
    const { status: seen, tree } = await order(fault);
    const cause = tree && rootCauseOf(tree.root).node;
    const judged = tree === undefined ? "ok" : verdictOf(tree.root);
    expect([Number.parseInt(seen, 10), judged, cause?.service, cause?.code]).toEqual([
      status,
      verdict,
      service,
      code,
    ]);
  });

  test("has a row here", () => {
    expect(FAULTS).toHaveLength(8);
  });

  test("is told to nobody who does not ask", async () => {
    expect(await order("password", false)).toEqual({
      status: "500 Internal Server Error",
      body: '{"error":"Internal Server Error"}',
      field: undefined,
      tree: undefined,
    });
  });

  test.each(["//", "http://[/", "//x:y/?fault=password", "/?%"])(
    "is not met by the request target %s, which is answered all the same",
    async (path) => {
      const request = http.request(services.url, { method: "POST", path, agent: false }).end();
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(path.includes("password") ? 500 : 200);
      expect((await order("none")).status).toMatch(/^200/);
    },
  );

  test("keeps the password of the database to itself, and names lines of the services", async () => {
    const { field } = await order("password");
    expect(field).toContain("login refused: postgres://[redacted]@ledger.internal:5432/accounts");
    expect(field).not.toContain("tr0ub4dor");
    expect(field).toMatch(/"openLedger \([^"]*bank\.[jt]s:\d+:\d+\)"/);
  });
});

test("it prints the failure, the tree, and what is left of many, in colour only if that is wanted", async () => {
  const plain = await runCli(["demo"]);
  expect([plain.code, plain.err]).toEqual([0, ""]);
  const { out } = plain;
  expect(out).not.toContain("\u001b");
  expect(out.indexOf("HTTP/1.1 500 Internal Server Error")).toBeLessThan(out.indexOf("FAILED  trace "));
  expect(out).toContain("[drift permission-denied -> unavailable]");
  const [, failed, trees] = /: (\d+) failed, and (\d+) answers had their tree/.exec(out) ?? [];
  expect(Number(failed)).toBeGreaterThan(10);
  expect(trees).toBe(failed);
  const [, all, kept, lost] = /of all (\d+) traces .* has kept (\d+); (\d+) failures/.exec(out) ?? [];
  expect(Number(all)).toBe(Number(failed) + 2);
  expect(Number(lost)).toBe(Number(all) - Number(kept));
  const [, represented] = /which stand for (\d+) failed orders/.exec(out) ?? [];
  expect(represented).toBe(all);
  expect((await runCli(["demo", "--color"])).out).toContain("\u001b");
});
