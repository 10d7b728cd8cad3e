// What the observatory and `render` say if Jaeger answers as nobody should: over real HTTP.
import { describe, expect, test } from "vitest";
import { JaegerApi } from "../../../src/cli/jaeger/jaeger-api.ts";
import { TreeRendering } from "../../../src/cli/observatory/tree-rendering.ts";
import { recorded } from "../jaeger-server.ts";
import {
  type Answer,
  bomb,
  breaksOff,
  drips,
  floods,
  keepsSilent,
  says,
  startHostile,
} from "./hostile-server.ts";
import { loadOf } from "./load.ts";

const MIB = 1024 * 1024;
const MOST_BYTES = 8 * MIB;
/** A processor of a busy machine is slow, and to read a trace of 8 MiB takes its time. */
const MOST_BLOCKED_MS = 600;
const MOST_GROWN_MIB = 400;
const ID = "48baacbd424d3407701096f58005f764";
const endless = Number.POSITIVE_INFINITY;
const { body: failing } = recorded("trace-failing");

const refused: readonly (readonly [what: string, answer: Answer, reason: RegExp])[] = [
  ["500 with a reason", says({ error: { message: "no disk" } }, 500), /answered 500: no disk/],
  [
    "500 with a reason of 60 KB that steers",
    says({ error: "\u001b[2J".repeat(10_000) }, 500),
    /answered 500: /,
  ],
  ["401", says("", 401), /answered 401: it wants to know who asks/],
  [
    "a page",
    says("<html>", 200, { "content-type": "text/html" }),
    /answered with a page: is this the address/,
  ],
  ["a redirect", says("", 302, { location: "http://elsewhere.invalid/" }), /it sends to another address/],
  ["nothing", says(""), /Jaeger at/],
  ["text", says("fine"), /Jaeger at/],
  ["a list", says([]), /Jaeger at/],
  ["another object", says({ result: { resourceSpans: 5 } }), /Jaeger at|nothing failed/],
  [
    "spans that are none",
    says({ result: { resourceSpans: [null, 1, { scopeSpans: [{ spans: [0] }] }] } }),
    /./,
  ],
  ["JSON that breaks off", says(failing.slice(0, failing.length / 2)), /its answer breaks off/],
  ["a body that breaks off", breaksOff, /terminated|closed|reset/],
  ["no answer", keepsSilent, /no answer within 1 s/],
  ["a byte now and then", drips, /no answer within 1 s/],
  ["endless nothing", floods(" ", endless), /its answer is longer than 8 MiB/],
  ["endless lines", floods("\n", endless), /its answer is longer than 8 MiB/],
  ["endless nesting", floods("[", endless), /its answer is longer than 8 MiB/],
  ["endless traces", floods(`${failing}\n`, endless), /its answer is longer than 8 MiB/],
  ["a bomb", bomb, /its answer is longer than 8 MiB/],
];

describe("a trace that is looked up says why it is not there, if Jaeger answers", () => {
  test.each(refused)("%s", async (_, answer, reason) => {
    const server = await startHostile(answer);
    const isSlow = answer === keepsSilent || answer === drips;
    const rendering = new TreeRendering(
      (signal) =>
        new JaegerApi({
          ...{ url: server.url, fields: {}, timeoutMs: isSlow ? 1_000 : 20_000, signal },
          mostBytes: MOST_BYTES,
        }),
    );
    let pasted: Awaited<ReturnType<TreeRendering["paste"]>> | undefined;
    const load = await loadOf(async () => {
      pasted = await rendering.paste(ID, new AbortController().signal);
    });
    const error = pasted !== undefined && "error" in pasted ? pasted.error : "";
    expect(error).toMatch(reason);
    expect(error).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(error.length).toBeLessThan(600);
    expect(load.blockedMs).toBeLessThan(MOST_BLOCKED_MS);
    expect(load.grownMiB).toBeLessThan(MOST_GROWN_MIB);
  });
});
