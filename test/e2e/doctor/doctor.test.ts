// The doctor against services as they run: well, without the library, and such that refuse it and say why.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { type NodeProcess, runNode } from "../../support/process/node-process.ts";
import { closedPort } from "../../support/sockets.ts";
import { runDoctor, said } from "./run-doctor.ts";
import { logged, startExamined } from "./services.ts";

const BIN = new URL("../../../src/cli/bin.ts", import.meta.url);
const SECRET = `k1:${"1".repeat(32)}`;
const WRONG_SECRET = `k1:${"2".repeat(32)}`;
const OTHER_SECRET = `k2:${"3".repeat(32)}`;
const LOOPBACK = { OTEL_ERROR_TREE_TRUST: "loopback" };
const MINUTES = 60_000;
const undo = new Undo();

afterAll(() => undo.all());

/** Runs the program itself; what it said on both streams, and how it ended. */
async function runProgram(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<[string, number | null]> {
  const { code, out, err } = await runNode(BIN, { args: ["doctor", ...args], env });
  return [out + err, code];
}

describe("a chain", () => {
  let shop: NodeProcess;
  let stock: NodeProcess;
  let ledger: NodeProcess;
  let stranger: NodeProcess;

  beforeAll(async () => {
    [shop, stock, ledger, stranger] = await Promise.all([
      startExamined("shop", LOOPBACK, undo),
      startExamined("stock", LOOPBACK, undo),
      startExamined("ledger", LOOPBACK, undo),
      startExamined("stranger", { OTEL_ERROR_TREE_DISABLED: "true" }, undo),
    ]);
  });

  /** A URL of shop that fails because stock does. */
  function failing(): string {
    return `${shop.url}/?status=500&to=${encodeURIComponent(`${stock.url}/?status=503`)}`;
  }

  test("that is healthy is reported line by line, and the program ends with 0", async () => {
    const [printed, code] = await runProgram([failing(), `${stock.url}/`]);
    const lines = printed.split("\n").map((line) => line.replace(/\d+ ms|\d+ bytes/g, "N"));
    const CONTINUED = " ".repeat(17);
    expect(lines.filter((line) => !line.startsWith(CONTINUED))).toEqual([
      `${failing()}  shop  3 requests sent`,
      "  ok    reached  500 in N",
      "  ok    answers  shop answers us, by our address",
      "  ok    context  traceparent arrives: its span is in our trace",
      "  ok    header   2 nodes in N came through whole",
      "  ok    tree     names shop, stock; root cause stock GET unavailable",
      expect.stringMatching(
        /^ {2}note {2}message {2}stock GET does not say why it failed, because a span of HTTP /,
      ),
      "  ok    caches   two asks got an answer each, a request without one got none",
      expect.stringMatching(/^ {2}ok {4}head {5}N without an answer: room for a tree of /),
      "  ok    clock    the same as ours, by the Date of its response",
      "",
      `${stock.url}/  stock  3 requests sent`,
      "  ok    reached  200 in N",
      "  ok    answers  stock answers us, by our address",
      "  ok    context  traceparent arrives: its span is in our trace",
      "  ok    header   N came through whole; nothing failed, so there is no tree: name a URL that fails to see one",
      "  ok    caches   two asks got an answer each, a request without one got none",
      expect.stringMatching(/^ {2}ok {4}head {5}N without an answer: room for a tree of /),
      "  ok    clock    the same as ours, by the Date of its response",
      "",
      "  ok    chain    the tree of shop names stock",
      "",
      "nothing is wrong, 1 to judge for yourself (6 requests)",
      "",
    ]);
    expect(code).toBe(0);
  });

  test("names who is not in the tree of the first one, and who did not answer", async () => {
    const examined = await runDoctor([failing(), `${ledger.url}/`, `${stranger.url}/`]);
    expect(examined.chain.map(({ mark, text }) => `${mark} ${text}`)).toEqual([
      expect.stringMatching(
        /^note the tree of shop does not name ledger: in that request it did not fail, was not called/,
      ),
      `note who is at ${stranger.url}/ is not known: it did not answer us`,
    ]);
  });

  test("is not judged if nothing failed at the first URL", async () => {
    const { chain, code } = await runDoctor([`${shop.url}/`, `${stock.url}/`]);
    expect(chain).toEqual([
      {
        check: "chain",
        mark: "note",
        text: "nothing failed at shop, so no tree tells whether it hears of the others: name a URL that fails",
      },
    ]);
    expect(code).toBe(0);
  });

  test("shows who was called and answered without a tree", async () => {
    const url = `${shop.url}/?status=502&to=${encodeURIComponent(`${stranger.url}/?status=500`)}`;
    const examined = await runDoctor([url]);
    expect(said(examined, "tree")).toEqual([
      expect.stringMatching(/^ok names shop; root cause shop GET -> 127\.0\.0\.1 internal$/),
      expect.stringMatching(
        /^note called somebody who answered without a tree: shop GET -> 127\.0\.0\.1\. Who was called takes no part/,
      ),
    ]);
  });

  test("with a service without the library: it takes no part, or its log names the reason", async () => {
    const [printed, code] = await runProgram([stranger.url, "--width", "1000"]);
    expect(printed).toContain(
      "bad   answers  no answer: it takes no part or does not trust us, and its own log names which, the first time " +
        "(OTEL_LOG_LEVEL=warn); or a proxy takes our ask off. We showed no token: set OTEL_ERROR_TREE_SECRET here " +
        "where the service has a secret. For development start the service with OTEL_ERROR_TREE_TRUST=loopback\n",
    );
    expect(printed).not.toMatch(/header {3}|caches|context/);
    expect(code).toBe(1);
  });

  test("with nobody behind it: the program says so in a line and ends with 2", async () => {
    const port = await closedPort();
    const [printed, code] = await runProgram([`127.0.0.1:${port}`]);
    expect(printed).toBe(
      `http://127.0.0.1:${port}/  0 requests sent\n  bad   reached  connect ECONNREFUSED 127.0.0.1:${port}\n\n1 bad (0 requests)\n`,
    );
    expect(code).toBe(2);
  });
});

describe("a service with a secret", () => {
  const refused = "was refused: ";
  let service: NodeProcess;

  beforeAll(async () => {
    service = await startExamined("vault", { OTEL_ERROR_TREE_SECRET: SECRET }, undo);
  });

  /** A fresh one: the log of a service names a reason once. */
  function another(env: Record<string, string> = {}): Promise<NodeProcess> {
    return startExamined("vault", { OTEL_ERROR_TREE_SECRET: SECRET, ...env }, undo);
  }

  test("answers who has it in the variable", async () => {
    const [printed, code] = await runProgram([service.url], { OTEL_ERROR_TREE_SECRET: SECRET });
    expect(printed).toContain('ok    answers  vault answers us, for a token of "k1"\n');
    expect(printed).toContain('ok    secret   tokens of "k1" count, a false one does not\n');
    expect(printed).not.toContain("1111");
    expect(code).toBe(0);
    expect(await logged(service, refused)).toEqual([
      expect.stringMatching(
        /"error-tree doctor, with a false key on purpose", was refused: its key is not made of/,
      ),
    ]);
  });

  test("that trusts the address besides leaves open whether the secret is right", async () => {
    const examined = await runDoctor([(await another(LOOPBACK)).url], { secret: WRONG_SECRET });
    expect(said(examined, "answers")).toEqual(["ok vault answers us, by our address"]);
    expect(said(examined, "secret")).toEqual([
      "note cannot be told: a false token is answered too, for our address is trusted",
    ]);
  });

  test("refuses who has none, and its log says so", async () => {
    const vault = await another();
    const examined = await runDoctor([vault.url]);
    expect(said(examined, "answers")).toEqual([
      expect.stringMatching(/^bad no answer: .* We showed no token: set OTEL_ERROR_TREE_SECRET/),
    ]);
    expect(await logged(vault, refused)).toEqual([
      expect.stringMatching(
        /calls itself "error-tree doctor", was refused: it carries no token, and only those count that do; set the same secret \(OTEL_ERROR_TREE_SECRET\)/,
      ),
    ]);
    expect(examined.code).toBe(1);
  });

  test("refuses who has another one of the same name, and its log says so", async () => {
    const vault = await another();
    const examined = await runDoctor([vault.url], { secret: WRONG_SECRET });
    expect(said(examined, "answers")).toEqual([
      expect.stringMatching(/^bad no answer: it takes no part or does not trust us/),
    ]);
    expect(said(examined, "secret")).toEqual([
      'note no token of "k1" was answered, made by our clock or by one 5 to 25 minutes ahead of or behind it',
    ]);
    expect(await logged(vault, refused)).toEqual([
      expect.stringContaining('its token was not made with the secret of key id "k1" that is set here'),
    ]);
    expect(examined.urls[0]?.requests).toBe(6);
  });

  test("refuses who has another one of another name, and its log says so", async () => {
    const vault = await another();
    await runDoctor([vault.url], { secret: OTHER_SECRET });
    expect(await logged(vault, refused)).toEqual([
      expect.stringContaining('its key id "k2" is none of those set here ("k1")'),
    ]);
  });

  test("answers the second of two secrets if it does not know the first", async () => {
    const vault = await another();
    const examined = await runDoctor([vault.url], { secret: `${OTHER_SECRET},${SECRET}` });
    expect(said(examined, "answers")).toEqual(["bad not with our usual token, see secret"]);
    expect(said(examined, "secret")).toEqual([
      'bad a token of "k1" is answered, one of "k2", which stands first and signs, is not: set "k2" at the service as well, or put "k1" first here',
    ]);
  });

  test.each([
    ["behind", 16, "ahead of", /its token is about (?:15|20) minutes old: set the clocks/],
    ["ahead", -16, "behind", /its token is made for about (?:15|20) minutes from now: set the clocks/],
  ])("by its date our clock is %s: said here and in its log", async (_, minutes, where, line) => {
    const vault = await another();
    const now = (): number => Date.now() - minutes * MINUTES;
    const examined = await runDoctor([vault.url], { secret: SECRET }, now);
    expect(said(examined, "secret")).toEqual([
      `bad a token made by a clock 16 minutes ${where} ours is answered, one of now is not: set the clocks`,
    ]);
    expect(said(examined, "clock")).toEqual([
      `bad the Date of its response is 16 minutes ${where} ours: tokens do not count, set the clocks`,
    ]);
    expect(await logged(vault, refused)).toEqual([expect.stringMatching(line)]);
    expect(examined.urls[0]?.requests).toBe(5);
    expect(examined.code).toBe(1);
  });

  test.each([
    [16, "5 to 25 minutes ahead of ours", /is about (?:15|20) minutes old/],
    [-16, "5 to 25 minutes behind ours", /is made for about (?:15|20) minutes from now/],
  ])(
    "whose clock is %d minutes off unseen by its date is found by the windows",
    async (minutes, where, line) => {
      const vault = await another({ CLOCK_AHEAD_MS: String(minutes * MINUTES) });
      const examined = await runDoctor([vault.url], { secret: SECRET });
      expect(said(examined, "secret")).toEqual([
        `bad a token made by a clock ${where} is answered, one of now is not: set the clocks`,
      ]);
      expect(said(examined, "clock")).toEqual(["ok the same as ours, by the Date of its response"]);
      expect(await logged(vault, refused)).toEqual([expect.stringMatching(line)]);
    },
  );

  test("mentions a clock that is apart too little to matter", async () => {
    const examined = await runDoctor([service.url], { secret: SECRET }, () => Date.now() + 3 * MINUTES);
    expect(said(examined, "answers")).toEqual(['ok vault answers us, for a token of "k1"']);
    expect(said(examined, "clock")).toEqual([
      "ok the Date of its response is 3 minutes behind ours; tokens bear 5 minutes",
    ]);
  });
});
