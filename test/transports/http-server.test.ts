// The server side of node:http on real sockets: the ask is hidden, the answer is added, all else stays as it was.

import http, { type RequestListener } from "node:http";
import { context, diag, ROOT_CONTEXT } from "@opentelemetry/api";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Exchange } from "../../src/exchange.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import type { TrustRule } from "../../src/trust/trust.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { always, httpServerParts } from "../support/http-server-parts.ts";
import { answerOf, node } from "../support/nodes.ts";
import { listen, request, type WireResponse } from "../support/sdk-http.ts";
import { trusting } from "../support/trust.ts";

const ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${ID}", from="test"` };
const FINE: Answer = { service: "shop", code: "ok", exported: false };
const FAILED = answerOf(node("shop", { message: "no room" }));

interface Observed {
  readonly health: HealthCounts;
  readonly exchanges: WeakMap<object, Exchange>;
  /** Statuses for which the hooks was asked. */
  readonly heads: number[];
}

/** Observes the servers of the process, with hooks that always say the same, until the test has finished. */
function observe(outcome: Answer | undefined, trust: TrustRule | "nobody" = "loopback"): Observed {
  const health = new HealthCounts();
  const exchanges = new WeakMap<object, Exchange>();
  const heads: number[] = [];
  onTestFinished(
    observeHttpServers(
      httpServerParts(
        {
          answerAtHead: (_, status) => {
            heads.push(status);
            return outcome;
          },
        },
        { trust: trusting(trust === "nobody" ? undefined : trust), health, exchanges },
      ),
    ),
  );
  return { health, exchanges, heads };
}

function serve(listener: RequestListener): Promise<number> {
  return listen(http.createServer(listener));
}

/** Everything of a response but its date and what is ours. */
function restOf({ status, fields, body }: WireResponse): object {
  const others = fields.filter(
    ([name, value]) => !["date", "x-error-tree"].includes(name) && value !== "x-error-tree",
  );
  return { status, fields: others.map(([name, value]) => [name, value.replace(", x-error-tree", "")]), body };
}

/** What a value tells who asked. */
function readAnswer(value: string): Answer | "malformed" | "foreign" {
  return createAnswerCodec().decode(value, ID, "GET /");
}

function allOf(response: WireResponse, name: string): string[] {
  return response.fields.filter(([key]) => key === name).map(([, value]) => value);
}

/** The ways in which programs write a head; each sends the same status, fields and body. */
const WAYS: Record<string, RequestListener> = {
  "fields set one by one": (_, res) => {
    res.statusCode = 500;
    res.setHeader("Content-Type", "text/plain");
    res.setHeader("Set-Cookie", ["a=1", "b=2"]);
    res.setHeader("Vary", "Origin");
    res.end("broke");
  },
  "writeHead with an object": (_, res) => {
    const fields = { "Content-Type": "text/plain", "Set-Cookie": ["a=1", "b=2"], Vary: "Origin" };
    res.writeHead(500, fields).end("broke");
  },
  "writeHead with a reason and an object": (_, res) => {
    const fields = { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"], vary: "Origin" };
    res.writeHead(500, "Broke", fields).end("broke");
  },
  "writeHead with a flat list": (_, res) => {
    const fields = ["Content-Type", "text/plain", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "Vary", "Origin"];
    res.writeHead(500, fields).end("broke");
  },
  "writeHead with a reason and a flat list": (_, res) => {
    const fields = ["Content-Type", "text/plain", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "Vary", "Origin"];
    res.writeHead(500, "Broke", fields).end("broke");
  },
  "writeHead with a list of pairs": (_, res) => {
    const fields = [
      ["Content-Type", "text/plain"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["Vary", "Origin"],
    ];
    res.writeHead(500, fields as never).end("broke");
  },
  "fields set, and writeHead with more": (_, res) => {
    res.setHeader("Set-Cookie", ["a=1", "b=2"]);
    res.setHeader("Content-Type", "text/html");
    res.writeHead(500, { "Content-Type": "text/plain", Vary: "Origin" }).end("broke");
  },
  "fields set, and flushed": (_, res) => {
    res.statusCode = 500;
    res.setHeader("Content-Type", "text/plain");
    res.setHeader("Set-Cookie", ["a=1", "b=2"]);
    res.setHeader("Vary", "Origin");
    res.flushHeaders();
    res.end("broke");
  },
};

describe.each(Object.entries(WAYS))("a head by %s", (_, listener) => {
  test("carries the answer once, and is otherwise the same to the byte", async () => {
    const port = await serve(listener);
    const before = await request(port, "/", ASK);
    const { heads, health } = observe(FAILED);
    const after = await request(port, "/", ASK);
    expect(restOf(after)).toEqual(restOf(before));
    expect(allOf(after, "x-error-tree").map(readAnswer)).toMatchObject([{ tree: FAILED.tree }]);
    expect(allOf(after, "vary").join(", ")).toBe("Origin, x-error-tree");
    expect(allOf(after, "set-cookie")).toEqual(["a=1", "b=2"]);
    expect(heads).toEqual([500]);
    expect(health.snapshot()).toEqual({});
  });

  test("carries the minimal answer without Vary", async () => {
    const port = await serve(listener);
    observe(FINE);
    const response = await request(port, "/", ASK);
    expect(allOf(response, "x-error-tree")).toEqual([`ok;id="${ID}";s="shop"`]);
    expect(allOf(response, "vary")).toEqual(["Origin"]);
  });

  test.each([
    ["no ask came", {}, "loopback", {}],
    ["nobody is trusted", ASK, "nobody", { asks_refused: 1 }],
    [
      "the ask came through a proxy",
      { ...ASK, "x-forwarded-for": "10.0.0.1" },
      "loopback",
      { asks_refused: 1 },
    ],
    ["the ask is malformed", { "x-error-tree": "please" }, "loopback", { asks_malformed: 1 }],
    ["the ask is empty", { "x-error-tree": "" }, "loopback", {}],
  ] as const)("carries nothing of ours where %s, which is counted", async (_, headers, trust, counts) => {
    const port = await serve(listener);
    const before = await request(port, "/", headers);
    const { health } = observe(FAILED, trust);
    const after = await request(port, "/", headers);
    expect(restOf(after)).toEqual(restOf(before));
    expect(after.field("x-error-tree")).toBeUndefined();
    expect(allOf(after, "vary")).toEqual(["Origin"]);
    expect(health.snapshot()).toEqual(counts);
  });
});

describe("an answer that the program copied from another response", () => {
  const COPIED: Record<string, RequestListener> = {
    "set as a field": (_, res) => {
      res.setHeader("X-Error-Tree", "internal");
      res.end("copied");
    },
    "given as an object": (_, res) => {
      res.writeHead(200, { "X-Error-Tree": "internal", "x-error-tree": "internal" }).end("copied");
    },
    "given as a flat list": (_, res) => {
      res
        .writeHead(200, ["x-Error-tree", "internal", "X-Other", "1", "x-error-tree", "internal"])
        .end("copied");
    },
    "given as pairs": (_, res) => {
      const fields = [
        ["X-Error-Tree", "internal"],
        ["X-Other", "1"],
        ["x-error-tree", "internal"],
      ];
      res.writeHead(200, "Fine", fields as never).end("copied");
    },
    "given as Headers would be": (_, res) => {
      res.setHeaders(new Headers({ "x-error-tree": "internal", "x-other": "1" }));
      res.writeHead(200).end("copied");
    },
  };

  test.each(Object.entries(COPIED))("%s is gone for who did not ask", async (_, listener) => {
    const port = await serve(listener);
    observe(undefined);
    for (const headers of [{}, ASK]) {
      const response = await request(port, "/", headers);
      expect([response.status, response.body, response.field("x-error-tree")]).toEqual([
        200,
        "copied",
        undefined,
      ]);
    }
  });

  test.each(Object.entries(COPIED))("%s gives way to ours for who asked", async (_, listener) => {
    const port = await serve(listener);
    observe(FINE);
    const response = await request(port, "/", ASK);
    expect(allOf(response, "x-error-tree")).toEqual([`ok;id="${ID}";s="shop"`]);
  });
});

describe("our item of Vary that the program copied from another response", () => {
  const COPIED: Record<string, RequestListener> = {
    "set as a field": (_, res) => {
      res.setHeader("Vary", "Origin, X-Error-Tree");
      res.end("copied");
    },
    "set as a list": (_, res) => {
      res.setHeader("Vary", ["x-error-tree", "Origin"]);
      res.end("copied");
    },
    "given as an object": (_, res) => {
      res.writeHead(200, { vary: "x-error-tree, Origin" }).end("copied");
    },
    "given as a flat list": (_, res) => {
      res.writeHead(200, ["Vary", "x-error-tree", "vary", "Origin"]).end("copied");
    },
    "given as pairs": (_, res) => {
      res
        .writeHead(200, [
          ["Vary", "Origin,x-error-tree"],
          ["X-Other", "1"],
        ] as never)
        .end("copied");
    },
    "given beside one that is set": (_, res) => {
      res.setHeader("vary", "x-error-tree");
      res.writeHead(200, { Vary: "Origin" }).end("copied");
    },
  };

  test.each(Object.entries(COPIED))(
    "%s is gone for who gets no tree, and the others stay",
    async (_, listener) => {
      const port = await serve(listener);
      observe(FINE);
      for (const headers of [{}, ASK]) {
        const response = await request(port, "/", headers);
        expect([response.body, allOf(response, "vary").join()]).toEqual(["copied", "Origin"]);
      }
    },
  );

  test.each(Object.entries(COPIED))("%s is there once beside a tree", async (_, listener) => {
    const port = await serve(listener);
    observe(FAILED);
    const response = await request(port, "/", ASK);
    const items = allOf(response, "vary").join().split(/, */);
    expect(items.sort()).toEqual(["Origin", "x-error-tree"]);
  });

  test("that stands alone is gone with its field", async () => {
    const port = await serve((_, res) => {
      res.setHeader("Vary", "x-error-tree");
      res.end("copied");
    });
    observe(undefined);
    expect((await request(port, "/")).field("vary")).toBeUndefined();
  });
});

describe("the ask", () => {
  const ECHO: RequestListener = (req, res) => {
    const { headers, headersDistinct, rawHeaders } = req;
    res.end(JSON.stringify({ headers, headersDistinct, rawHeaders }));
  };

  test.each(["x-error-tree", "X-Error-Tree"])(
    "sent as %s is hidden from the program in every form",
    async (name) => {
      const port = await serve(ECHO);
      observe(FINE);
      const { body } = await request(port, "/", {
        "x-before": "1",
        [name]: ASK["x-error-tree"],
        "x-after": "2",
      });
      expect(body).not.toContain(ID);
      expect(JSON.parse(body)).toMatchObject({
        headers: { "x-before": "1", "x-after": "2" },
        headersDistinct: { "x-before": ["1"], "x-after": ["2"] },
      });
    },
  );

  test("is hidden although it is refused, malformed, or came twice", async () => {
    const port = await serve(ECHO);
    observe(FINE, "nobody");
    for (const headers of [
      ASK,
      { "x-error-tree": `${ID} please` },
      { ...ASK, "X-Error-Tree": `x="${ID}"` },
    ]) {
      expect((await request(port, "/", headers)).body).not.toContain(ID);
    }
  });

  test("is hidden behind more fields than node takes into headers", async () => {
    const server = http.createServer(ECHO);
    server.maxHeadersCount = 10;
    const port = await listen(server);
    observe(FINE);
    for (const before of [5, 9, 20]) {
      const many = Array.from({ length: before }, () => "1");
      const { body } = await request(port, "/", { a: many, ...ASK, b: many });
      expect(body).not.toContain(ID);
    }
  });

  test("is hidden whichever form the program reads first", async () => {
    const port = await serve((req, res) => {
      const seen = req.url === "/raw" ? [req.rawHeaders, req.headers] : [req.headersDistinct, req.rawHeaders];
      res.end(JSON.stringify(seen));
    });
    observe(FINE);
    for (const path of ["/raw", "/distinct"]) {
      const response = await request(port, path, ASK);
      expect([response.status, response.body.includes(ID)]).toEqual([200, false]);
    }
  });

  test("counts beside an empty field of our name, as a gateway leaves it that copies raw headers", async () => {
    const port = await serve((_, res) => void res.end());
    const { health } = observe(FINE);
    const response = await request(port, "/", { "x-error-tree": "", "X-Error-Tree": ASK["x-error-tree"] });
    expect(allOf(response, "x-error-tree")).toEqual([`ok;id="${ID}";s="shop"`]);
    expect(health.snapshot()).toEqual({});
  });

  test("that is refused is counted each time, and logged once with the remedy", async () => {
    const told: string[] = [];
    const quiet = (): void => {};
    diag.setLogger({
      warn: (text) => void told.push(text),
      error: quiet,
      info: quiet,
      debug: quiet,
      verbose: quiet,
    });
    onTestFinished(() => diag.disable());
    const port = await serve((_, res) => void res.end());
    const { health } = observe(FINE, "nobody");
    for (let i = 0; i < 3; i++) await request(port, "/", ASK);
    expect(told).toEqual([expect.stringContaining('set the option trust: "loopback"')]);
    expect(health.snapshot()).toEqual({ asks_refused: 3 });
  });

  test("is kept for the exchange, found by the headers object", async () => {
    let exchange: Exchange | undefined;
    const { exchanges } = observe(FINE);
    const port = await serve((req, res) => {
      exchange = exchanges.get(req.headers);
      res.end();
    });
    await request(port, "/", ASK);
    expect(exchange?.ask).toEqual({ id: ID, from: "test", json: false });
    await request(port, "/");
    expect(exchange?.ask).toBeUndefined();
  });
});

describe("the answer", () => {
  test.each([
    ["204", "/204"],
    ["304", "/304"],
  ])("is on a %s, which has no body", async (status, path) => {
    const port = await serve((req, res) => {
      res.writeHead(Number(req.url?.slice(1))).end();
    });
    observe(FINE);
    const response = await request(port, path, ASK);
    expect([response.status, response.field("x-error-tree")]).toEqual([
      Number(status),
      `ok;id="${ID}";s="shop"`,
    ]);
  });

  test("is on the final head alone if early hints and a continue go before it", async () => {
    const { heads } = observe(FINE);
    const port = await serve((_, res) => {
      res.writeContinue();
      res.writeEarlyHints({ link: "</style.css>; rel=preload" });
      res.writeProcessing();
      res.end("final");
    });
    const { body } = await request(port, "/", ASK);
    expect(body.match(/x-error-tree/g)).toHaveLength(1);
    expect(body.indexOf("x-error-tree")).toBeGreaterThan(body.indexOf("HTTP/1.1 200"));
    expect(heads).toEqual([200]);
  });

  test("is asked for once, and a second head fails as it does without us", async () => {
    const { heads, health } = observe(FINE);
    const port = await serve((_, res) => {
      res.writeHead(200);
      try {
        res.writeHead(500);
      } catch (error) {
        res.end((error as NodeJS.ErrnoException).code);
      }
    });
    expect((await request(port, "/", ASK)).body).toBe("ERR_HTTP_HEADERS_SENT");
    expect(heads).toEqual([200]);
    expect(health.snapshot()).toEqual({});
  });

  test("a head that node refuses fails as it does without us, and the next one carries the answer", async () => {
    const { heads, health } = observe(FINE);
    const port = await serve((_, res) => {
      let code: unknown;
      try {
        res.writeHead(1000);
      } catch (error) {
        ({ code } = error as NodeJS.ErrnoException);
      }
      res.writeHead(200).end(String(code));
    });
    const response = await request(port, "/", ASK);
    expect(response.body).toBe("ERR_HTTP_INVALID_STATUS_CODE");
    expect(allOf(response, "x-error-tree")).toHaveLength(1);
    // What was refused has decided nothing.
    expect(heads).toEqual([200]);
    expect(health.snapshot()).toEqual({});
  });

  test("a program that takes the request off its response ends it as without us", async () => {
    observe(FINE);
    const port = await serve((_, res) => {
      res.writeHead(500);
      res.write("a");
      (res as { req?: unknown }).req = null;
      res.end("x");
    });
    expect((await request(port, "/", ASK)).body).toBe("ax");
    expect((await request(port, "/")).body).toBe("ax");
  });

  test("shrinks to the outcome if the header block is full, then is left out and counted", async () => {
    const { health } = observe(FAILED);
    const port = await serve((req, res) => {
      res.writeHead(200, { "x-large": "x".repeat(Number(req.url?.slice(1))) }).end();
    });
    const values: (string | undefined)[] = [];
    for (const size of [100, 2900, 3450]) {
      const response = await request(port, `/${size}`, ASK);
      values.push(response.field("x-error-tree"));
      expect(response.field("vary")).toBe(size === 100 ? "x-error-tree" : undefined);
      const bytes = response.fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
      if (values.at(-1) !== undefined) expect(bytes).toBeLessThan(3584);
    }
    expect(readAnswer(values[0] as string)).toMatchObject({ tree: FAILED.tree });
    expect(values.slice(1)).toEqual([`internal;id="${ID}";s="shop"`, undefined]);
    expect(health.snapshot()).toEqual({ answers_unwritten: 1 });
  });

  test("leaves room for the URL as it came, which is the key of a cache, whatever a framework has made of it", async () => {
    observe(FAILED);
    const port = await serve((req, res) => {
      if (req.url?.includes("mounted")) req.url = "/";
      res.writeHead(200, { "x-large": "x".repeat(2000) }).end();
    });
    const rest = "y".repeat(900);
    const values: (string | undefined)[] = [];
    for (const path of ["/", `/kept/${rest}`, `/mounted/${rest}`]) {
      values.push((await request(port, path, ASK)).field("x-error-tree"));
    }
    expect(readAnswer(values[0] as string)).toMatchObject({ tree: FAILED.tree });
    expect(values.slice(1)).toEqual(Array(2).fill(`internal;id="${ID}";s="shop"`));
  });

  test("goes to the second request of a connection as to the first", async () => {
    observe(FINE);
    const port = await serve((_, res) => void res.end());
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const seen: unknown[] = [];
    for (const headers of [ASK, {}, ASK]) {
      seen.push(
        await new Promise((resolve, reject) => {
          http
            .get({ port, host: "127.0.0.1", agent, headers }, (res) => {
              res.resume().once("end", () => resolve(res.headers["x-error-tree"]));
            })
            .on("error", reject);
        }),
      );
    }
    expect(seen).toEqual([`ok;id="${ID}";s="shop"`, undefined, `ok;id="${ID}";s="shop"`]);
  });
});

test("when the observation has stopped nothing is answered, and asks and copied answers go no further", async () => {
  const port = await serve((req, res) => {
    res.writeHead(200, { "x-error-tree": `ok;id="${ID}";s="upstream"`, "x-other": "kept" });
    res.end(String(req.headers["x-error-tree"]) + req.rawHeaders.join().includes("v=1"));
  });
  observeHttpServers(httpServerParts(always(FINE)))();
  const response = await request(port, "/", ASK);
  expect([response.body, response.field("x-error-tree")]).toEqual(["undefinedfalse", undefined]);
  expect(response.field("x-other")).toBe("kept");
});

test.each<[string, RequestListener]>([
  [
    "writeHeader, the older name of writeHead",
    (_, res) => {
      (res as unknown as { writeHeader: typeof res.writeHead }).writeHeader(500);
      res.end();
    },
  ],
  [
    "a proxy of the response",
    (_, res) => {
      new Proxy(res, {}).writeHead(500);
      res.end();
    },
  ],
  [
    "a request that was given other headers, outside of its context",
    (req, res) => {
      req.headers = { ...req.headers };
      context.with(ROOT_CONTEXT, () => res.writeHead(500).end());
    },
  ],
])("an answer comes through %s", async (_, listener) => {
  const { heads } = observe(FAILED);
  const response = await request(await serve(listener), "/", ASK);
  expect(heads).toEqual([500]);
  expect(readAnswer(response.field("x-error-tree") as string)).toMatchObject({ code: FAILED.code });
});
