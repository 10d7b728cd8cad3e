// A trailer beside whatever else a response has to say: the program's own trailers, middleware, its bounds, what breaks.
import type { RequestListener, ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { describe, expect, test } from "vitest";
import type { TreeNode } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { AnswerCodec } from "../../src/wire/messages.ts";
import { node } from "../support/nodes.ts";
import { breaking } from "../support/sdk.ts";
import { request } from "../support/sdk-http.ts";
import {
  ASK,
  FAILED_TOLD,
  failed,
  ID,
  observe,
  PERSON,
  type Replaced,
  serve,
  told,
} from "../support/trailer-server.ts";

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

  test("leave less room for ours if they are large", async () => {
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
  const MANY: TreeNode[] = Array.from({ length: 400 }, (_, i) => {
    const operation = `GET /${"path/".repeat(20)}${i}`;
    return node(`service-${i}`, { operation, code: "unavailable", message: "é".repeat(200) });
  });

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

  test("is the outcome alone if a cache may give the response to others", async () => {
    observe();
    const port = await serve((_, res) => {
      res.writeHead(200, { "Cache-Control": "max-age=60" }).write("whole ");
      res.end("body");
    });
    const { trailers } = await request(port, "/", ASK);
    expect(trailers).toEqual([["x-error-tree", `internal;id="${ID}";s="shop";e`]]);
  });
});

describe("a response is whole and ends if this throws:", () => {
  /** A codec that works at the head, and at the end does what the test says. */
  function atEnd(encode: AnswerCodec["encode"]): AnswerCodec {
    const codec = createAnswerCodec();
    let calls = 0;
    return { ...codec, encode: (...args) => (++calls === 1 ? codec : { encode }).encode(...args) };
  }

  test.each<[string, Replaced]>([
    ["the hooks", { hooks: (hooks) => breaking(hooks, "answerAtEnd") }],
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
});

test("a response of which the program has locked the end has its trailer", async () => {
  const { health } = observe();
  const port = await serve((_, res) => {
    Object.defineProperty(res, "end", { value: res.end, writable: false });
    res.write("whole ");
    res.end("body");
  });
  const response = await request(port, "/", ASK);
  expect(response.body).toBe("whole body");
  expect(response.trailers).toHaveLength(1);
  expect(health.snapshot()).toEqual({});
});
