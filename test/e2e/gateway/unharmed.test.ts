// No response is harmed: with the library and without it, heads and bodies are equal byte for byte but for our own fields.
import { type EventEmitter, once } from "node:events";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { NodeProcess } from "../../support/process/node-process.ts";
import { endServices } from "../../support/sdk-process.ts";
import { exchange, unchunked } from "../../support/sockets.ts";

const { WebSocket } = createRequire(import.meta.url)("ws") as {
  WebSocket: new (url: string, options: object) => EventEmitter & { send(data: string): void; close(): void };
};
const OTEL = new URL("../../support/sdk-register.ts", import.meta.url);
const ID = "00f067aa0ba902b7";
const ASK = `x-error-tree: v=1, id="${ID}", from="test"\r\n`;
/** Fields that differ from one response to the next. */
const CHANGING = /^(?:date|etag): /i;

const REQUESTS: Readonly<Record<string, string>> = {
  "server-sent events": "GET /events",
  "compressed events": "GET /compressed/events",
  "lines of JSON": "GET /lines",
  "a compressed failure": "GET /compressed/big",
  "early hints": "GET /hints",
  "an error that is thrown": "GET /throws",
  "not modified": "GET /not-modified",
  "no content": "GET /empty",
  "a head alone": "HEAD /head",
  "an echo": "POST /echo",
  "a preflight": "OPTIONS /own",
  "not found": "GET /nothing-here",
};

interface Side {
  readonly service: NodeProcess;
  readonly gateways: Readonly<Record<string, NodeProcess>>;
}

const GATEWAYS = ["http-proxy", "http-proxy-middleware", "reply-from", "hono-proxy"];

async function start(isDisabled: boolean): Promise<Side> {
  const one = (program: string): Promise<NodeProcess> =>
    NodeProcess.listening(new URL(`./${program}.ts`, import.meta.url), {
      imports: [OTEL],
      nodeOptions: ["--no-deprecation"],
      env: {
        NODE_ENV: "test",
        SERVICE_NAME: program,
        OTEL_TRACES_EXPORTER: "none",
        OTEL_ERROR_TREE_DISABLED: String(isDisabled),
      },
    });
  const [service, ...gateways] = await Promise.all(["many-ways", ...GATEWAYS].map(one));
  return {
    service: service as NodeProcess,
    gateways: Object.fromEntries(GATEWAYS.map((name, i) => [name, gateways[i] as NodeProcess])),
  };
}

interface Heard {
  /** The heads that came, the last one is that of the response. */
  readonly heads: readonly (readonly string[])[];
  readonly body: string;
  readonly trailers: string;
}

async function hear(port: number, line: string, fields: string): Promise<Heard> {
  const [method = "", path = ""] = line.split(" ");
  const body =
    method === "POST" ? "content-type: text/plain\r\ncontent-length: 11\r\n\r\nhello world" : "\r\n";
  const common = `host: 127.0.0.1:${port}\r\nconnection: close\r\naccept-encoding: gzip\r\n`;
  let rest = await exchange(port, `${method} ${path} HTTP/1.1\r\n${common}${fields}${body}`);
  const heads: string[][] = [];
  for (let isLast = false; !isLast; ) {
    const end = rest.indexOf("\r\n\r\n");
    const head = rest.slice(0, end).split("\r\n");
    heads.push(head.filter((one) => !CHANGING.test(one)));
    rest = rest.slice(end + 4);
    isLast = !/^HTTP\/1\.1 1/.test(head[0] ?? "");
  }
  const isChunked = heads.at(-1)?.some((one) => /^transfer-encoding: chunked$/i.test(one)) ?? false;
  if (!isChunked || rest === "") return { heads, body: rest, trailers: "" };
  const { body: whole, behind } = unchunked(rest);
  return { heads, body: whole, trailers: behind.trim() };
}

/** Without what an answer adds. */
function withoutOurs({ heads, body, trailers }: Heard): Heard {
  return {
    heads: heads.map((head) =>
      head
        .filter((line) => !/^(?:x-error-tree: |server-timing: |vary: x-error-tree$)/i.test(line))
        .map((line) => line.replace(/^(vary: .*), x-error-tree$/i, "$1")),
    ),
    body,
    trailers: trailers.replace(/^x-error-tree: .*$/im, ""),
  };
}

let plain: Side;
let observed: Side;

beforeAll(async () => {
  [plain, observed] = await Promise.all([start(true), start(false)]);
  return () =>
    endServices(
      ...[plain, observed].flatMap(({ service, gateways }) => [service, ...Object.values(gateways)]),
    );
}, 60_000);

describe.each(["nobody", ...GATEWAYS])("behind %s", (gateway) => {
  async function both(line: string, fields: string): Promise<{ without: Heard; heard: Heard }> {
    const through = ({ service, gateways }: Side): Promise<Heard> =>
      hear((gateways[gateway] ?? service).port, line, `${fields}x-upstream: ${service.url}\r\n`);
    const [without, heard] = await Promise.all([through(plain), through(observed)]);
    return { without, heard };
  }

  test.each(Object.entries(REQUESTS))("%s", async (_, line) => {
    const unasked = await both(line, "");
    expect(unasked.heard).toEqual(unasked.without);
    const asked = await both(line, ASK);
    expect(withoutOurs(asked.heard)).toEqual(unasked.without);
    const ours = asked.heard.heads.flat().filter((field) => /^x-error-tree: /i.test(field));
    // One answer, to this ask, in the head of the response and in no hint.
    expect(ours).toHaveLength(1);
    expect(asked.heard.heads.at(-1)).toContain(ours[0]);
    expect(ours[0]?.includes(`id="${ID}"`) || ours[0]?.includes(": :")).toBe(true);
  });
});

test("a WebSocket beside them works, and its program sees no ask", async () => {
  const headers = { "x-error-tree": `v=1, id="${ID}", from="test"`, "x-other": "kept" };
  for (const { service } of [plain, observed]) {
    const socket = new WebSocket(`ws://127.0.0.1:${service.port}/socket`, { headers });
    const [greeting] = await once(socket, "message");
    if (service === observed.service) expect(String(greeting)).not.toContain("v=1");
    expect(String(greeting)).toContain('"x-other":"kept"');
    socket.send("hello");
    const [echoed] = await once(socket, "message");
    expect(String(echoed)).toBe("hello");
    socket.close();
    await once(socket, "close");
  }
});
