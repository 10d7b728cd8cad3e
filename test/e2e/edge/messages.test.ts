// Hostile texts on their whole way: from a service into the header, from there into its caller's log and a person's terminal.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { runNode } from "../../support/process/node-process.ts";
import { plainService } from "../../support/sdk-http.ts";
import type { Service } from "../../support/services.ts";
import { askOf, lonely, responseTo, startShop } from "./wire.ts";

const CLI = fileURLToPath(new URL("../../../dist/cli/bin.js", import.meta.url));
/** Clears the screen, begins a line of its own, sets the title, turns text around, in seven and in eight bits. */
const HOSTILE =
  "no\u001b[2J\r\nfailed: forged \u001b]0;title\u0007\u009b31m\u202e\u2066\u2028next\u0085\u0000\u007f\u061c";
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const everything = new Undo();
let relay: Service;

beforeAll(async () => {
  relay = await startShop({ OTEL_ERROR_TREE_TRUST: "loopback", SERVICE_NAME: "relay" }, everything);
});
afterAll(() => everything.all());

/** A service of somebody else's making, that says of itself whatever it likes. */
async function hostileService(texts: Readonly<Record<string, unknown>>): Promise<string> {
  const { port } = await plainService(500, "broken", (head) => {
    const id = /id="([0-9a-f]{16})"/.exec(head)?.[1];
    const tree = {
      service: "stock",
      operation: "GET /",
      status: "error",
      code: "internal",
      error: "",
      ...texts,
    };
    const json = JSON.stringify({ ...tree, id, forced: false, children: [] });
    const ascii = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    return [`x-error-tree: ${ascii}`];
  });
  return `http://127.0.0.1:${port}/`;
}

/** What the relay wrote to its log, and the value that it handed to its own caller. */
async function relayed(upstream: string, ask: string): Promise<{ logged: string; value: string }> {
  const logged = relay.told("logged") as Promise<string>;
  const response = await responseTo(relay.port, "GET /relay", [ask, `x-upstream: ${upstream}`]);
  return { logged: await logged, value: /^x-error-tree: (.*)\r$/im.exec(response)?.[1] ?? "" };
}

/** What `otel-error-tree render` prints for a value, on both streams. */
async function rendered(value: string): Promise<string> {
  const { out, err } = await runNode(CLI, { args: ["render", "--color", "never"], input: value });
  return out + err;
}

const EVERYWHERE = {
  service: HOSTILE,
  operation: HOSTILE,
  error: HOSTILE,
  type: HOSTILE,
  at: HOSTILE,
  frames: [HOSTILE],
};

test.each([
  ["in binary", askOf()],
  ["in JSON", "x-error-tree: v=1, f=json"],
])("texts of a hostile service steer no log and no terminal, handed on %s", async (_, ask) => {
  const { logged, value } = await relayed(await hostileService(EVERYWHERE), ask);
  expect(logged).toContain("forged");
  expect(logged).not.toMatch(STEERING);
  // One line for each node and frame that there is, none that a text began.
  expect(logged.split("\n").filter((line) => /^\s*failed: forged/.test(line))).toEqual([]);
  expect(value).toMatch(/^[\x20-\x7e]+$/);
  const printed = await rendered(value);
  expect(printed).toContain("forged");
  expect(printed).not.toMatch(STEERING);
  expect(printed.split("\n").filter((line) => line.startsWith("failed: forged"))).toEqual([]);
});

test("nobody contacts what a hostile service names", async () => {
  const { url, connections } = await lonely();
  const upstream = await hostileService({
    service: url,
    operation: `GET ${url}`,
    peer: url,
    at: url,
    error: url,
  });
  const { value } = await relayed(upstream, askOf());
  expect(await rendered(value)).toContain(url);
  expect(connections()).toBe(0);
});

test("a service that names itself as hostile as that is told in printable ASCII by its own header", async () => {
  const undo = new Undo();
  onTestFinished(() => undo.all());
  const shop = await startShop(
    { OTEL_ERROR_TREE_TRUST: "loopback", OTEL_SERVICE_NAME: HOSTILE.replaceAll("\0", "") },
    undo,
  );
  for (const path of ["GET /ok", "GET /broken"]) {
    for (const ask of [askOf(), "x-error-tree: v=1, f=json"]) {
      const [head = ""] = (await responseTo(shop.port, path, [ask])).split("\r\n\r\n");
      expect(head).toMatch(/\r\nx-error-tree: [\x20-\x7e]+/);
      for (const line of head.split("\r\n")) expect(line).toMatch(/^[\x20-\x7e]*$/);
    }
  }
});
