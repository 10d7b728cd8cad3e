// Asks that are smuggled, cut, doubled and out of place, over sockets by hand: the service answers as it does without the library.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import type { Service } from "../../support/services.ts";
import { exchange } from "../../support/sockets.ts";
import { askOf, ID, keyOf, lonely, OFF, OURS, SECRET, startShop, warningsIn } from "./wire.ts";

const everything = new Undo();
let on: Service;
let off: Service;

beforeAll(async () => {
  [on, off] = await Promise.all([startShop(SECRET, everything), startShop(OFF, everything)]);
});
afterAll(() => everything.all());

/** A request with this in its head. */
function requestWith(lines: string, path = "/seen"): string {
  return `GET ${path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n${lines}\r\n\r\n`;
}

/** The lines of our field in the head of a response. */
function answersIn(response: string): string[] {
  const [head = ""] = response.split("\r\n\r\n");
  return head.split("\r\n").filter((line) => /^x-error-tree/i.test(line));
}

/** An ask with a valid token, and something in the midst of it. */
function valid(between = " "): string {
  return `x-error-tree: v=1,${between}id="${ID}", k="${keyOf()}"`;
}

describe("never gets into a head of ours, and harms nobody:", () => {
  // What of node refuses a head is node's to decide: its answer stays the same.
  test.each<[string, () => string]>([
    ["a carriage return in an ask", () => valid("\rx-injected: 1")],
    ["a line feed in an ask", () => valid("\nx-injected: 1\n")],
    ["a NUL in an ask", () => valid("\0")],
    ["an ask over two lines (obs-fold)", () => valid("\r\n ")],
    ["a space before the colon", () => valid().replace(":", " :")],
    ["a vertical tab in an ask", () => valid("\v")],
    ["an escape sequence in an ask", () => valid('from="\u001b[2J",')],
    ["bytes past ASCII in an ask", () => valid('from="\u009b2J",')],
    ["line ends of one byte", () => `${valid()}\nx-injected: 1`],
    ["a chunk size in an ask", () => `${valid()}\r\ntransfer-encoding: chunked\r\ncontent-length: 4`],
    ["an ask of 20 KB", () => valid(`from="${"x".repeat(20_000)}",`)],
    ["150 asks", () => Array.from({ length: 150 }, () => valid()).join("\r\n")],
  ])("%s", async (_, lines) => {
    const bytes = requestWith(lines(), "/broken");
    const [came, expected] = [await exchange(on.port, bytes), await exchange(off.port, bytes)];
    const answers = answersIn(came);
    if (answers.length === 0) {
      expect(came).toBe(expected);
      return;
    }
    // Where node makes an ask of it, the ask counts: one answer in printable ASCII, and nothing that was smuggled.
    expect(answers).toEqual([expect.stringMatching(/^x-error-tree: :[\w+/=]+:;v=1$/)]);
    expect(came).not.toContain("x-injected");
  });
});

describe("is hidden from the program, and answered once or not at all:", () => {
  test.each<[string, () => string, number]>([
    ["an ask", () => valid(), 1],
    ["an ask in capitals", () => valid().toUpperCase().replace(/: .*/, valid().slice(12)), 1],
    ["an ask that comes twice, in different case", () => `${valid()}\r\n${valid().replace("x-e", "X-E")}`, 1],
    ["an ask whose token comes after one that is none", () => `${askOf("k1:none")}\r\n${valid()}`, 1],
    ["an ask whose token comes before one that is none", () => `${valid()}\r\n${askOf("k1:none")}`, 0],
    [
      "an ask in pieces",
      () => `x-error-tree: v=1\r\nX-Error-Tree: id="${ID}"\r\nx-error-tree: k="${keyOf()}"`,
      1,
    ],
    ["a member named constructor", () => valid(' constructor=1, valueof="x", '), 1],
    ["a member named __proto__", () => valid(" __proto__=1, "), 0],
    ["an ask that names itself in Connection", () => `connection: x-error-tree\r\n${valid()}`, 1],
  ])("%s", async (_, lines, answers) => {
    const response = await exchange(on.port, requestWith(lines()));
    expect(answersIn(response)).toHaveLength(answers);
    const [, body = ""] = response.split("\r\n\r\n");
    expect(body).toContain('"host":"shop"');
    expect(body).not.toContain(ID);
    expect(body).not.toContain("v=1");
  });
});

test("an ask behind the body of a request is none", async () => {
  const head =
    "POST /broken HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
  const bytes = `${head}4\r\nbody\r\n0\r\n${valid()}\r\n\r\n`;
  expect(await exchange(on.port, bytes)).toBe(await exchange(off.port, bytes));
});

test("of requests in one write the one that asked is answered, and no other", async () => {
  const path = "GET /broken HTTP/1.1\r\nhost: shop\r\n";
  const bytes = `${path}\r\n${path}${valid()}\r\n\r\n${path}\r\n${path}connection: close\r\n\r\n`;
  const responses = (await exchange(on.port, bytes)).split(/(?=HTTP\/1\.1 )/);
  expect(responses.map((response) => answersIn(response).length)).toEqual([0, 1, 0, 0]);
});

test("whatever an ask names is contacted by nobody", async () => {
  const { url, connections } = await lonely();
  for (const key of [keyOf(), "k1:none"]) {
    const ask = `x-error-tree: v=1, id="${ID}", from="${url}", k="${key}"`;
    await exchange(
      on.port,
      requestWith(`${ask}\r\nforwarded: for="${url}"\r\nx-forwarded-for: ${url}`, "/broken"),
    );
  }
  expect(connections()).toBe(0);
});

test("what an ask names stands in the log in one line, quoted and cut", async () => {
  const undo = new Undo();
  onTestFinished(() => undo.all());
  const shop = await startShop({ ...SECRET, OTEL_ERROR_TREE_TRUST: "loopback" }, undo);
  const name = `x-forwarded-${"!".repeat(8000)}`;
  await exchange(
    shop.port,
    requestWith(`${askOf().replace("stranger", `\\"; ${"x".repeat(300)}`)}\r\n${name}: 1`),
  );
  await exchange(shop.port, requestWith(askOf(`${"y".repeat(300)}:${"A".repeat(22)}`)));
  const foreign = askOf(`k1\\"\\\\: ${"A".repeat(20)}`).replace("stranger", "no\\\\body");
  await exchange(shop.port, requestWith(`${foreign}\r\nvia: 1.1 x`));
  const printed = await shop.stop();
  const warnings = warningsIn(printed);
  expect(printed.trimEnd().split("\n")).toEqual(warnings);
  expect(warnings.length).toBeGreaterThan(1);
  for (const line of warnings) {
    expect(line.length).toBeLessThan(600);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(line).not.toContain(OURS.secret);
  }
});
