// What a stranger sends that wants to do harm: it is refused or bounded, and everybody else is served.
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { TreeRendering } from "../../../src/cli/observatory/tree-rendering.ts";
import type { Failure, Picture } from "../../../src/observatory/graph/picture.ts";
import type { OpenTrace } from "../../../src/observatory/intake/open-traces.ts";
import { Observatory } from "../../../src/observatory/server/observatory.ts";
import { type Serving, START, withObservatory } from "./serving.ts";

const NDJSON = "application/x-ndjson";
const JSON_TYPE = "application/json";
const PROTOBUF = "application/x-protobuf";

async function isServing(serving: Serving): Promise<void> {
  expect((await serving.get("/api/picture")).status).toBe(200);
}

/** Sends text over a socket and gives back all that comes until it is closed. */
function exchange({ port }: Serving, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    // It may be closed while we still write.
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}

function span(values: object): object {
  return {
    ...{ traceId: "5b8efff798038103d269b633813fc60c", spanId: "00000000000000a1", name: "GET /", kind: 2 },
    ...{ startTimeUnixNano: `${START}000000`, endTimeUnixNano: `${START + 5}000000`, status: { code: 2 } },
    ...values,
  };
}

function spans(...all: readonly object[]): string {
  return JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: all }] }] });
}

describe("bodies", () => {
  it("that are too large are refused, before and after they are unzipped", () =>
    withObservatory(
      async (serving) => {
        const large = Buffer.alloc(3_000, " ");
        const bomb = gzipSync(Buffer.alloc(50_000_000));
        for (const path of ["/v1/traces", "/v1/metrics", "/v1/logs", "/v1/events", "/api/render"]) {
          const answer = await serving.post(path, JSON_TYPE, large);
          expect([path, answer.status, await answer.text()]).toEqual([
            path,
            413,
            expect.stringContaining("2000 bytes"),
          ]);
        }
        const { status } = await serving.post("/v1/traces", PROTOBUF, gzipSync(Buffer.alloc(1_000_000)), {
          "content-encoding": "gzip",
        });
        expect(status).toBe(413);
        expect(
          (await serving.post("/v1/traces", PROTOBUF, bomb, { "content-encoding": "gzip" })).status,
        ).toBe(413);
        await isServing(serving);
      },
      { bodies: { mostBytes: 2_000, mostPlainBytes: 100_000 } },
    ));

  it("without a length are refused as soon as they are too large", () =>
    withObservatory(
      async (serving) => {
        const chunk = `7d0\r\n${" ".repeat(2_000)}\r\n`;
        const head =
          "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        // The rest of it never comes.
        expect(await exchange(serving, head + chunk.repeat(2))).toContain("413 Payload Too Large");
        await isServing(serving);
      },
      { bodies: { mostBytes: 3_000 } },
    ));

  it("that come all at once are refused for a moment, and their memory is given back", () =>
    withObservatory(
      async (serving) => {
        const socket = net.connect(serving.port, "127.0.0.1");
        socket.write(
          `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n${" ".repeat(2_500)}`,
        );
        const send = (): Promise<Response> => serving.post("/v1/events", NDJSON, Buffer.alloc(2_000, "\n"));
        let answer = await send();
        while (answer.status === 200) answer = await send();
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
        socket.destroy();
        while (answer.status === 503) answer = await send();
        expect(answer.status).toBe(200);
      },
      { bodies: { mostBytesAtOnce: 4_000 } },
    ));

  it("that come slowly are not waited for, nor are heads", () =>
    withObservatory(
      async (serving) => {
        const head =
          "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n";
        const answers = await Promise.all([exchange(serving, `${head}\r\n{`), exchange(serving, head)]);
        for (const answer of answers) expect(answer).toContain("408 Request Timeout");
        await isServing(serving);
      },
      { serve: { mostRequestMs: 200 } },
    ));

  it("of JSON that is nested very deeply do no harm", () =>
    withObservatory(async (serving) => {
      const deep = "[".repeat(500_000) + "]".repeat(500_000);
      for (const path of ["/v1/traces", "/v1/metrics"]) {
        const text = `{"resourceSpans":${deep},"resourceMetrics":${deep}}`;
        expect([200, 400]).toContain((await serving.post(path, JSON_TYPE, text)).status);
      }
      expect((await serving.post("/v1/events", NDJSON, `{"node":"a","token":${deep}}`)).status).toBe(200);
      const shorter = "[".repeat(200_000) + "]".repeat(200_000);
      expect((await serving.post("/api/render", "text/plain", shorter)).status).toBe(422);
      await isServing(serving);
    }));

  it("that are pasted and very large are refused", () =>
    withObservatory(async (serving) => {
      const text = spans(...Array.from({ length: 5_000 }, (_, i) => span({ spanId: `${i}` })));
      const answer = await serving.post("/api/render", "text/plain", text);
      expect([answer.status, await answer.text()]).toEqual([
        413,
        expect.stringContaining("otel-error-tree render"),
      ]);
      expect((await serving.post("/api/render", "text/plain", spans(span({})))).status).toBe(200);
    }));

  it("of many small things are read, and others get their turn", () =>
    withObservatory(async (serving) => {
      const lines = gzipSync(Buffer.alloc(4_000_000, "\n"));
      const sending = serving.post("/v1/events", NDJSON, lines, { "content-encoding": "gzip" });
      await isServing(serving);
      expect((await sending).status).toBe(200);
    }));
});

describe("names", () => {
  it("of any text are text of bounded length, in every answer", () =>
    withObservatory(async (serving) => {
      const names = [
        "__proto__",
        "constructor",
        "<img src=x onerror=alert(1)>",
        "\u202Eevil\u0007\u001b[31m",
        "x".repeat(1_000_000),
      ];
      const events = names.flatMap((node, i) => [
        { node: "a", token: `${i}` },
        { node, token: `${i}` },
      ]);
      // A line of a million characters is not read; as an attribute it is.
      const lines = events.map((event) => JSON.stringify(event)).join("\n");
      expect(await (await serving.post("/v1/events", NDJSON, lines)).json()).toMatchObject({
        accepted: 9,
        rejected: 1,
      });
      const long = "y".repeat(1_000_000);
      const trace = {
        resource: { attributes: [{ key: "service.name", value: { stringValue: long } }] },
        scopeSpans: [{ spans: [span({ name: long, status: { code: 2, message: long } })] }],
      };
      await serving.post("/v1/traces", JSON_TYPE, JSON.stringify({ resourceSpans: [trace] }));
      serving.now += 600;
      serving.observatory.tick();
      serving.now += 20_000;
      serving.observatory.tick();
      const picture = await serving.json<Picture>("/api/picture");
      const shown = picture.nodes.map(({ name }) => name);
      expect(shown).toContain("__proto__");
      expect(shown).toContain("<img src=x onerror=alert(1)>");
      expect(shown).toContain("\ufffdevil\ufffd\ufffd[31m");
      expect(Math.max(...shown.map((name) => name.length))).toBe(128);
      const failures = await serving.get("/api/failures");
      expect(failures.headers.get("content-type")).toBe(JSON_TYPE);
      expect((await failures.text()).length).toBeLessThan(3_000);
      const page = await serving.get("/");
      expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self';/);
    }));

  it("of very many nodes and edges count as other, and as dropped", () =>
    withObservatory(async (serving) => {
      const lines = Array.from(
        { length: 5_000 },
        (_, i) => `{"node":"a","token":${i}}\n{"node":"n${i}","token":${i}}`,
      );
      await serving.post("/v1/events", NDJSON, lines.join("\n"));
      serving.now += 1;
      const picture = await serving.json<Picture>("/api/picture");
      expect(picture.edges).toHaveLength(2_001);
      expect(picture.edges.reduce((sum, { requests }) => sum + requests, 0)).toBe(5_000);
      expect(picture.edges.find(({ server }) => server === "other")?.requests).toBe(3_000);
      expect(picture.doubts.droppedEdges).toBe(1_000);
    }));

  it("of traces can be anything, too", () =>
    withObservatory(
      async (serving) => {
        for (const traceId of ["\ud800", "__proto__", "../../etc", "<script>", "a b"]) {
          await serving.post("/v1/traces", JSON_TYPE, spans(span({ traceId })));
        }
        serving.now += 600;
        serving.observatory.tick();
        const failures = await serving.json<Failure[]>("/api/failures");
        expect(failures.map(({ jaegerUrl }) => jaegerUrl)).toContain("http://j/trace/..%2F..%2Fetc");
        expect(failures).toHaveLength(5);
        const pasted = await serving.post("/api/render", "text/plain", spans(span({ traceId: "\ud800" })));
        expect(pasted.status).toBe(200);
        expect((await serving.get("/api/failures/__proto__")).status).toBe(200);
        expect((await serving.get("/api/failures/..%2F..%2Fetc")).status).toBe(404);
        expect((await serving.get("/api/failures/toString")).status).toBe(404);
      },
      { options: { jaegerUrl: "http://j" } },
    ));

  it("of traces that fail with very many spans are read a few at a time", async () => {
    let [read, now] = [0, START];
    const failureOf = ({ records }: OpenTrace): undefined => {
      read += records.length;
    };
    const rendering = Object.assign(new TreeRendering(undefined), { failureOf });
    const observatory = new Observatory({ rendering, now: () => now });
    const facts = {
      service: "a",
      kind: "server",
      name: "x",
      status: "error",
      attributes: {},
      events: [],
    } as const;
    for (let i = 0; i < 9 * 5_000; i++) {
      const one = { ...facts, spanId: `${i}`, start: START * 1_000, end: START * 1_000 };
      observatory.intake.span(`${Math.floor(i / 5_000)}`, one, START);
    }
    now += 600;
    observatory.tick();
    expect(read).toBe(20_000);
    expect(observatory.doubts().notes.join()).toContain("because very many came at once: 5.");
  });
});

describe("very many traces that are complete at once", () => {
  it("are counted a few at a time, and all of them", async () => {
    let now = START;
    const observatory = new Observatory({ rendering: new TreeRendering(undefined), now: () => now });
    const facts = {
      service: "a",
      kind: "server",
      name: "x",
      status: "ok",
      attributes: {},
      events: [],
    } as const;
    for (let i = 0; i < 25_000; i++) {
      observatory.intake.span(
        `${i}`,
        { ...facts, spanId: "1", start: START * 1_000, end: START * 1_000 },
        START,
      );
    }
    now += 9_000;
    const requests = (): number | undefined => observatory.picture({ last: 60 }).edges[0]?.requests;
    const counted = [1, 2, 3, 4].map(() => {
      observatory.tick();
      return requests();
    });
    expect(counted).toEqual([10_000, 20_000, 25_000, 25_000]);
  });
});

describe("connections", () => {
  it("with a head that is too large are closed", () =>
    withObservatory(async (serving) => {
      const fields = Array.from({ length: 2_000 }, (_, i) => `x-${i}: ${"y".repeat(100)}\r\n`).join("");
      expect(await exchange(serving, `GET / HTTP/1.1\r\nhost: localhost\r\n${fields}\r\n`)).toContain("431 ");
      await isServing(serving);
    }));

  it("that are no HTTP are closed", () =>
    withObservatory(async (serving) => {
      expect(await exchange(serving, "\u0016\u0003\u0001\u0000\u0000")).toContain("400 Bad Request");
      expect(
        await exchange(
          serving,
          "GET //evil.example/x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        ),
      ).toContain("404 ");
      expect(
        await exchange(serving, "GET http://[::/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
      ).toContain("400 ");
      await isServing(serving);
    }));

  it.each([
    ["are idle", ""],
    ["have sent half a head", "GET / HTTP/1.1\r\nhost:"],
    [
      "are slow to send",
      "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    ],
  ])("that %s make room for others, the oldest first; browsers that look on do not", (_, text) =>
    withObservatory(
      async (serving) => {
        const { body } = await serving.get("/api/live");
        const closed: number[] = [];
        const sockets: net.Socket[] = [];
        for (let i = 0; i < 20; i++) {
          const socket = net.connect(serving.port, "127.0.0.1");
          socket.on("error", () => {});
          socket.on("close", () => closed.push(i));
          await once(socket, "connect");
          socket.write(text);
          sockets.push(socket);
          // Until the server has seen it.
          await serving.status("/api/failures", { connection: "close" });
        }
        await isServing(serving);
        while (closed.length < 11) await new Promise((resolve) => setImmediate(resolve));
        expect(closed.toSorted((one, other) => one - other).slice(0, 11)).toEqual(
          Array.from({ length: 11 }, (_, i) => i),
        );
        expect(closed).not.toContain(19);
        const reader = (body as ReadableStream<Uint8Array>).getReader();
        serving.now += 10_000;
        serving.observatory.tick();
        expect((await reader.read()).done).toBe(false);
        await reader.cancel();
        for (const socket of sockets) socket.destroy();
      },
      { serve: { mostConnections: 10 } },
    ),
  );

  it("on which requests come far ahead of their answers are closed, and those of eight at a time are not", () =>
    withObservatory(async (serving) => {
      const ask = "GET /api/failures HTTP/1.1\r\nhost: localhost\r\n\r\n";
      const asked = vi.spyOn(serving.observatory, "failures");
      await exchange(serving, ask.repeat(1_000));
      expect(asked).toHaveBeenCalledTimes(8);
      const last = "GET /none HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
      const answers = await exchange(serving, ask.repeat(7) + last);
      expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(7);
      expect(answers).toContain("404 ");
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 30; i++) {
        const request = http.get({ port: serving.port, path: "/api/failures", agent });
        const [answer] = (await once(request, "response")) as [http.IncomingMessage];
        expect(answer.statusCode).toBe(200);
        await once(answer.resume(), "end");
      }
      agent.destroy();
    }));

  it("of browsers that look on are bounded, and those that take nothing are let go", () =>
    withObservatory(async (serving) => {
      const answers: Response[] = [];
      for (let i = 0; i < 65; i++) answers.push(await serving.get("/api/live"));
      expect(answers.map(({ status }) => status)).toEqual([...Array(64).fill(200), 503]);
      for (const { body } of answers) await body?.cancel();
      // One that never reads.
      const socket = net.connect(serving.port, "127.0.0.1");
      socket.write("GET /api/live?last=3600 HTTP/1.1\r\nhost: localhost\r\n\r\n");
      await once(socket, "readable");
      const lines = Array.from(
        { length: 1_999 },
        (_, i) => `{"node":"a","token":${i}}\n{"node":"n${i}${"x".repeat(100)}","token":${i}}`,
      );
      await serving.post("/v1/events", NDJSON, lines.join("\n"));
      let isClosed = false;
      socket.on("close", () => {
        isClosed = true;
      });
      socket.on("error", () => {});
      for (let i = 0; i < 60 && !isClosed; i++) {
        serving.now += 10_000;
        serving.observatory.tick();
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.resume();
      if (!isClosed) await once(socket, "close");
      await isServing(serving);
    }));
});
