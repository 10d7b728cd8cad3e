// What the log says: why an ask was refused, with the remedy, and at the start who is answered.
import { describe, expect, test } from "vitest";
import { KeyRing, WINDOW_MS } from "../../src/trust/key-ring.ts";
import { secretsOf } from "../../src/trust/secrets.ts";
import type { Trust } from "../../src/trust/trust.ts";
import type { Ask } from "../../src/wire/messages.ts";
import { requestFrom, trusting } from "../support/trust.ts";

const ID = "00f067aa0ba902b7";
const ASK: Ask = { id: ID, from: "checkout", json: false };
const CLOCK = { now: (): number => 1_700_000_000_000 };
const SECRET = "k1:0123456789abcdef0123456789abcdef";

type Fields = NonNullable<Parameters<typeof requestFrom>[1]>;

function keyRing(...texts: string[]): KeyRing {
  return new KeyRing(secretsOf(texts), CLOCK);
}

function keyed(key: string): Ask {
  return { ...ASK, key };
}

/** The first remedy that the log would tell. */
function remedy(trust: Trust, peer: string | undefined, headers: Fields, ask: Ask): string {
  const request = requestFrom(peer, headers);
  const refusal = trust.refusal(request, ask);
  if (refusal === undefined) throw new Error("the ask was not refused");
  return trust.remedy(refusal, request, ask) as string;
}

describe("the remedy", () => {
  const keys = keyRing(SECRET, "k2:fedcba9876543210fedcba9876543210");
  const stranger = keyRing("k1:an entirely other one".replaceAll(" ", "-").padEnd(40, "x"));
  const bySecret = trusting(undefined, [], keys);

  test("names who asked, quoted, and is told once for each reason", () => {
    const trust = trusting(undefined);
    const ask = { ...ASK, from: 'a"b' };
    expect(trust.remedy("no-rule", requestFrom("10.0.0.7"), ask)).toMatch(
      /^an ask for an error tree by 10\.0\.0\.7, which calls itself "a\\"b", was refused: nobody is trusted; /,
    );
    expect(trust.remedy("no-rule", requestFrom("10.0.0.8"), ask)).toBeUndefined();
    expect(trust.remedy("address", requestFrom(undefined), { json: true })).toMatch(
      /^an ask for an error tree by a peer without an address was refused: /,
    );
  });

  test.each<[string, Trust, string | undefined, Fields, Ask, RegExp]>([
    [
      "nothing set",
      trusting(undefined),
      "127.0.0.1",
      {},
      ASK,
      /: nobody is trusted; .*OTEL_ERROR_TREE_SECRET.*trust: "loopback"[^(]*$/,
    ],
    [
      "nothing set, and a token",
      trusting(undefined),
      "127.0.0.1",
      {},
      keyed("k1:x"),
      /: nobody is trusted; .*no secret is set here\)$/,
    ],
    ["no token", bySecret, "127.0.0.1", {}, ASK, /: it carries no token.*OTEL_ERROR_TREE_SECRET/],
    ["no key", bySecret, "127.0.0.1", {}, keyed("k1"), /: its key is not made of key id and token/],
    [
      "another key id",
      bySecret,
      "127.0.0.1",
      {},
      keyed(`k"3:${"A".repeat(22)}`),
      /: its key id "k\\"3" is none of those set here \("k1" or "k2"\)/,
    ],
    [
      "a long key id",
      trusting(undefined, [], keys),
      "127.0.0.1",
      {},
      keyed(`${"z".repeat(200)}:${"A".repeat(22)}`),
      /: its key id "z{16}" is none/,
    ],
    [
      "another secret",
      bySecret,
      "127.0.0.1",
      {},
      keyed(stranger.signed()),
      /: its token was not made with the secret of key id "k1" that is set here/,
    ],
    ["a stranger", trusting("loopback"), "10.0.0.1", {}, ASK, /: the peer 10\.0\.0\.1 is not on this host; /],
    [
      "a stranger with a token",
      trusting("private"),
      "8.8.8.8",
      {},
      keyed("k1:x"),
      /: the peer 8\.8\.8\.8 is not at a private address; .*no secret is set here\)$/,
    ],
    [
      "a stranger without a token",
      trusting("loopback", ["10.1.0.0/16"], keys),
      undefined,
      {},
      ASK,
      /: the peer without an address is not on this host or in 10\.1\.0\.0\/16; .*carries no token/,
    ],
    [
      "a proxy",
      trusting("loopback"),
      "127.0.0.1",
      { "x-forwarded-for": "8.8.8.8" },
      ASK,
      /: the request came through a proxy \(x-forwarded-for\)/,
    ],
    [
      "a proxy with a long name",
      trusting("loopback"),
      "127.0.0.1",
      { [`X-Forwarded-${"x".repeat(200)}`]: "8.8.8.8" },
      ASK,
      /: the request came through a proxy \(X-Forwarded-x{52}\)/,
    ],
    [
      "a page in a browser",
      trusting("loopback"),
      "127.0.0.1",
      { Origin: "http://evil.example" },
      ASK,
      /: the request was sent by a browser \(Origin\), and any web page can have it sent; .*OTEL_ERROR_TREE_SECRET/,
    ],
    [
      "another host",
      trusting("loopback"),
      "127.0.0.1",
      { host: `evil"\n.example${"x".repeat(100)}` },
      ASK,
      /: its Host is "evil\\"\\n\.examplex{50}", and an address counts only .*, or name the host in askHosts$/,
    ],
    ["no host", trusting("loopback"), "127.0.0.1", { host: [] }, ASK, /: it names no host, and /],
    [
      "two hosts",
      trusting("loopback"),
      "127.0.0.1",
      { host: ["shop", "shop"] },
      ASK,
      /: it names several hosts, and /,
    ],
    [
      "too many fields",
      trusting("loopback"),
      "127.0.0.1",
      { a: Array.from({ length: 999 }, () => "1") },
      ASK,
      /: the request has 1000 fields, and some may be missing; .*OTEL_ERROR_TREE_SECRET/,
    ],
  ])("for %s", (_, trust, peer, headers, ask, expected) => {
    expect(remedy(trust, peer, headers, ask)).toMatch(expected);
  });

  test.each([
    [-2, "is about 10 minutes old"],
    [-23, "is about 115 minutes old"],
    [-288, "is about 24.0 hours old"],
    [2, "is made for about 10 minutes from now"],
    [30, "is made for about 2.5 hours from now"],
  ])("for a token of %s windows from now says that it %s", (windows, expected) => {
    const asker = new KeyRing(secretsOf(SECRET), { now: () => CLOCK.now() + windows * WINDOW_MS });
    const trust = trusting(undefined, [], keys);
    expect(remedy(trust, "10.0.0.1", {}, keyed(asker.signed()))).toContain(`its token ${expected}: `);
  });

  test("for a token of more than a day ago does not tell how old it is", () => {
    const asker = new KeyRing(secretsOf(SECRET), { now: () => CLOCK.now() - 289 * WINDOW_MS });
    expect(remedy(trusting(undefined, [], keys), "10.0.0.1", {}, keyed(asker.signed()))).toMatch(
      /not made with the secret of key id "k1" that is set here, or not within a day/,
    );
  });
});

describe("told at the start", () => {
  test.each([
    [
      trusting(undefined),
      /nobody is trusted yet.*OTEL_ERROR_TREE_TRUST=loopback.*OTEL_ERROR_TREE_SECRET=k1:SECRET/,
    ],
    [trusting("loopback"), /answered to whoever is on this host and came through no proxy and no browser$/],
    [
      trusting("private", ["10.1.0.0/16", "::1"]),
      /answered to whoever is at a private address or in 10\.1\.0\.0\/16, ::1 and came through no proxy and no browser$/,
    ],
    [trusting(undefined, [], keyRing(SECRET)), /answered to whoever has a token of key id "k1"$/],
    [
      trusting("loopback", [], keyRing(SECRET, "k2:fedcba9876543210fedcba9876543210")),
      /whoever has a token of key id "k1" or "k2", and to whoever is on this host and came/,
    ],
  ])("is whom asks are answered: %s", (trust, expected) => {
    expect(`${trust}`).toMatch(expected);
  });
});
