// What programs print of an error that got the failures of other services as its cause, and how each client lets it have them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, stripVTControlCharacters } from "node:util";
import { errorFromTree, readErrorTree } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printedOn } from "../../support/printed.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { closedPort } from "../../support/sockets.ts";

const PROGRAMS = fileURLToPath(new URL("./programs", import.meta.url));
const PAGE = new URL("../../../docs/errors.md", import.meta.url);
const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

const folder = mkdtempSync(fileURLToPath(new URL("./clients-", import.meta.url)));
const running: NodeProcess[] = [];

async function start(name: string, args: readonly string[] = [], cwd = PROGRAMS): Promise<NodeProcess> {
  const service = await NodeProcess.listening(join(cwd, `${name}.mjs`), {
    name,
    args,
    cwd,
    imports: ["otel-error-tree/register"],
    env: {
      OTEL_SERVICE_NAME: name,
      OTEL_ERROR_TREE_TRUST: "loopback",
      OTEL_ERROR_TREE_HEADER_BYTES: "2048",
      OTEL_TRACES_EXPORTER: "none",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    },
  });
  running.push(service);
  return service;
}

afterAll(async () => {
  for (const service of running) await service.stop();
  rmSync(folder, { recursive: true });
});

/** Without what differs from run to run and from machine to machine. */
function same(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\n *at .*(?:node:internal|node_modules).*(?= \{\n)/g, " {")
    .replaceAll(/\n *at .*(?:node:internal|node_modules).*/g, "")
    .replaceAll(`file://${PROGRAMS}/`, "/app/")
    .replaceAll(`${PROGRAMS}/`, "/app/")
    .replaceAll(/\b[0-9a-f]{32}\b/g, "4bf92f3577b34da6a3ce929d0e0e4736");
}

interface Exception {
  readonly type: string;
  readonly value: string;
  readonly stacktrace: { readonly frames: readonly Record<string, string>[] };
}

interface Printed {
  readonly console: string;
  readonly pino: { readonly err: { readonly message: string; readonly stack: string } };
  readonly winston: object;
  readonly sentry: readonly Exception[];
}

/** The names of the errors, each with the first frame of its service's own file, as the README shows them. */
function withOneFrameEach(text: string): string {
  const own = /^ *at .* \(remote:\/\/(\w+)\/\1\.mjs:/;
  const lines = text.split("\n").filter((line) => own.test(line) || /^(?: *\[cause\]: )?Error/.test(line));
  return lines.filter((line, i) => !(own.test(line) && own.test(lines[i - 1] ?? ""))).join("\n");
}

describe("an error four services deep", () => {
  let printed: Printed;
  let header: string;

  beforeAll(async () => {
    const robot = await start("robot");
    const warehouse = await start("warehouse", [robot.url]);
    const orders = await start("orders", [warehouse.url]);
    const storefront = await start("storefront", [orders.url]);
    const told = storefront.told("printed");
    const response = await fetch(`${storefront.url}/cart/7`, { headers: { "x-error-tree": "v=1, f=json" } });
    expect(response.status).toBe(500);
    header = response.headers.get("x-error-tree") ?? "";
    printed = (await told) as Printed;
  });

  test("is printed whole by console.error", () => {
    expect(same(printed.console)).toBe(printedOn("errors.md", "console", same(printed.console)));
    expect(printed.console.match(/\[cause\]: .*/g)).toEqual([
      "[cause]: Error: stock answered 503",
      "[cause]: Error: shelves answered 500",
      "[cause]: Error [RangeError]: no umbrella is left on the shelf",
    ]);
  });

  test("is made of a header", () => {
    const tree = readErrorTree(header);
    if (tree === undefined) return expect.unreachable(header);
    const text = same(inspect(errorFromTree(tree)));
    expect(text).toBe(printedOn("errors.md", "header", text));
    expect(text).toMatch(/^Error: orders answered 502\n[\s\S]*\(remote:\/\/storefront\)[\s\S]*umbrella/);
    expect(README).toContain(`\`\`\`text\n${withOneFrameEach(text)}\n\`\`\`\n`);
  });

  test("is one message and one stack in pino", () => {
    const { message, stack } = printed.pino.err;
    const text = `${message}\n\n${same(stack)}`;
    expect(text).toBe(printedOn("errors.md", "pino", text));
    expect(stack).toContain(
      "caused by: RangeError: no umbrella is left on the shelf\n    at takeFromShelf (remote://robot/",
    );
  });

  test("is a chain of objects in winston", () => {
    const text = same(JSON.stringify(printed.winston, null, 2)).replaceAll(
      /\\n *at (?:(?!\\n)[^"])*(?:node:internal|node_modules)(?:(?!\\n)[^"])*/g,
      "",
    );
    expect(text).toBe(printedOn("errors.md", "winston", text));
    expect(printed.winston).toMatchObject({ cause: { cause: { cause: { name: "RangeError" } } } });
  });

  test("is a chain of exceptions in Sentry's event", () => {
    const text = printed.sentry
      .map(({ type, value, stacktrace }) => {
        const frames = stacktrace.frames.toReversed().filter(({ in_app }) => in_app);
        return [`${type}: ${value}`, ...frames.map(frameText)].join("\n");
      })
      .join("\n");
    expect(same(text)).toBe(printedOn("errors.md", "sentry", same(text)));
    expect(printed.sentry.map(({ type }) => type)).toEqual(["RangeError", "Error", "Error", "Error"]);
  });
});

function frameText({ function: name, filename, lineno }: Record<string, string>): string {
  return `    ${name === "?" ? "" : `${name} in `}${filename}${lineno === undefined ? "" : `:${lineno}`}`;
}

/** The block of the page with this text, without the lines around it. */
function recipe(holds: string): string {
  const blocks = [...readFileSync(PAGE, "utf8").matchAll(/```js\n([\s\S]*?)```/g)].map(
    ([, text = ""]) => text,
  );
  return blocks.find((text) => text.includes(holds)) ?? expect.unreachable(holds);
}

const CLIENTS = `
import { AsyncResource } from "node:async_hooks";
import { createRequire } from "node:module";
import axios from "axios";
import express from "express";
import got from "got";
import { attachErrorTree } from "otel-error-tree";
import { Agent, DecoratorHandler, interceptors, request } from "undici";

const grpc = createRequire(import.meta.url)("@grpc/grpc-js");
const [robot, dead, address] = process.argv.slice(2);
const credentials = grpc.credentials.createInsecure();
const bytes = (value) => value;
const Cart = grpc.makeGenericClientConstructor({
  take: {
    path: "/shop.Robot/Take",
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
});
${recipe("fetchOrThrow")}
${recipe("axiosClient")}
${recipe("gotClient")}
${recipe("TreeErrors")}
${recipe("const treeErrors")}
const clients = {
  fetch: (url) => fetchOrThrow(url),
  axios: (url) => axiosClient.get(url),
  got: (url) => gotClient(url, { retry: { limit: 0 } }),
  undici: (url) => request(url, { dispatcher: undiciClient }),
  grpc: () => new Promise((_, reject) => cart.take(Buffer.alloc(0), (error) => reject(error))),
};
const app = express();
app.get("/:client/:peer", async (request, response) => {
  const { client, peer } = request.params;
  try {
    await clients[client]((peer === "dead" ? dead : robot) + "/shelves/7");
  } catch (error) {
    const chain = [];
    for (let one = error; one; one = one.cause) chain.push([one.name, one.message, one.errorTree?.service]);
    response.status(500).send({ chain });
  }
});
process.once("disconnect", () => process.exit());
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
`;

describe("the error of a client", () => {
  let shop: NodeProcess;

  beforeAll(async () => {
    writeFileSync(join(folder, "shop.mjs"), CLIENTS);
    const robot = await start("robot");
    const port = (await robot.told("grpc")) as number;
    const dead = `http://127.0.0.1:${await closedPort()}`;
    shop = await start("shop", [robot.url, dead, `127.0.0.1:${port}`], folder);
  });

  async function chainOf(client: string, peer: string): Promise<unknown[][]> {
    const response = await fetch(`${shop.url}/${client}/${peer}`);
    return ((await response.json()) as { chain: unknown[][] }).chain;
  }

  test.each([
    ["fetch", "Error", /^http.* answered 500$/],
    ["axios", "AxiosError", /500/],
    ["got", "HTTPError", /500/],
    ["undici", "ResponseError", /./],
    ["grpc", "Error", /UNKNOWN: no arm is free/],
  ])("%s has what the callee failed with as its cause", async (client, name, message) => {
    const [own, cause] = await chainOf(client, "robot");
    expect(own).toEqual([name, expect.stringMatching(message), null]);
    const told = client === "grpc" ? "no arm is free" : "no umbrella is left on the shelf";
    expect(cause).toEqual(["RangeError", told, "robot"]);
  });

  test.each(["fetch", "axios", "got", "undici"])(
    "%s has the call that nobody answered as its last cause",
    async (client) => {
      const chain = await chainOf(client, "dead");
      expect(chain[0]?.[2]).toBeNull();
      expect(chain.at(-1)).toEqual(["ECONNREFUSED", expect.stringContaining("ECONNREFUSED"), "shop"]);
    },
  );
});
