// Whose asks count, and why others do not.
import { describe, expect, test } from "vitest";
import { KeyRing } from "../../src/trust/key-ring.ts";
import { secretsOf } from "../../src/trust/secrets.ts";
import type { Ask } from "../../src/wire/messages.ts";
import { requestFrom, trusting } from "../support/trust.ts";

const ID = "00f067aa0ba902b7";
const ASK: Ask = { id: ID, from: "checkout", json: false };
const CLOCK = { now: (): number => 1_700_000_000_000 };
const SECRET = "k1:0123456789abcdef0123456789abcdef";

function keyRing(...texts: string[]): KeyRing {
  return new KeyRing(secretsOf(texts), CLOCK);
}

function keyed(key: string): Ask {
  return { ...ASK, key };
}

/** Fields that tell of a proxy. */
const FORWARDING = [
  "forwarded",
  "via",
  "x-real-ip",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-by-anything",
];

describe("where nothing is set", () => {
  test("nobody's ask counts, with a token or without", () => {
    const trust = trusting(undefined);
    for (const peer of ["127.0.0.1", "::1", "10.0.0.1", undefined]) {
      expect(trust.refusal(requestFrom(peer), ASK)).toBe("no-rule");
      expect(trust.refusal(requestFrom(peer), keyed(keyRing(SECRET).signed()))).toBe("no-rule");
    }
  });
});

describe.each(["loopback", "private"] as const)("%s", (rule) => {
  const trust = trusting(rule);

  test.each(["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"])("trusts the peer %s", (peer) => {
    expect(trust.refusal(requestFrom(peer), ASK)).toBeUndefined();
    const headers = { host: "shop", "user-agent": "curl", traceparent: "00-a-b-00" };
    expect(trust.refusal(requestFrom(peer, headers), ASK)).toBeUndefined();
  });

  test.each([
    "10.0.0.1",
    "172.31.0.1",
    "192.168.1.7",
    "::ffff:10.0.0.1",
    "100.64.0.1",
    "169.254.1.1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
  ])("trusts the private peer %s where it says so", (peer) => {
    expect(trust.refusal(requestFrom(peer), ASK)).toBe(rule === "private" ? undefined : "address");
  });

  test.each([
    "128.0.0.1",
    "12.7.0.1",
    "11.0.0.1",
    "172.32.0.1",
    "8.8.8.8",
    "::ffff:8.8.8.8",
    "::2",
    "2001:db8::1",
    "0.0.0.0",
    "127.1",
    "localhost",
    "",
    undefined,
  ])("refuses the peer %s", (peer) => {
    expect(trust.refusal(requestFrom(peer), ASK)).toBe("address");
  });

  test.each(FORWARDING)("refuses a peer on this host whose request carries %s", (name) => {
    expect(trust.refusal(requestFrom("127.0.0.1", { host: "shop", [name]: "" }), ASK)).toBe("proxy");
  });

  test("fields that merely look alike are no proxy's", () => {
    const headers = { "x-forthcoming": "1", viaduct: "1", "x-vip": "1", "x-zip": "1", "x-amz-date": "1" };
    expect(trust.refusal(requestFrom("127.0.0.1", headers), ASK)).toBeUndefined();
  });

  test("a token counts for nothing where no secret is set", () => {
    expect(trust.refusal(requestFrom("8.8.8.8"), keyed(keyRing(SECRET).signed()))).toBe("address");
  });
});

describe("trusted peers", () => {
  const trust = trusting(undefined, ["198.51.100.0/24", "203.0.113.7", "2001:db8::/32"]);

  test.each([
    ["198.51.100.1", undefined],
    ["::ffff:198.51.100.255", undefined],
    ["203.0.113.7", undefined],
    ["2001:db8:ffff::1", undefined],
    ["198.51.101.1", "address"],
    ["203.0.113.8", "address"],
    ["2001:db9::1", "address"],
    ["127.0.0.1", "address"],
    [undefined, "address"],
  ])("the ask of %s: %s", (peer, refusal) => {
    expect(trust.refusal(requestFrom(peer), ASK)).toBe(refusal);
  });

  test("are no proxies: what one of them forwards is refused", () => {
    for (const name of FORWARDING)
      expect(trust.refusal(requestFrom("198.51.100.1", { [name]: "8.8.8.8" }), ASK)).toBe("proxy");
  });

  test("count beside the rule", () => {
    const both = trusting("loopback", ["198.51.100.0/24"]);
    expect(
      ["127.0.0.1", "198.51.100.1", "10.0.0.1"].map((peer) => both.refusal(requestFrom(peer), ASK)),
    ).toEqual([undefined, undefined, "address"]);
  });
});

describe("a secret", () => {
  const keys = keyRing(SECRET);
  const right = keyed(keys.signed());
  const trust = trusting(undefined, [], keys);

  test("lets whoever has its token be answered, from anywhere and through any proxy", () => {
    for (const peer of ["127.0.0.1", "8.8.8.8", undefined]) {
      expect(trust.refusal(requestFrom(peer), right)).toBeUndefined();
      for (const name of FORWARDING)
        expect(trust.refusal(requestFrom(peer, { [name]: "8.8.8.8" }), right)).toBeUndefined();
    }
  });

  test("lets nobody else be answered, this host included", () => {
    for (const peer of ["127.0.0.1", "10.0.0.1", "8.8.8.8"]) {
      expect(trust.refusal(requestFrom(peer), ASK)).toBe("no-token");
      expect(trust.refusal(requestFrom(peer), keyed(`${keys.signed().slice(0, -1)}!`))).toBe("wrong-token");
      expect(trust.refusal(requestFrom(peer), keyed(keys.signed().replace("k1", "k2")))).toBe(
        "unknown-key-id",
      );
      expect(trust.refusal(requestFrom(peer), keyed("k1"))).toBe("malformed-key");
    }
  });

  test("that is not there so far lets nobody be answered", () => {
    const empty = new KeyRing([], CLOCK);
    const waiting = trusting(undefined, [], empty);
    for (const ask of [ASK, right, keyed(":"), keyed("")]) {
      expect(waiting.refusal(requestFrom("127.0.0.1"), ask)).toBe("no-rule");
    }
    expect(waiting.remedy("no-rule", requestFrom("127.0.0.1"), right)).toMatch(/no secret is set here\)$/);
    expect(`${waiting}`).toMatch(/nobody is trusted yet/);
    empty.replace(secretsOf([SECRET]));
    expect(waiting.refusal(requestFrom("127.0.0.1"), right)).toBeUndefined();
    expect(waiting.refusal(requestFrom("127.0.0.1"), ASK)).toBe("no-token");
  });

  test("counts beside a rule: a token through a proxy, an address without one", () => {
    const both = trusting("loopback", [], keys);
    const proxied = { via: "1.1 edge" };
    expect(both.refusal(requestFrom("8.8.8.8", proxied), right)).toBeUndefined();
    expect(both.refusal(requestFrom("127.0.0.1"), ASK)).toBeUndefined();
    expect(both.refusal(requestFrom("127.0.0.1"), keyed("k1"))).toBeUndefined();
    expect(both.refusal(requestFrom("127.0.0.1", proxied), ASK)).toBe("proxy");
    expect(both.refusal(requestFrom("127.0.0.1", proxied), keyed("k1"))).toBe("malformed-key");
    expect(both.refusal(requestFrom("8.8.8.8"), ASK)).toBe("address");
    expect(both.refusal(requestFrom("8.8.8.8"), keyed("k1"))).toBe("malformed-key");
  });
});
