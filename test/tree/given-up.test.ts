// Calls that their caller cancelled: nodes beneath a failed node only, whatever the callee says of its caller's leaving.
import { describe, expect, test } from "vitest";
import { type Code, codeFromErrorType } from "../../src/spans/code.ts";
import { type Attributes, type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import { formatTree } from "../../src/tree/format.ts";

type Sketch = Pick<SpanFacts, "kind" | "service"> & { readonly attributes?: Attributes; readonly ok?: true };

/** The tree of spans of which each is the next one's parent. */
function treeOf(...line: Sketch[]): string {
  const records = line.map(({ attributes = {}, ok, ...span }, i) =>
    toSpanRecord({
      ...span,
      attributes,
      spanId: String(i + 1).repeat(16),
      ...(i === 0 ? undefined : { parentId: String(i).repeat(16) }),
      name: "GET",
      status: ok ? "unset" : "error",
      events: [],
      start: i,
      end: 99 - i,
    }),
  );
  const [tree] = buildTrees(records);
  return tree === undefined ? "none" : formatTree(tree);
}

const FINE: Sketch = { kind: "server", service: "shop", ok: true };
const FAILED: Sketch = { kind: "server", service: "shop", attributes: { "http.response.status_code": 500 } };
const ABORTED: Sketch = { kind: "client", service: "shop", attributes: { "error.type": "AbortError" } };
const ABORTED_IN_BODY: Sketch = {
  ...ABORTED,
  attributes: { ...ABORTED.attributes, "http.response.status_code": 200 },
};
const ABANDONED: Sketch = {
  kind: "server",
  service: "stock",
  attributes: { "error_tree.code": "cancelled", "error_tree.abandoned": true },
};

describe("a call that was cancelled", () => {
  test.each([
    ["before its answer", ABORTED, "no response"],
    ["in the body of its answer", ABORTED_IN_BODY, "the callee did not say why"],
  ])("%s is a node beneath a failed one, and none beneath another", (_, call, mark) => {
    expect(treeOf(FINE, call)).toBe("none");
    expect(treeOf(FAILED, call)).toBe(
      "failed: shop GET internal  [drift cancelled -> internal]\n" +
        `└─ shop GET cancelled: AbortError  [${mark}]  <- root cause, not for sure\n` +
        "or: shop GET internal (by itself: a program may take cancelled for an answer)",
    );
  });

  test("and whose callee says so, too, is the callee's node beneath a failed one, and none beneath another", () => {
    expect(treeOf(FINE, ABORTED, ABANDONED)).toBe("none");
    expect(treeOf(FAILED, ABORTED, ABANDONED)).toBe(
      "failed: shop GET internal  [drift cancelled -> internal]\n" +
        "└─ stock GET cancelled  [abandoned by its caller]  <- root cause, not for sure\n" +
        "or: shop GET internal (by itself: a program may take cancelled for an answer)",
    );
  });

  test("does not take what failed beneath its callee with it", () => {
    const call: Sketch = { kind: "client", service: "stock", attributes: { "error.type": "ECONNREFUSED" } };
    expect(treeOf(FINE, ABORTED, ABANDONED, call)).toContain("stock GET unavailable: ECONNREFUSED");
  });

  test("by who was called, in so many words, is a failure", () => {
    const answer = { ...ABORTED, attributes: { "http.response.status_code": 499 } };
    expect(treeOf(FINE, answer)).toContain("shop GET cancelled");
  });
});

test("a code told in so many words counts more than any other", () => {
  const told = { "error.type": "ECONNRESET", "error_tree.code": "deadline-exceeded" };
  expect(treeOf(FAILED, { kind: "client", service: "shop", attributes: told })).toContain(
    "└─ shop GET deadline-exceeded: ECONNRESET  [no response]",
  );
});

test.each<[Code, string]>([
  [
    "unavailable",
    "ENOTFOUND EAI_AGAIN EAI_FAIL ECONNREFUSED ECONNRESET EPIPE EHOSTUNREACH EADDRNOTAVAIL ESHUTDOWN",
  ],
  ["unavailable", "UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED UND_ERR_HEADERS_OVERFLOW HTTPParserError"],
  ["unavailable", "HPE_INVALID_CONSTANT HPE_HEADER_OVERFLOW ERR_STREAM_PREMATURE_CLOSE EPROTO EOPENBREAKER"],
  ["unavailable", "NoResponders NoRespondersError"],
  ["unavailable", "DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN CERT_HAS_EXPIRED CRL_HAS_EXPIRED"],
  [
    "unavailable",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_TLS_CERT_ALTNAME_INVALID ERR_SSL_WRONG_VERSION_NUMBER",
  ],
  ["deadline-exceeded", "ETIMEDOUT ESOCKETTIMEDOUT ETIMEOUT TimeoutError"],
  ["deadline-exceeded", "UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT UND_ERR_CONNECT_TIMEOUT"],
  ["cancelled", "AbortError ABORT_ERR UND_ERR_ABORTED"],
  ["resource-exhausted", "ESEMLOCKED"],
])("%s: %s", (code, types) => {
  for (const type of types.split(" ")) expect([type, codeFromErrorType(type)]).toEqual([type, code]);
});
