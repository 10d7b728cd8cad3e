// The server side behind a head: what comes to light while a body is being sent is told in a trailer, on real sockets.
import { once } from "node:events";
import http, { type RequestListener, type ServerResponse } from "node:http";
import { PassThrough, Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAnswerCodec } from "../../src/codec/answer.ts";
import { HealthCounts } from "../../src/health.ts";
import type { AnswerCodec, AnswerDesk, Outcome } from "../../src/model/ports.ts";
import type { TreeNode } from "../../src/model/tree.ts";
import { observeHttpServers } from "../../src/propagate/http-server.ts";
import { createTrust } from "../../src/propagate/trust.ts";
import { breaking } from "../support/sdk.ts";
import { listen, request, type WireResponse } from "../support/sdk-http.ts";

const ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${ID}", from="test"` };
const PERSON = { "x-error-tree": "v=1, f=json" };
const OPERATION = "GET /";
const FINE: Outcome = { service: "shop", code: "ok", exported: false };

function failed(children: readonly TreeNode[] = [], message = "sold out"): Outcome {
  const root: TreeNode = {
    service: "shop",
    operation: OPERATION,
    code: "internal",
    count: 1,
    message,
    children,
  };
  return { service: "shop", code: "internal", exported: true, tree: { traceId: "", root, omitted: 0 } };
}

interface Observed {
  readonly health: HealthCounts;
  /** What the desk was asked, in its order. */
  readonly asked: string[];
}

interface Replaced {
  readonly atEnd?: Outcome | undefined;
  readonly desk?: (desk: AnswerDesk) => AnswerDesk;
  readonly codec?: AnswerCodec;
}

/** Observes the servers of the process: all is well at the head, and at the end it is not, unless the test says so. */
function observe({
  atEnd = failed(),
  desk = (same) => same,
  codec = createAnswerCodec(),
}: Replaced = {}): Observed {
  const health = new HealthCounts();
  const asked: string[] = [];
  onTestFinished(
    observeHttpServers({
      desk: desk({
        outcomeAtHead: (_, status) => {
          asked.push(`head ${status}`);
          return FINE;
        },
        outcomeAtEnd: () => {
          asked.push("end");
          return atEnd;
        },
      }),
      codec,
      trust: createTrust("loopback"),
      health,
      exchanges: new WeakMap(),
      headerBytes: 1024,
      blockBytes: 3072,
      minimalBlockBytes: 3584,
    }),
  );
  return { health, asked };
}

function serve(listener: RequestListener): Promise<number> {
  return listen(http.createServer(listener));
}

/** The outcomes that the trailers of our name tell. */
function told({ trailers }: WireResponse, id: string | undefined = ID): unknown[] {
  const values = trailers.filter(([name]) => name === "x-error-tree").map(([, value]) => value);
  return values.map((value) => createAnswerCodec().decode(value, id, OPERATION));
}

const FAILED_TOLD = { code: "internal", exported: true, tree: { root: { message: "sold out" } } };

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

  test("is followed by nothing where the head said it all", async () => {
    const port = await serve((_, res) => void write(res));
    const { health } = observe({ desk: (desk) => ({ ...desk, outcomeAtEnd: () => undefined }) });
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

describe("the program's own trailers", () => {
  const SUM = ["x-sum", "4"];

  test.each<[string, RequestListener]>([
    [
      "announced and added",
      (_, res) => {
        res.writeHead(200, { Trailer: "X-Sum" });
        res.write("body");
        res.addTrailers({ "X-Sum": "4" });
        res.end();
      },
    ],
    [
      "added before the head",
      (_, res) => {
        res.addTrailers({ "X-Sum": "4" });
        res.write("body");
        res.end();
      },
    ],
    [
      "added as pairs",
      (_, res) => {
        res.write("body");
        res.addTrailers([["X-Sum", "4"]]);
        res.end();
      },
    ],
    [
      "added twice, which counts once",
      (_, res) => {
        res.write("body");
        res.addTrailers({ "X-Other": "1" });
        res.addTrailers({ "X-Sum": "4" });
        res.end();
      },
    ],
  ])("%s stand before ours", async (_, listener) => {
    const port = await serve(listener);
    const before = await request(port, "/", ASK);
    observe();
    const after = await request(port, "/", ASK);
    expect(before.trailers).toEqual([SUM]);
    expect(after.trailers).toEqual([SUM, ["x-error-tree", expect.any(String)]]);
    expect(told(after)).toMatchObject([FAILED_TOLD]);
    expect([after.body, after.field("trailer")]).toEqual(["body", before.field("trailer")]);
  });

  test("a response that says it takes trailers keeps saying so", async () => {
    observe();
    const port = await serve((_, res) => {
      res.setHeader("TE", "trailers");
      res.write("body");
      res.end();
    });
    const response = await request(port, "/", { ...ASK, te: "trailers" });
    expect([response.field("te"), response.body, response.trailers.length]).toEqual(["trailers", "body", 1]);
  });

  test("that node refuses fail as they do without us", async () => {
    observe();
    const port = await serve((_, res) => {
      res.write("body");
      for (const wrong of [{ "x sum": "4" }, { "x-sum": "4\n" }, null]) {
        try {
          res.addTrailers(wrong as never);
        } catch (error) {
          res.write(` ${(error as Error).name}`);
        }
      }
      res.end();
    });
    const response = await request(port, "/", ASK);
    expect(response.body).toBe("body TypeError TypeError TypeError");
    expect(told(response)).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ["an object", { "X-Error-Tree": "internal", "X-Sum": "4" }],
    [
      "pairs",
      [
        ["x-error-tree", "internal"],
        ["X-Sum", "4"],
      ],
    ],
  ])("an answer that was copied from behind another body, in %s, goes to nobody", async (_, trailers) => {
    observe();
    const port = await serve((_, res) => {
      res.write("body");
      res.addTrailers(trailers as never);
      res.end();
    });
    expect((await request(port, "/")).trailers).toEqual([SUM]);
    const asked = await request(port, "/", ASK);
    expect(asked.trailers).toHaveLength(2);
    expect(told(asked)).toMatchObject([FAILED_TOLD]);
  });

  test("leave less room for ours where they are large", async () => {
    observe({ atEnd: failed([], "long ".repeat(600)) });
    const port = await serve((req, res) => {
      res.write("body");
      res.addTrailers({ "X-Large": "x".repeat(Number(req.url?.slice(1))) });
      res.end();
    });
    for (const [size, fits] of [
      [10, true],
      [2900, true],
      [4000, false],
    ] as const) {
      const response = await request(port, `/${size}`, ASK);
      expect(told(response)).toHaveLength(fits ? 1 : 0);
      const bytes = response.trailers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
      if (fits) expect(bytes).toBeLessThan(3584);
    }
  });
});

describe("middleware that replaces end", () => {
  /** Ends late, as compression does: what was collected goes out by the end that was there before. */
  function collecting(res: ServerResponse): void {
    const { end, write } = res;
    const out = new Transform({ transform: (chunk, _, done) => done(null, String(chunk).toUpperCase()) });
    out.on("data", (chunk) => write.call(res, chunk, "utf8"));
    out.on("end", () => end.call(res, undefined as never, "utf8" as never));
    res.write = ((chunk: string) => out.write(chunk)) as never;
    res.end = ((chunk?: string) => {
      out.end(chunk);
      return res;
    }) as never;
  }

  test.each<[string, (res: ServerResponse) => void]>([
    [
      "before the head",
      (res) => {
        collecting(res);
        res.flushHeaders();
      },
    ],
    [
      "behind the head",
      (res) => {
        res.flushHeaders();
        collecting(res);
      },
    ],
  ])("%s, and ends later, does not keep the trailer away", async (_, prepare) => {
    const { asked } = observe();
    const port = await serve((_, res) => {
      prepare(res);
      res.write("whole ");
      res.end("body");
    });
    const response = await request(port, "/", ASK);
    expect(response.body).toBe("WHOLE BODY");
    expect(told(response)).toMatchObject([FAILED_TOLD]);
    expect(asked).toEqual(["head 200", "end"]);
  });
});

describe("the value", () => {
  const MANY: TreeNode[] = Array.from({ length: 400 }, (_, i) => ({
    service: `service-${i}`,
    operation: `GET /${"path/".repeat(20)}${i}`,
    code: "unavailable",
    count: 1,
    message: "é".repeat(200),
    children: [],
  }));

  test("never takes more than 2,048 bytes, however large the tree is", async () => {
    observe({ atEnd: failed(MANY) });
    const port = await serve((_, res) => {
      res.write("whole ");
      res.end("body");
    });
    for (const ask of [ASK, PERSON]) {
      const { body, trailers } = await request(port, "/", ask);
      expect(body).toBe("whole body");
      expect(trailers).toHaveLength(1);
      expect(trailers[0]?.[1].length).toBeGreaterThan(64);
      expect(trailers[0]?.[1].length).toBeLessThanOrEqual(2048);
      expect(trailers[0]?.[1]).toMatch(/^[ -~]*$/);
    }
  });

  test("that a codec makes too large is left out, counted", async () => {
    const codec = { ...createAnswerCodec(), encode: () => ({ value: "x".repeat(2049), minimal: false }) };
    const { health } = observe({ codec });
    const port = await serve((_, res) => {
      res.write("whole ");
      res.end("body");
    });
    const response = await request(port, "/", ASK);
    expect([response.body, response.trailers]).toEqual(["whole body", []]);
    expect(health.snapshot()).toEqual({ answers_unwritten: 1 });
  });

  test("is JSON for a person", async () => {
    observe();
    const port = await serve((_, res) => {
      res.write("whole ");
      res.end("body");
    });
    const { trailers } = await request(port, "/", PERSON);
    expect(JSON.parse(trailers[0]?.[1] as string)).toMatchObject({ service: "shop", code: "internal" });
  });

  test("is the outcome alone where a cache may give the response to others", async () => {
    observe();
    const port = await serve((_, res) => {
      res.writeHead(200, { "Cache-Control": "max-age=60" }).write("whole ");
      res.end("body");
    });
    const { trailers } = await request(port, "/", ASK);
    expect(trailers).toEqual([["x-error-tree", `internal;id="${ID}";s="shop";e`]]);
  });
});

describe("a response is whole and ends where what throws is", () => {
  /** A codec that works at the head, and at the end does what the test says. */
  function atEnd(encode: AnswerCodec["encode"]): AnswerCodec {
    const codec = createAnswerCodec();
    let calls = 0;
    return { ...codec, encode: (...args) => (++calls === 1 ? codec : { encode }).encode(...args) };
  }

  test.each<[string, Replaced]>([
    ["the desk", { desk: (desk) => breaking(desk, "outcomeAtEnd") }],
    ["the codec", { codec: atEnd(breaking(createAnswerCodec(), "encode").encode) }],
    ["node, for our value is none", { codec: atEnd(() => ({ value: "no\nvalue", minimal: true })) }],
  ])("%s", async (_, replaced) => {
    const { health } = observe(replaced);
    const port = await serve((_, res) => {
      res.write("whole ");
      res.addTrailers({ "x-sum": "4" });
      res.end("body");
    });
    const response = await request(port, "/", ASK);
    expect(response.field("x-error-tree")).toBe(`ok;id="${ID}";s="shop"`);
    expect([response.body, response.trailers]).toEqual(["whole body", [["x-sum", "4"]]]);
    expect(health.snapshot()).toEqual({ internal_errors: 1 });
  });

  test("a response whose end cannot be replaced", async () => {
    const { health } = observe();
    const port = await serve((_, res) => {
      Object.defineProperty(res, "end", { value: res.end, writable: false });
      res.write("whole ");
      res.end("body");
    });
    const response = await request(port, "/", ASK);
    expect([response.body, response.trailers]).toEqual(["whole body", []]);
    expect(health.snapshot()).toEqual({ internal_errors: 1 });
  });
});

test("every request of a connection has a trailer of its own, or none", async () => {
  let failing = true;
  observe({ desk: (desk) => ({ ...desk, outcomeAtEnd: () => (failing ? failed() : undefined) }) });
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
