// The rules that docs/security.md gives for an edge, as they stand there, in a real nginx and haproxy before real services.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import {
  HAPROXY,
  NGINX,
  nginxConfiguration,
  type Place,
  type ProxyProgram,
  startProxy,
  whyMissing,
} from "../../support/proxy/start-proxy.ts";
import { listen, plainService } from "../../support/sdk-http.ts";
import type { Service } from "../../support/services.ts";
import { closedPort, exchange } from "../../support/sockets.ts";
import {
  askOf,
  inOneChunk,
  keyOf,
  OFF,
  REQUESTS,
  responsesTo,
  responseTo,
  SECRET,
  startShop,
} from "./wire.ts";

/** Who is inside, in the rules of a gateway that has an inside; the test is inside with an address of this host. */
const INSIDE_NETWORK = "10.0.0.0/8";
const INSIDE = "127.0.0.2";

interface Edge {
  readonly proxy: ProxyProgram;
  /** Has it tell for whom it forwards. */
  readonly tellsClient: string;
  /** Its configuration with these rules, before the service at a port. */
  configuration(rules: string, upstream: number): (place: Place) => string;
  /** True where it hands on trailers. */
  readonly trailers: boolean;
}

const NGINX_EDGE: Edge = {
  proxy: NGINX,
  tellsClient: "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
  configuration:
    (rules, upstream) =>
    ({ port }) =>
      nginxConfiguration(
        `server { listen 127.0.0.1:${port}; ${rules}\n location / { proxy_pass http://127.0.0.1:${upstream}; } }`,
      ),
  trailers: false,
};

const HAPROXY_EDGE: Edge = {
  proxy: HAPROXY,
  tellsClient: "  option forwardfor",
  configuration:
    (rules, upstream) =>
    ({ port }) =>
      `defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend edge
  bind 127.0.0.1:${port}
${rules}
  default_backend service
backend service
  server only 127.0.0.1:${upstream}
`,
  trailers: true,
};

function skipped(why: string | undefined): string {
  return why === undefined ? "" : ` (skipped: ${why})`;
}

/** The rules of a kind that docs/security.md gives, in the order in which they stand there. */
function rulesOf(language: string): string[] {
  const text = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
    ([, rules]) => rules as string,
  );
}

function undoAfterTest(): Undo {
  const undo = new Undo();
  onTestFinished(() => undo.all());
  return undo;
}

/** Starts a proxy until the test has finished; where it listens. */
async function portOf(proxy: ProxyProgram, configuration: (place: Place) => string): Promise<number> {
  return Number(new URL(await startProxy(proxy, configuration, undoAfterTest())).port);
}

const everything = new Undo();
let on: Service;
let off: Service;

beforeAll(async () => {
  [on, off] = await Promise.all([startShop(SECRET, everything), startShop(OFF, everything)]);
});
afterAll(() => everything.all());

const OTHERS = ["x-other: kept", "x-error-tree-too: kept"];
const STRANGE_ASKS: readonly (readonly string[])[] = [
  [askOf(keyOf())],
  [askOf(keyOf()).replace("x-error-tree", "X-ERROR-tree")],
  [askOf(), askOf(keyOf()).replace("x-error-tree", "X-Error-Tree"), "x-error-tree:"],
  [askOf(keyOf()).replace(": ", ":\t  ")],
  ["connection: x-error-tree", askOf(keyOf())],
];

for (const { proxy, tellsClient, configuration, trailers } of [NGINX_EDGE, HAPROXY_EDGE]) {
  const { program } = proxy;
  const why = whyMissing(proxy);
  const [rules = ""] = rulesOf(program);
  const running = (upstream: number, withRules = rules): Promise<number> =>
    portOf(proxy, configuration(withRules, upstream));

  describe.skipIf(why !== undefined)(`an edge of ${program}${skipped(why)}`, () => {
    test("lets no ask through, a valid token's either, and every other field as it was", async () => {
      const { port, heads } = await plainService(200, "whole");
      const [open, closed] = [await running(port, ""), await running(port)];
      for (const lines of STRANGE_ASKS) {
        heads.length = 0;
        for (const way of [open, closed]) await responseTo(way, "GET /", [...lines, ...OTHERS]);
        const [came = "", left = ""] = heads.map((head) => head.split("\r\n").sort().join("\n"));
        expect(came).toMatch(/^x-error-tree:/im);
        expect(left).toBe(came.replace(/^x-error-tree:.*\n/gim, ""));
      }
    });

    test("gives a stranger with a valid token the bytes of a service without the library", async () => {
      const ask = askOf(keyOf());
      const [open, closed, without] = [
        await running(on.port, ""),
        await running(on.port),
        await running(off.port),
      ];
      const answered = await responsesTo(open, [ask]);
      expect(answered.map((text) => text.includes("\r\nx-error-tree: "))).toEqual(REQUESTS.map(() => true));
      const [came, expected] = [await responsesTo(closed, [ask]), await responsesTo(without, [ask])];
      expect(came.map(inOneChunk)).toEqual(expected.map(inOneChunk));
    });

    test("lets no answer out that a service gave unasked, and everything else as it was", async () => {
      const fields = ["X-Error-Tree: internal", 'x-error-tree: ok;s="shop"', "x-other: kept", "vary: accept"];
      const { port } = await plainService(500, "broken", fields);
      const [open, closed] = [await running(port, ""), await running(port)];
      const came = await responseTo(open, "GET /");
      expect(came).toMatch(/^x-error-tree: internal\r$/im);
      expect(await responseTo(closed, "GET /")).toBe(came.replace(/^x-error-tree: .*\r\n/gim, ""));
    });

    test("has no answer behind the body of a stranger, and leaves the program's own trailers", async () => {
      const ask = askOf(keyOf());
      const [open, closed] = [await running(on.port, ""), await running(on.port)];
      // The head is written before anything fails, so that the tree can only come behind the body.
      const came = (await responseTo(open, "GET /late", [ask])).split("\r\n0\r\n")[1];
      expect(came?.includes("x-error-tree: ") ?? false).toBe(trailers);
      const left = await responseTo(closed, "GET /late", [ask]);
      expect(left).not.toContain("x-error-tree");
      expect(left.includes("x-sum: 2")).toBe(trailers);
    });

    test("is not gone round by an ask behind the body of a request", async () => {
      const closed = await running(on.port);
      const chunked = ["transfer-encoding: chunked", "trailer: x-error-tree", "connection: close"];
      const head = ["POST /broken HTTP/1.1", "host: shop", ...chunked].join("\r\n");
      const bytes = `${head}\r\n\r\n4\r\nbody\r\n0\r\n${askOf(keyOf())}\r\n\r\n`;
      const response = await exchange(closed, bytes);
      expect(response).toMatch(/^HTTP\/1\.1 500 /);
      expect(response).not.toContain("x-error-tree");
    });

    test("without the rules tells for whom it forwards although the client forbids it", async () => {
      const { port } = await startShop({ OTEL_ERROR_TREE_TRUST: "loopback" }, undoAfterTest());
      const [silent, telling] = [await running(port, ""), await running(port, tellsClient)];
      // A silent proxy on the same host cannot be told from a caller: that is why a secret is the answer.
      expect(await responseTo(silent, "GET /broken", [askOf()])).toContain("\r\nx-error-tree: ");
      for (const line of ["x-other: 1", "connection: x-forwarded-for", "x-forwarded-for: 127.0.0.1"]) {
        expect(await responseTo(telling, "GET /broken", [askOf(), line])).not.toContain("x-error-tree");
      }
    });
  });
}

const NO_NGINX = whyMissing(NGINX);

describe.skipIf(NO_NGINX !== undefined)(`nginx${skipped(NO_NGINX)}`, () => {
  const [rules = ""] = rulesOf("nginx");

  test("does not inherit the rules in a location with fields of its own, as the document says", async () => {
    const { port, heads } = await plainService(200, "whole");
    const own = `proxy_pass http://127.0.0.1:${port}; proxy_set_header X-Forwarded-For $remote_addr;`;
    const edge = await portOf(NGINX, (place) =>
      nginxConfiguration(`server { listen 127.0.0.1:${place.port}; ${rules}
        location /trap { ${own} }
        location /again { ${own} ${rules} } }`),
    );
    for (const path of ["/trap", "/again"]) await responseTo(edge, `GET ${path}`, [askOf(keyOf())]);
    expect(heads.map((head) => head.includes("x-error-tree"))).toEqual([true, false]);
  });

  test("answers inside alone if the rules stand in the server that listens outside", async () => {
    const inside = await closedPort();
    const location = `location / { proxy_pass ${on.url}; }`;
    const outside = await portOf(NGINX, ({ port }) =>
      nginxConfiguration(`server { listen 127.0.0.1:${port}; ${rules} ${location} }
        server { listen 127.0.0.1:${inside}; ${location} }`),
    );
    expect(await responseTo(inside, "GET /broken", [askOf(keyOf())])).toContain("\r\nx-error-tree: ");
    expect(await responseTo(outside, "GET /broken", [askOf(keyOf())])).not.toContain("x-error-tree");
  });
});

const NO_HAPROXY = whyMissing(HAPROXY);

describe.skipIf(NO_HAPROXY !== undefined)(`haproxy${skipped(NO_HAPROXY)}`, () => {
  const [rules = "", insideRules = ""] = rulesOf("haproxy");

  test("hands on what another program says in a trailer of our name, as the document says", async () => {
    const upstream = await listen(
      createServer((socket) => {
        socket.on("error", () => socket.destroy());
        const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        socket.once("data", () => socket.end(`${head}4\r\nbody\r\n0\r\nx-error-tree: internal\r\n\r\n`));
      }),
    );
    const edge = await portOf(HAPROXY, HAPROXY_EDGE.configuration(rules, upstream));
    expect(await responseTo(edge, "GET /")).toContain("x-error-tree: internal");
  });

  test("answers inside alone if the rules spare the addresses inside", async () => {
    expect(insideRules).toContain(INSIDE_NETWORK);
    const here = insideRules.replaceAll(INSIDE_NETWORK, `${INSIDE}/32`);
    const edge = await portOf(HAPROXY, HAPROXY_EDGE.configuration(here, on.port));
    expect(await responseTo(edge, "GET /broken", [askOf(keyOf())], INSIDE)).toContain("\r\nx-error-tree: ");
    expect(await responseTo(edge, "GET /broken", [askOf(keyOf())])).not.toContain("x-error-tree");
  });
});
