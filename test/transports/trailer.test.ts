// The server side behind a head: what comes to light while a body is being sent is told in a trailer, on real sockets.
import { once } from "node:events";
import http, { type RequestListener, type ServerResponse } from "node:http";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { request } from "../support/sdk-http.ts";
import { ASK, FAILED_TOLD, failed, ID, observe, serve, told } from "../support/trailer-server.ts";

/** The ways in which programs end a body that is sent in chunks; each sends the same. */
const WAYS: Record<string, (res: ServerResponse) => unknown> = {
  "end()": (res) => {
    res.write("whole ");
    res.write("body");
    res.end();
  },
  "end(data)": (res) => {
    res.write("whole ");
    res.end("body");
  },
  "end(data, encoding)": (res) => {
    res.write("whole ");
    res.end("Ym9keQ==", "base64");
  },
  "end(data, callback)": (res) => {
    res.write("whole ");
    res.end(Buffer.from("body"), () => res.emit("told"));
  },
  "end(data, encoding, callback)": (res) => {
    res.write("whole ");
    res.end("body", "latin1", () => res.emit("told"));
  },
  "end(callback)": (res) => {
    res.write("whole body");
    res.end(() => res.emit("told"));
  },
  "end() twice": (res) => {
    res.write("whole body");
    res.end();
    res.end();
  },
  "a flushed head and end(data)": (res) => {
    res.flushHeaders();
    res.end("whole body");
  },
  "a head by writeHead and end(data)": (res) => {
    res.writeHead(200, { "content-type": "text/plain" });
    res.end("whole body");
  },
  "a transfer encoding of its own": (res) => {
    res.writeHead(200, ["Transfer-Encoding", "chunked"]);
    res.end("whole body");
  },
  "pipe()": (res) => Readable.from(["whole ", "body"]).pipe(res),
  "pipeline()": (res) => pipeline(Readable.from(["whole ", "body"]), new PassThrough(), res),
  "a web stream": (res) => new Blob(["whole body"]).stream().pipeTo(Writable.toWeb(res)),
  "cork and uncork": (res) => {
    res.cork();
    res.write("whole ");
    res.write("body");
    res.uncork();
    res.end();
  },
};

describe.each(Object.entries(WAYS))("a body ended by %s", (_, write) => {
  test("is followed by what came to light, once and unannounced, and is otherwise the same", async () => {
    const finished: Promise<unknown>[] = [];
    const port = await serve((_, res) => {
      finished.push(once(res, "close"));
      write(res);
    });
    const before = await request(port, "/", ASK);
    const { asked, health } = observe();
    const after = await request(port, "/", ASK);
    expect([after.status, after.body]).toEqual([200, "whole body"]);
    expect(before.body).toBe("whole body");
    expect(told(after)).toMatchObject([FAILED_TOLD]);
    expect(after.trailers).toHaveLength(1);
    expect(after.field("trailer")).toBeUndefined();
    expect(after.field("x-error-tree")).toBe(`ok;id="${ID}";s="shop"`);
    const others = after.fields.filter(([name]) => name !== "x-error-tree" && name !== "date");
    expect(others).toEqual(before.fields.filter(([name]) => name !== "date"));
    expect(asked).toEqual(["head 200", "end"]);
    expect(health.snapshot()).toEqual({});
    await Promise.all(finished);
  });

  test("is followed by no trailer if the head had the whole tree", async () => {
    const port = await serve((_, res) => void write(res));
    const { health } = observe({ hooks: (hooks) => ({ ...hooks, answerAtEnd: () => undefined }) });
    const response = await request(port, "/", ASK);
    expect([response.body, response.trailers]).toEqual(["whole body", []]);
    expect(health.snapshot()).toEqual({});
  });

  test("is as it was for who did not ask", async () => {
    const port = await serve((_, res) => void write(res));
    const { asked } = observe();
    const response = await request(port, "/");
    expect([response.body, response.trailers]).toEqual(["whole body", []]);
    expect(asked).toEqual(["head 200"]);
  });
});

test("callbacks and return values of end are the program's", async () => {
  observe();
  const seen: unknown[] = [];
  const port = await serve((_, res) => {
    res.write("whole ");
    const returned = res.end("body", () => {
      seen.push("called");
    });
    seen.push(returned === res);
  });
  expect((await request(port, "/", ASK)).body).toBe("whole body");
  expect(seen).toEqual([true, "called"]);
});

test("what node refuses at the end fails as it does without us, and does not end the body", async () => {
  const { asked } = observe();
  const codes: unknown[] = [];
  const port = await serve((_, res) => {
    res.write("whole ");
    try {
      res.end({} as never);
    } catch (error) {
      codes.push((error as NodeJS.ErrnoException).code);
    }
    res.end("body");
  });
  const response = await request(port, "/", ASK);
  expect([response.body, codes]).toEqual(["whole body", ["ERR_INVALID_ARG_TYPE"]]);
  expect(told(response)).toHaveLength(1);
  expect(asked.filter((what) => what === "end")).toHaveLength(1);
});

describe("a response that can have no trailer keeps node's own end:", () => {
  const NONE: Record<string, [RequestListener, { method?: string; version?: "1.0" | "1.1" }?]> = {
    "a length that node knows": [(_, res) => void res.end("body")],
    "a length that the program gave": [
      (_, res) => {
        res.writeHead(200, { "content-length": 4 });
        res.write("bo");
        res.end("dy");
      },
    ],
    "no content": [(_, res) => void res.writeHead(204).end()],
    "not modified": [(_, res) => void res.writeHead(304).end()],
    "not modified, with a transfer encoding": [
      (_, res) => void res.writeHead(304, { "transfer-encoding": "chunked" }).end(),
    ],
    "the answer to a HEAD": [
      (_, res) => {
        res.flushHeaders();
        res.end();
      },
      { method: "HEAD" },
    ],
    "the answer to a HEAD, with a transfer encoding": [
      (_, res) => {
        res.writeHead(200, { "transfer-encoding": "chunked" });
        res.end();
      },
      { method: "HEAD" },
    ],
    "HTTP/1.0": [
      (_, res) => {
        res.write("bo");
        res.end("dy");
      },
      { version: "1.0" },
    ],
    "neither length nor transfer encoding": [
      (_, res) => {
        res.removeHeader("transfer-encoding");
        res.removeHeader("content-length");
        res.write("bo");
        res.end("dy");
      },
    ],
  };

  test.each(Object.entries(NONE))("%s", async (_, [listener, line]) => {
    const own: boolean[] = [];
    const port = await serve((req, res) => {
      const { end } = res;
      listener(req, res);
      own.push(res.end === end);
    });
    const before = await request(port, "/", ASK, line);
    const { asked, health } = observe();
    const after = await request(port, "/", ASK, line);
    expect([after.status, after.body]).toEqual([before.status, before.body]);
    expect(after.trailers).toEqual([]);
    expect(asked).toEqual([`head ${after.status}`]);
    expect(own).toEqual([true, true]);
    expect(health.snapshot()).toEqual({});
  });
});

describe("a body that is given up in the middle", () => {
  test.each<[string, (res: ServerResponse) => void]>([
    ["destroyed", (res) => void res.destroy()],
    ["destroyed with an error", (res) => void res.destroy(new Error("gave up"))],
    ["destroyed, then ended", (res) => void res.destroy().end("too late")],
    [
      "whose socket is destroyed, then ended",
      (res) => {
        res.socket?.destroy();
        res.end("too late");
      },
    ],
  ])("%s has no trailer, and nothing is thrown", async (_, giveUp) => {
    const { health } = observe();
    const port = await serve((_, res) => {
      res.on("error", () => undefined);
      res.write("half", () => giveUp(res));
    });
    const response = await request(port, "/", ASK).catch(() => undefined);
    expect(response?.trailers ?? []).toEqual([]);
    expect(health.snapshot()).toEqual({});
  });

  test("by its client has none either", async () => {
    const { health } = observe();
    let closed: Promise<unknown> | undefined;
    const port = await serve((_, res) => {
      closed = once(res, "close").then(() => res.end("too late"));
      res.write("half");
    });
    const client = http.get({ port, host: "127.0.0.1", headers: ASK }, (res) => res.destroy());
    client.on("error", () => undefined);
    await once(client, "close");
    await closed;
    expect(health.snapshot()).toEqual({});
  });
});
test("every request of a connection has a trailer of its own, or none", async () => {
  let failing = true;
  observe({ hooks: (hooks) => ({ ...hooks, answerAtEnd: () => (failing ? failed() : undefined) }) });
  const port = await serve((_, res) => {
    res.write("whole ");
    res.end("body");
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const seen: unknown[] = [];
  for (failing of [true, false, true]) {
    const [response] = (await once(
      http.get({ port, host: "127.0.0.1", agent, headers: ASK }),
      "response",
    )) as [http.IncomingMessage];
    let body = "";
    for await (const chunk of response) body += chunk;
    seen.push([body, Object.keys(response.trailers)]);
  }
  expect(seen).toEqual([
    ["whole body", ["x-error-tree"]],
    ["whole body", []],
    ["whole body", ["x-error-tree"]],
  ]);
});
