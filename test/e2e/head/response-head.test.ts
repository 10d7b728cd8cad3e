// The response stays as the program wrote it, with one field more: compared byte by byte with the same program without us.

import { readErrorTree } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { JSON_ASK, type Service, startService } from "../../support/services.ts";
import { exchange } from "../../support/sockets.ts";

const HEADS = new URL("./programs/heads.ts", import.meta.url);
const CALLER_ASK = 'v=1, id="00f067aa0ba902b7", from="checkout"';

let receiver: Receiver;
let ours: Service;
let stock: Service;

beforeAll(async () => {
  receiver = await startReceiver();
  [ours, stock] = await Promise.all([
    startService(HEADS, { name: "orders", receiver }),
    startService(HEADS, { name: "orders", receiver, env: { OTEL_ERROR_TREE_DISABLED: "true" } }),
  ]);
});

afterAll(async () => {
  expect(await Promise.all([ours.stop(), stock.stop()])).toEqual(["", ""]);
  await receiver.close();
});

interface RawRequest {
  readonly path: string;
  readonly method?: string;
  readonly version?: string;
  readonly ask?: string;
  readonly connection?: string;
}

function rawRequest({
  path,
  method = "GET",
  version = "1.1",
  ask,
  connection = "close",
}: RawRequest): string {
  const fields = [
    "Host: orders",
    `Connection: ${connection}`,
    ...(ask === undefined ? [] : [`x-error-tree: ${ask}`]),
  ];
  return `${method} ${path} HTTP/${version}\r\n${fields.join("\r\n")}\r\n\r\n`;
}

/** A response as it went over the wire, taken apart into what we may touch and all the rest. */
interface Wire {
  /** Status lines, fields in their order and body, without the date. */
  readonly rest: string;
  readonly trees: readonly string[];
  /** No program here measures anything: what is in `Server-Timing` is ours. */
  readonly traces: readonly string[];
  readonly vary: readonly string[];
}

async function exchanged(service: Service, request: string): Promise<Wire> {
  const lines = (await exchange(service.port, request)).split("\r\n");
  const valuesOf = (name: string): string[] =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  return {
    rest: lines.filter((line) => !/^(?:date|vary|x-error-tree|server-timing):/i.test(line)).join("\r\n"),
    trees: valuesOf("x-error-tree"),
    traces: valuesOf("server-timing"),
    vary: valuesOf("vary")
      .flatMap((value) => value.split(","))
      .map((name) => name.trim()),
  };
}

const PATHS = [
  "/implicit",
  "/nothing-set",
  "/write",
  "/object",
  "/object-and-reason",
  "/object-and-set",
  "/reason",
  "/flat",
  "/flat-cookies",
  "/flat-and-reason",
  "/flat-and-set",
  "/nested",
  "/nested-cookies",
  "/vary-set",
  "/vary-object",
  "/vary-set-and-object",
  "/vary-list",
  "/vary-flat",
  "/vary-set-and-flat",
  "/vary-nested",
  "/ours-set",
  "/ours-object",
  "/ours-flat",
  "/ours-nested",
  "/no-content",
  "/not-modified",
  "/flush",
  "/early-hints",
  "/continue",
  "/trailers",
  "/twice",
  "/wrong-array",
  "/wrong-status",
  "/wrong-name",
];
const REQUESTS: RawRequest[] = [
  ...PATHS.map((path) => ({ path })),
  { path: "/implicit", method: "HEAD" },
  { path: "/object-and-reason", method: "HEAD" },
  { path: "/object", version: "1.0" },
  { path: "/write", version: "1.0" },
];

const ROWS = REQUESTS.map((request) => {
  const { path, method = "GET", version = "1.1" } = request;
  return [`${method} ${path} HTTP/${version}`, request] as const;
});

describe.each(ROWS)("%s", (_, request) => {
  test.each([
    ["a person's ask", JSON_ASK],
    ["a caller's ask", CALLER_ASK],
  ])("%s gets the response of the program, the answer, and the trace where it has Vary", async (_, ask) => {
    const expected = await exchanged(stock, rawRequest({ ...request, ask }));
    const wire = await exchanged(ours, rawRequest({ ...request, ask }));
    expect(wire.rest).toBe(expected.rest);
    expect(wire.trees).toHaveLength(1);
    const [value = ""] = wire.trees;
    const tree = readErrorTree(value);
    const minimal = tree === undefined && ask === CALLER_ASK;
    expect(wire.vary).toEqual(minimal ? expected.vary : [...expected.vary, "x-error-tree"]);
    const trace = expect.stringMatching(/^trace;desc=00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(wire.traces).toEqual(minimal ? [] : [trace]);
    if (minimal) expect(value).toBe('ok;id="00f067aa0ba902b7";s="orders"');
    else expect(tree?.root.service ?? JSON.parse(value).service).toBe("orders");
  });

  test("who did not ask gets the response of the program", async () => {
    const expected = await exchanged(stock, rawRequest(request));
    const wire = await exchanged(ours, rawRequest(request));
    expect(wire).toEqual({ ...expected, trees: [] });
  });
});

describe("a response that caches may give to others", () => {
  test.each(["/fresh-set", "/fresh-object", "/fresh-flat", "/fresh-nested"])(
    "%s: tells whoever asks the outcome alone, no trace, and varies by nothing",
    async (path) => {
      for (const [ask, value] of [
        [CALLER_ASK, 'not-found;id="00f067aa0ba902b7";s="orders"'],
        [JSON_ASK, 'not-found;s="orders"'],
      ] as const) {
        const wire = await exchanged(ours, rawRequest({ path, ask }));
        expect(wire).toEqual({ ...(await exchanged(stock, rawRequest({ path }))), trees: [value] });
      }
    },
  );
});

describe("one connection", () => {
  const codes = ({ trees }: Wire): string[] => trees.map((tree) => JSON.parse(tree).code as string);

  test("answers every one of several requests with its own tree", async () => {
    const requests =
      rawRequest({ path: "/object", ask: JSON_ASK, connection: "keep-alive" }) +
      rawRequest({ path: "/nothing-set", ask: JSON_ASK, connection: "keep-alive" }) +
      rawRequest({ path: "/implicit", ask: JSON_ASK });
    const wire = await exchanged(ours, requests);
    expect(wire.rest).toBe((await exchanged(stock, requests)).rest);
    expect(codes(wire)).toEqual(["internal", "ok", "unavailable"]);
  });

  test("keeps the trees of pipelined requests apart that are answered in the reverse order", async () => {
    const requests =
      rawRequest({ path: "/hold", ask: JSON_ASK, connection: "keep-alive" }) +
      rawRequest({ path: "/release", ask: JSON_ASK });
    const wire = await exchanged(ours, requests);
    expect(wire.rest).toBe((await exchanged(stock, requests)).rest);
    expect(wire.rest).toMatch(/first.*second/s);
    expect(codes(wire)).toEqual(["internal", "ok"]);
  });
});
