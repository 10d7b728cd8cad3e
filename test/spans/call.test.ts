// What kind of call a span is: a step of the program, an undoing, a connection.
import { describe, expect, test } from "vitest";
import { callFacts } from "../../src/spans/call.ts";

const PG = { "db.system.name": "postgresql" };

describe("the effect of a call", () => {
  test.each([
    ["pg.query:ROLLBACK shop", PG, "undoes"],
    ["pg.query:INSERT shop", PG, "acts"],
    ["query", { ...PG, "db.operation.name": "ROLLBACK" }, "undoes"],
    ["query", { ...PG, "db.query.text": "/* route='/x' */ rollback to savepoint a" }, "undoes"],
    ["query", { ...PG, "db.statement": "-- undo\n  ABORT" }, "undoes"],
    ["query", { ...PG, "db.query.text": "SELECT pg_advisory_unlock($1)" }, "undoes"],
    ["query", { ...PG, "db.query.text": "SELECT rollback FROM t" }, "acts"],
    ["redis-DEL", { "db.system.name": "redis" }, "undoes"],
    ["unlink", { "db.system": "redis" }, "undoes"],
    ["DEL", {}, "acts"],
    ["pg-pool.connect", PG, "connects"],
    ["pg.connect", PG, "connects"],
    ["redis-connect", {}, "connects"],
    ["connect", {}, "connects"],
    ["dns.lookup", {}, "connects"],
    ["tcp.connect", {}, "connects"],
    ["tls.connect", {}, "connects"],
    ["GET /connect", {}, "acts"],
    ["", {}, "acts"],
  ])("%j with %j", (name, attributes, effect) => {
    expect(callFacts(name, attributes).effect).toBe(effect);
  });
});

describe("taking back", () => {
  test.each([
    ["DELETE", {}, "delete"],
    ["POST", { "url.full": "http://pay/charges/7/refund" }, "word"],
    ["POST", { "url.full": "http://pay/charges/7/capture" }, undefined],
    ["shop.Orders/CancelOrder", {}, "word"],
    ["send orders.dlq", {}, "word"],
    ["send", { "messaging.destination.name": "orders-dead-letter" }, "word"],
    ["pg.query:DELETE shop", PG, "delete"],
    ["GET", { "http.request.method": "GET", "url.full": "http://pay/refunds" }, undefined],
    ["pg.query:SELECT refunds", PG, undefined],
    ["POST", { "url.full": "http://x/avoid/released-notes" }, undefined],
  ])("%j with %j", (name, attributes, how) => {
    expect(callFacts(name, attributes).takesBack).toBe(how);
  });
});

test("calls of one operation at one place have one target, whatever their query", () => {
  const at = (url: string) => callFacts("GET", { "http.request.method": "GET", "url.full": url }).target;
  expect(at("http://a/x?y=1")).toBe(at("http://a/x?y=2"));
  expect(at("http://a/x")).not.toBe(at("http://b/x"));
  expect(at("http://a/x")).not.toBe(at("http://a/z"));
  expect(callFacts("GET", {}).target).toBeUndefined();
});
