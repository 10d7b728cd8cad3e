// Tokens: who knows the secret is accepted in the windows around now, nobody else ever is, and rotation has no gap.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { KeyRing, WINDOW_MS } from "../../src/trust/key-ring.ts";
import type { Secret } from "../../src/trust/secrets.ts";

const crypto = vi.hoisted(() => ({ hashes: 0, compared: [] as [number, number][] }));

vi.mock(import("node:crypto"), async (original) => {
  const real = await original();
  return {
    ...real,
    createHmac: (...args: Parameters<typeof real.createHmac>) => {
      crypto.hashes++;
      return real.createHmac(...args);
    },
    timingSafeEqual: (one: NodeJS.ArrayBufferView, other: NodeJS.ArrayBufferView) => {
      crypto.compared.push([one.byteLength, other.byteLength]);
      return real.timingSafeEqual(one, other);
    },
  };
});

beforeEach(() => {
  crypto.hashes = 0;
  crypto.compared.length = 0;
});

const START = 1_700_000_100_000;
const A: Secret = { keyId: "a", secret: "0123456789abcdef0123456789abcdef" };
const B: Secret = { keyId: "b", secret: "fedcba9876543210fedcba9876543210" };

function ring(secrets: readonly Secret[], now: number | (() => number) = START): KeyRing {
  return new KeyRing(secrets, { now: typeof now === "number" ? () => now : now });
}

test("a window begins at the start of these tests, as they take for granted", () => {
  expect(START % WINDOW_MS).toBe(0);
});

test("a key is key id and token: HMAC-SHA256 over the window and the key id, 16 bytes in base64url", () => {
  const code = createHmac("sha256", A.secret)
    .update(`x-error-tree:1:a:${START / 300_000}`)
    .digest();
  expect(ring([A]).signed()).toBe(`a:${code.subarray(0, 16).toString("base64url")}`);
});

// printf x-error-tree:1:a:5666667 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | head -c 16 | base64
test("a key is what openssl makes of it", () => {
  expect(ring([A]).signed()).toBe("a:5i8slK6SL7UvNnGjZ91RNA");
});

describe("of a window", () => {
  test.each([
    [0, undefined],
    [-1, undefined],
    [1, undefined],
    [-2, "wrong-token"],
    [2, "wrong-token"],
    [-3, "wrong-token"],
    [288, "wrong-token"],
  ])("%s from now: %s", (apart, fault) => {
    for (const within of [0, 1, WINDOW_MS - 1]) {
      const key = ring([A], START + apart * WINDOW_MS).signed();
      expect(ring([A], START + within).fault(key)).toBe(fault);
    }
  });

  test("clocks may be five minutes apart at any time, ten never", () => {
    fc.assert(
      fc.property(fc.nat(10 * WINDOW_MS), fc.nat(WINDOW_MS), fc.boolean(), (at, by, late) => {
        const asks = START + at + (late ? by : -by);
        expect(ring([A], START + at).fault(ring([A], asks).signed())).toBeUndefined();
        const far = START + at + (late ? 2 : -2) * WINDOW_MS + (late ? by : -by);
        expect(ring([A], START + at).fault(ring([A], far).signed())).toBe("wrong-token");
      }),
    );
  });

  test("one ring follows the time, forwards, backwards and in leaps", () => {
    const leaps = fc.array(fc.integer({ min: -5 * WINDOW_MS, max: 5 * WINDOW_MS }), { maxLength: 20 });
    fc.assert(
      fc.property(leaps, (steps) => {
        let now = START;
        const answering = ring([A, B], () => now);
        for (const step of steps) {
          now += step;
          expect(answering.signed()).toBe(ring([A], now).signed());
          for (const apart of [-2, -1, 0, 1, 2]) {
            const key = ring([B], now + apart * WINDOW_MS).signed();
            expect(answering.fault(key)).toBe(Math.abs(apart) < 2 ? undefined : "wrong-token");
          }
        }
      }),
    );
  });
});

test("only who knows the secret is accepted", () => {
  const secrets = fc.record({
    keyId: fc.constantFrom("a", "b", "ab"),
    secret: fc.constantFrom(A.secret, B.secret, `${A.secret}x`, A.secret.toUpperCase()),
  });
  const rings = fc.uniqueArray(secrets, { minLength: 1, maxLength: 2, selector: ({ keyId }) => keyId });
  const apart = fc.integer({ min: -3, max: 3 });
  fc.assert(
    fc.property(rings, rings, apart, (ours, theirs, windows) => {
      const [signing] = theirs as [Secret];
      const key = ring(theirs, START + windows * WINDOW_MS).signed();
      const named = ours.find(({ keyId }) => keyId === signing.keyId);
      const fault = ring(ours).fault(key);
      if (named === undefined) expect(fault).toBe("unknown-key-id");
      else {
        const accepted = named.secret === signing.secret && Math.abs(windows) <= 1;
        expect(fault).toBe(accepted ? undefined : "wrong-token");
      }
    }),
    { numRuns: 500 },
  );
});

test("no other text is accepted, however near it comes", () => {
  const key = ring([A]).signed();
  const answering = ring([A, B]);
  for (let i = 0; i < key.length; i++) {
    for (const unit of ["A", "B", "_", "\u0000", String.fromCharCode(key.charCodeAt(i) + 256)]) {
      const other = key.slice(0, i) + unit + key.slice(i + 1);
      if (other !== key) expect(answering.fault(other)).toBeDefined();
    }
    expect(answering.fault(key.slice(0, i))).toBeDefined();
  }
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: "binary", minLength: 22, maxLength: 22 }).map((token) => `a:${token}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(answering.fault(text)).toBeDefined();
    }),
  );
});

describe("malformed", () => {
  const token = "A".repeat(22);
  test.each([
    ["", "malformed-key"],
    [":", "malformed-key"],
    ["a", "malformed-key"],
    ["a:", "malformed-key"],
    [token, "malformed-key"],
    [`:${token}`, "malformed-key"],
    [`a:${token}A`, "malformed-key"],
    [`a:${token.slice(1)}`, "malformed-key"],
    [`a:a:${token}`, "malformed-key"],
    [`a:${"A".repeat(400)}`, "malformed-key"],
    [`a:${"Ā".repeat(22)}`, "wrong-token"],
    [`a:${"\u{1F511}".repeat(11)}`, "wrong-token"],
    [`ä:${token}`, "unknown-key-id"],
    [`A:${token}`, "unknown-key-id"],
    [`__proto__:${token}`, "unknown-key-id"],
    [`${"a".repeat(400)}:${token}`, "unknown-key-id"],
  ])("%j is a %s", (key, fault) => {
    const answering = ring([A]);
    expect(answering.fault(key)).toBe(fault);
    expect(answering.windowsApart(key)).toBeUndefined();
  });
});

test("a secret is replaced in three steps without a gap, whatever step each service is at", () => {
  const steps = [[A], [A, B], [B, A], [B]];
  for (let i = 0; i < steps.length; i++) {
    for (const j of [i - 1, i, i + 1]) {
      const asking = steps[i];
      const answering = steps[j];
      if (asking === undefined || answering === undefined) continue;
      expect([i, j, ring(answering).fault(ring(asking).signed())]).toEqual([i, j, undefined]);
    }
  }
  expect(ring([A]).fault(ring([B]).signed())).toBe("unknown-key-id");
});

describe("the work", () => {
  test("is no hash within a window, and one for each secret when another begins", () => {
    let now = START;
    const answering = ring([A, B], () => now);
    const key = ring([A]).signed();
    crypto.hashes = 0;
    answering.fault(key);
    expect(crypto.hashes).toBe(6);
    for (let i = 0; i < 100; i++) {
      now = START + i;
      answering.fault(key);
      answering.fault(`a:${"A".repeat(22)}`);
      answering.fault("x");
      answering.signed();
    }
    expect(crypto.hashes).toBe(6);
    now = START + WINDOW_MS;
    answering.signed();
    expect(crypto.hashes).toBe(8);
  });

  test("is a comparison in constant time of texts of equal length, three at most", () => {
    const answering = ring([A, B]);
    answering.fault(ring([B]).signed());
    expect(crypto.compared).toEqual([[24, 24]]);
    for (const wrong of [`a:${"A".repeat(22)}`, `a:${ring([A]).signed().slice(2, -1)}_`]) {
      crypto.compared.length = 0;
      expect(answering.fault(wrong)).toBe("wrong-token");
      expect(crypto.compared).toEqual([
        [24, 24],
        [24, 24],
        [24, 24],
      ]);
    }
    crypto.compared.length = 0;
    for (const none of ["", "a", "a:b", `c:${"A".repeat(22)}`]) answering.fault(none);
    expect(crypto.compared).toEqual([]);
  });

  test("of a key to ask with is the same string throughout a window", () => {
    let now = START;
    const asking = ring([A, B], () => now);
    const first = asking.signed();
    now = START + WINDOW_MS - 1;
    expect(asking.signed()).toBe(first);
    now = START + WINDOW_MS;
    expect(asking.signed()).not.toBe(first);
  });
});

test("how far a token is off is told within a day, of the secret that it names", () => {
  for (const apart of [-288, -7, -2, 2, 7, 288]) {
    const at = START + apart * WINDOW_MS;
    expect(ring([A, B]).windowsApart(ring([B], at).signed())).toBe(apart);
    expect(ring([A]).windowsApart(ring([{ ...A, secret: B.secret }], at).signed())).toBeUndefined();
  }
  expect(ring([A]).windowsApart(ring([A], START + 289 * WINDOW_MS).signed())).toBeUndefined();
});
