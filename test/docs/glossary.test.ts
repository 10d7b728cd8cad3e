// The pictures of docs/glossary.md are what the library prints.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pendingAttributes } from "../../src/spans/pending.ts";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import { formatTree } from "../../src/tree/format.ts";

const GLOSSARY = readFileSync(new URL("../../docs/glossary.md", import.meta.url), "utf8");

type Options = Partial<Omit<SpanFacts, "spanId" | "service" | "name">> & {
  readonly status?: SpanFacts["status"];
};

function span(
  spanId: string,
  service: string,
  name: string,
  [start, end]: [number, number],
  more: Options,
): SpanFacts {
  return {
    spanId,
    service,
    name,
    kind: "server",
    status: "error",
    attributes: {},
    events: [],
    start,
    end,
    ...more,
  };
}

function server(
  parentId: string,
  service: string,
  name: string,
  at: [number, number],
  http: number,
  message: string,
): SpanFacts {
  const attributes = { "http.response.status_code": http };
  return span(service, service, name, at, { parentId, attributes, statusMessage: message });
}

function call(
  spanId: string,
  to: string,
  at: [number, number],
  attributes: SpanFacts["attributes"],
  more: Options = {},
): SpanFacts {
  return span(spanId, "shop", "GET", at, {
    parentId: "shop",
    kind: "client",
    attributes: { "server.address": to, ...attributes },
    ...more,
  });
}

function page(http: number, error?: string): SpanFacts {
  const exception = { "exception.type": "Error", "exception.message": error ?? "" };
  return span("shop", "shop", "GET /page", [0, 1300], {
    attributes: { "http.response.status_code": http },
    events: error === undefined ? [] : [{ name: "exception", attributes: exception }],
  });
}

const status = (code: number) => ({ "http.response.status_code": code });

const PICTURES: readonly [word: string, spans: readonly SpanFacts[]][] = [
  [
    "Survived",
    [
      page(503, "prices answered 503"),
      call("1", "ads", [1, 10], status(500)),
      server("1", "ads", "GET /ads", [2, 9], 500, "no campaign"),
      call("2", "prices", [12, 30], status(503)),
      server("2", "prices", "GET /prices", [13, 29], 503, "cache is cold"),
    ],
  ],
  [
    "Ambiguous",
    [
      page(500),
      call("1", "prices", [1, 10], status(503)),
      server("1", "prices", "GET /prices", [2, 9], 503, "cache is cold"),
      call("2", "users", [1, 20], status(500)),
      server("2", "users", "GET /me", [2, 19], 500, "no session"),
    ],
  ],
  ["Pending", [page(504), call("1", "prices", [1, 1400], pendingAttributes(1200), { status: "unset" })]],
];

test.each(PICTURES)("%s", (word, spans) => {
  const [tree] = buildTrees(spans.map(toSpanRecord));
  const picture = new RegExp(`## ${word}\n[^#]*?\`\`\`text\n([^\`]*)\n\`\`\``).exec(GLOSSARY)?.[1];
  expect(tree && formatTree(tree)).toBe(picture);
});
