import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Exchange } from "../../src/exchange.ts";
import { ExchangeSlots } from "../../src/transports/exchange-slot.ts";

function exchange(): Exchange {
  return {
    ask: undefined,
    fragment: undefined,
    first: undefined,
    responseEnd: () => "open",
    release: () => {},
  };
}

describe("exchanges kept on objects of others", () => {
  it("are found by the object, and by no other", () => {
    const slots = new ExchangeSlots();
    const [request, other, kept] = [{}, {}, exchange()];
    slots.set(request, kept);
    expect(slots.get(request)).toBe(kept);
    expect(slots.get(other)).toBeUndefined();
  });

  it("are replaced by a later one", () => {
    const slots = new ExchangeSlots();
    const request = {};
    const [first, second] = [exchange(), exchange()];
    slots.set(request, first);
    slots.set(request, second);
    expect(slots.get(request)).toBe(second);
  });

  it("of two set-ups do not meet, whoever comes first", () => {
    const [ours, theirs] = [new ExchangeSlots(), new ExchangeSlots()];
    const request = {};
    const [first, second] = [exchange(), exchange()];
    ours.set(request, first);
    expect(theirs.get(request)).toBeUndefined();
    theirs.set(request, second);
    expect(ours.get(request)).toBe(first);
    expect(theirs.get(request)).toBe(second);
  });

  it.each([
    ["frozen", Object.freeze({ host: "a" })],
    ["without a prototype", Object.create(null) as object],
    ["a proxy", new Proxy({}, {})],
    ["a proxy that refuses everything", new Proxy({}, { defineProperty: () => false, set: () => false })],
  ])("are kept on an object that is %s", (_, object) => {
    const slots = new ExchangeSlots();
    const kept = exchange();
    slots.set(object, kept);
    expect(slots.get(object)).toBe(kept);
  });

  it("show on nothing that a program does with the object", () => {
    const slots = new ExchangeSlots();
    const headers = { host: "shop" };
    slots.set(headers, exchange());
    expect(Reflect.ownKeys(headers)).toEqual(["host"]);
    expect(JSON.stringify(headers)).toBe('{"host":"shop"}');
    expect(inspect(headers, { showHidden: true })).toBe("{ host: 'shop' }");
    expect(slots.get({ ...headers })).toBeUndefined();
    expect(slots.get(structuredClone(headers))).toBeUndefined();
  });
});
