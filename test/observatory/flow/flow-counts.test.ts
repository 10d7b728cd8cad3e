// Whose edge a request is on: names that both ends agree on, bounds, and what an address is remembered for.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FlowCounts } from "../../../src/observatory/flow/flow-counts.ts";
import { nameOf, SERVICE_CHARS } from "../../../src/observatory/flow/names.ts";
import { Peers } from "../../../src/observatory/flow/peers.ts";
import { serviceNameOf } from "../../../src/spans/service-name.ts";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import { askSuffix, formatAsk, parseAsk } from "../../../src/wire/header.ts";
import type { Answer } from "../../../src/wire/messages.ts";

const ID = "00f067aa0ba902b7";

function countsOf(service = "shop", bounds = {}): FlowCounts {
  const counts = new FlowCounts(bounds);
  counts.isFor(service);
  return counts;
}

function keysOf(counts: FlowCounts): string[] {
  return [...counts.edges()].map(
    ({ key: { client, server, connectionType } }) => `${client} -> ${server} (${connectionType})`,
  );
}

/** Without the characters that are escaped on the way, and count twice there. */
const NAME = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 90 })
  .filter((name) => !/["\\]/.test(name));

describe("names", () => {
  test("caller and callee give one edge the same name, however long their names are", () => {
    fc.assert(
      fc.property(NAME, NAME, (caller, callee) => {
        const ask = parseAsk(formatAsk(ID, askSuffix(caller)));
        const there = countsOf(callee);
        there.fromService(ask?.from ?? "", false);

        const codec = createAnswerCodec();
        const answer: Answer = { service: callee, code: "ok", exported: false };
        const room = { treeBytes: 1024, minimalBytes: 64 };
        const { value = "" } = codec.encode(answer, { id: ID, json: false }, room) ?? {};
        const read = codec.decode(value, ID, "GET") as Answer;
        const here = countsOf(caller);
        here.toService(read.service, {}, false);

        expect(keysOf(here)).toEqual(keysOf(there));
      }),
    );
  });

  test("a service whose name is blank is unknown, whoever says so", () => {
    for (const blank of ["", "  ", "\t\n"]) {
      expect(serviceNameOf({ attributes: { "service.name": blank } })).toBeUndefined();
      const counts = countsOf(blank);
      counts.fromService(" ", false);
      counts.toService(blank, {}, false);
      expect(keysOf(counts)).toEqual(["unknown_service -> unknown_service ()"]);
    }
  });

  test("a name that a failing answer had no room for is the one that was heard before", () => {
    const counts = countsOf();
    const at = { "server.address": "pay" };
    const edge = counts.toService("payment-of-everything", at, false);
    expect(counts.toService("payment-of", at, true)).toBe(edge);
    expect(counts.toService("unknown_service", at, true)).toBe(edge);
    expect(counts.toService("payment-of", at, false)).not.toBe(edge);
  });

  test("no name is longer than its bound, or has characters that are not printed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(nameOf(text, SERVICE_CHARS)).toMatch(/^[ -~]{0,35}$/);
        const peer = new Peers().of({ "server.address": text, "server.port": 8080 });
        expect(peer?.name ?? "").toMatch(/^[ -~]{0,64}$/);
      }),
    );
  });

  test.each([
    [{ "server.address": "::1", "server.port": 8080 }, "[::1]:8080"],
    [{ "server.address": "api.example.com", "server.port": 443 }, "api.example.com"],
    [{ "net.peer.name": "old", "net.peer.port": 3000 }, "old:3000"],
    [{ "url.full": "https://api.example.com/secret" }, undefined],
    [{ "server.address": 7 }, undefined],
    [{ "db.system": "mysql", "db.name": "shop" }, "mysql/shop"],
    [{ "db.system.name": "mongodb" }, "mongodb"],
    [{ "db.system.name": "postgresql", "peer.service": "ledger" }, "postgresql/ledger"],
    [
      {
        "messaging.system": "nats",
        "messaging.destination.name": "a.17",
        "messaging.destination.template": "a.{id}",
      },
      "nats/a.{id}",
    ],
    [
      {
        "messaging.system": "kafka",
        "messaging.destination.name": "a",
        "messaging.destination.temporary": true,
      },
      "kafka",
    ],
    [
      {
        "messaging.system": "rabbitmq",
        "messaging.destination": "",
        "messaging.rabbitmq.routing_key": "jobs",
      },
      "rabbitmq/jobs",
    ],
  ] as const)("%j is %s", (attributes, name) => {
    expect(new Peers().of(attributes)?.name).toBe(name);
  });
});

describe("bounds", () => {
  test("what has no room is one edge for each direction, and nothing is lost", () => {
    const counts = countsOf("shop", { edges: { caller: 3, callee: 0, program: 0 } });
    for (let i = 0; i < 10; i++) counts.fromService(`caller-${i}`, false).requests++;
    for (let i = 0; i < 10; i++) counts.toService(`callee-${i}`, {}, false).client.add(1);
    expect(keysOf(counts)).toEqual([
      "caller-0 -> shop ()",
      "caller-1 -> shop ()",
      "caller-2 -> shop ()",
      "other -> shop (virtual_node)",
      "shop -> other (virtual_node)",
    ]);
    expect([...counts.edges()].map(({ counts: { requests, client } }) => requests + client.count)).toEqual([
      1, 1, 1, 7, 10,
    ]);
  });

  test("callers and callees that invent names take no room of others, nor do hosts that users name; the sums are true", () => {
    const counts = countsOf();
    for (let i = 0; i < 10_000; i++) {
      counts.fromService(`invented-${i}`, i % 2 === 0).requests++;
      counts.toService(`invented-${i}`, { "server.address": "evil" }, false).client.add(1);
      const peer = counts.peerOf({ "server.address": `host-${i}` });
      if (peer !== undefined && i < 5_000) counts.toPeer(peer).requests++;
    }
    const edges = [...counts.edges()];
    expect(edges.length).toBeLessThanOrEqual(500 + 2);
    const into = edges.filter(({ key }) => key.server === "shop");
    const out = edges.filter(({ key }) => key.client === "shop");
    const sum = (all: typeof edges, count: (one: (typeof edges)[number]) => number): number =>
      all.reduce((so, one) => so + count(one), 0);
    expect(sum(into, (one) => one.counts.requests)).toBe(10_000);
    expect(sum(out, (one) => one.counts.requests)).toBe(5_000);
    expect(sum(out, (one) => one.counts.client.count)).toBe(10_000);
    expect(into).toHaveLength(201);
    // Whoever is called, and comes in, by other names than invented ones.
    const calls = countsOf();
    for (let i = 0; i < 10_000; i++) calls.fromService(`invented-${i}`, false);
    calls.fromUnknown({}, false);
    calls.toService("payment", { "server.address": "pay" }, false);
    const db = calls.peerOf({ "db.system.name": "postgresql", "db.namespace": "orders" });
    if (db !== undefined) calls.toPeer(db);
    expect(keysOf(calls).slice(-3)).toEqual([
      "user -> shop (virtual_node)",
      "shop -> payment ()",
      "shop -> postgresql/orders (database)",
    ]);
  });

  test("more addresses than are remembered are forgotten, and their edges stay", () => {
    const counts = countsOf("shop", { peers: 2 });
    for (let i = 0; i < 10; i++) {
      const peer = counts.peerOf({ "server.address": `host-${i % 5}` });
      if (peer !== undefined) counts.toPeer(peer).requests++;
    }
    expect(keysOf(counts)).toHaveLength(5);
    expect([...counts.edges()].map(({ counts: { requests } }) => requests)).toEqual([2, 2, 2, 2, 2]);
  });

  test("a service whose name becomes known later counts under that name from then on", () => {
    const counts = countsOf("unknown_service");
    counts.fromService("caller", false).requests++;
    counts.isFor("shop");
    counts.fromService("caller", false).requests++;
    expect(keysOf(counts)).toEqual(["caller -> unknown_service ()", "caller -> shop ()"]);
  });
});
