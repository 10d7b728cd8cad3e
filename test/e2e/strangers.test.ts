// Whoever is not trusted gets the bytes of a service without the library: a real process each, with it and without it.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Undo } from "../../collector-config/program/undo.ts";
import { NGINX, nginxConfiguration, startProxy, whyMissing } from "../support/proxy/start-proxy.ts";
import type { Service } from "../support/services.ts";
import {
  askOf,
  inOneChunk,
  keyOf,
  OFF,
  OURS,
  REQUESTS,
  responsesTo,
  responseTo,
  SECRET,
  startShop,
  warningsIn,
} from "./edge/wire.ts";

const FOREIGN = { keyId: "k1", secret: "7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ" };
const STRANGER = "127.0.0.2";

function undoAfterTest(): Undo {
  const undo = new Undo();
  onTestFinished(() => undo.all());
  return undo;
}

describe("if an address is trusted", () => {
  const everything = new Undo();
  let off: Service;

  beforeAll(async () => {
    off = await startShop(OFF, everything);
  });
  afterAll(() => everything.all());

  test.each<[string, string, readonly string[], RegExp]>([
    ["who comes from another", STRANGER, [], /the peer 127\.0\.0\.2 is not in 127\.0\.0\.1;/],
    [
      "who comes from another and says to be forwarded for the trusted one",
      STRANGER,
      ["x-forwarded-for: 127.0.0.1", "forwarded: for=127.0.0.1", "x-real-ip: 127.0.0.1"],
      /the peer 127\.0\.0\.2 is not in 127\.0\.0\.1;/,
    ],
    [
      "whom the trusted one forwards, in its own name",
      "127.0.0.1",
      ["x-forwarded-for: 127.0.0.1"],
      /came through a proxy \(x-forwarded-for\)/,
    ],
    [
      "whom the trusted one forwards by RFC 7239",
      "127.0.0.1",
      ["forwarded: for=127.0.0.1"],
      /came through a proxy \(forwarded\)/,
    ],
    ["whom the trusted one forwards as a gateway", "127.0.0.1", ["via: 1.1 edge"], /a proxy \(via\)/],
    [
      "who has a token, though no secret is set",
      STRANGER,
      [],
      /it carries a token, but no secret is set here/,
    ],
  ])(
    "%s gets the bytes of a service without the library, and is in the log once",
    async (who, from, lines, reason) => {
      const undo = undoAfterTest();
      const on = await startShop({ OTEL_ERROR_TREE_TRUSTED_PEERS: "127.0.0.1" }, undo);
      const ask = askOf(who.includes("token") ? keyOf() : undefined);
      expect(await responsesTo(on.port, [ask, ...lines], from)).toEqual(
        await responsesTo(off.port, [ask, ...lines], from),
      );
      // The same ask of the trusted address is answered, so that the bytes could have differed.
      expect(await responseTo(on.port, "GET /broken", [ask])).toContain("\r\nx-error-tree: ");
      const warnings = warningsIn(await on.stop());
      expect(warnings).toEqual([expect.stringMatching(reason)]);
    },
  );

  test("who asks nothing gets these bytes as well, from any address", async () => {
    const on = await startShop({ OTEL_ERROR_TREE_TRUSTED_PEERS: "127.0.0.1" }, undoAfterTest());
    for (const from of ["127.0.0.1", STRANGER]) {
      expect(await responsesTo(on.port, [], from)).toEqual(await responsesTo(off.port, [], from));
    }
    expect(await on.stop()).toBe("");
  });
});

const WHY = whyMissing(NGINX);

describe.skipIf(WHY !== undefined)(
  `where a secret is set, behind nginx as installed on the same host${WHY === undefined ? "" : ` (skipped: ${WHY})`}`,
  () => {
    const everything = new Undo();
    let off: number;

    beforeAll(async () => {
      off = await behindNginx(await startShop(OFF, everything), everything);
    });
    afterAll(() => everything.all());

    async function behindNginx({ url }: Service, undo: Undo): Promise<number> {
      const proxy = await startProxy(
        NGINX,
        ({ port }) =>
          nginxConfiguration(`server { listen 127.0.0.1:${port}; location / { proxy_pass ${url}; } }`),
        undo,
      );
      return Number(new URL(proxy).port);
    }

    test.each<[string, string, RegExp]>([
      ["no token", askOf(), /it carries no token/],
      ["no token, as a person asks", "x-error-tree: v=1, f=json", /it carries no token/],
      [
        "a token made with another secret",
        askOf(keyOf(0, FOREIGN)),
        /its token was not made with the secret of key id "k1" that is set here/,
      ],
      // A window of five minutes may end between the making of a token and its use.
      ["a token that is 25 minutes old", askOf(keyOf(-25)), /its token is about (?:25|30) minutes old/],
      [
        "a token for 25 minutes from now",
        askOf(keyOf(25)),
        /its token is made for about (?:25|20) minutes from now/,
      ],
      ["a token that is cut short", askOf(keyOf().slice(0, -1)), /its key is not made of key id and token/],
      [
        "a token of another key id",
        askOf(keyOf(0, { ...OURS, keyId: "k7" })),
        /its key id "k7" is none of those set here \("k1"\)/,
      ],
    ])(
      "an ask with %s gets the bytes of a service without the library, and is in the log once",
      async (_, ask, reason) => {
        const undo = undoAfterTest();
        const on = await startShop(SECRET, undo);
        const port = await behindNginx(on, undo);
        const [came, without] = [await responsesTo(port, [ask]), await responsesTo(off, [ask])];
        expect(came.map(inOneChunk)).toEqual(without.map(inOneChunk));
        // The right token is answered by the same way, so that the bytes could have differed.
        expect(await responseTo(port, "GET /broken", [askOf(keyOf())])).toContain("\r\nx-error-tree: ");
        const warnings = warningsIn(await on.stop());
        expect(warnings).toEqual([expect.stringMatching(reason)]);
        expect(warnings.join()).not.toContain(OURS.secret);
      },
    );
  },
);

test("each of these requests is answered to who is trusted", async () => {
  const on = await startShop(SECRET, undoAfterTest());
  const answered = await responsesTo(on.port, [askOf(keyOf())]);
  expect(answered.map((text) => text.includes("\r\nx-error-tree: "))).toEqual(REQUESTS.map(() => true));
});
