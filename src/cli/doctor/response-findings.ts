// Judges what else the responses show: context, header, tree, caches, room in the head, clock.

import { printable } from "../../tree/format.ts";
import { isFailed, nodesOf, rootCauseOf, type TreeNode } from "../../tree/tree.ts";
import { WINDOW_MS } from "../../trust/key-ring.ts";
import { BLOCK_BYTES, DEFAULT_HEADER_BYTES, LONGEST_CACHE_KEY } from "../../wire/limits.ts";
import { aheadText } from "./clock.ts";
import type { Examination } from "./examine.ts";
import { isResponse } from "./exchange.ts";
import { bad, type Finding, note, ok } from "./finding.ts";
import { betweenText, clockAheadMs, traceIn, valuesOf } from "./read-response.ts";

/** Bytes of `x-error-tree: `, `Vary: x-error-tree` and the ends of both lines. */
const FIELD_BYTES = 16 + 20;
/** No tree is shorter. */
const SMALLEST_TREE = 30;
/** How much is shown of a field that is not an answer. */
const MALFORMED_CHARS = 40;

/** Whether there was a response at all. */
export function reachedFindings({ first, second, plain, target }: Examination): Finding[] {
  const replies = [first, second ?? first, plain].map(({ reply }) => reply);
  const reply = replies.find(isResponse) ?? first.reply;
  if (!isResponse(reply)) return [bad("reached", printable(reply.fault))];
  const { status, ended } = reply;
  const text = `${status} in ${reply.headAt - reply.sentAt} ms`;
  if (!ended) {
    return [note("reached", `${text}; its body did not end within ${target.timeoutMs / 1000} s`)];
  }
  const [to] = valuesOf(reply, "location");
  if (status < 300 || status > 399 || to === undefined) return [ok("reached", text)];
  return [note("reached", `${text}, to ${printable(to)}: redirects are not followed, name that URL`)];
}

/** Whether the service names the trace that we began. */
export function contextFindings({ first, second }: Examination): Finding[] {
  const probes = [first, second ?? first];
  const traces = probes.map(({ reply }) => (isResponse(reply) ? traceIn(reply) : undefined));
  if (probes.some(({ asked }, i) => traces[i] === asked.traceId)) {
    return [ok("context", "traceparent arrives: its span is in our trace")];
  }
  // With another's answer, or with none, the trace may be another's too.
  const own = probes.flatMap(({ answer }, i) => (answer.kind === "own" ? [traces[i]] : []));
  if (own.length === 0) return [];
  const trace = own.find((one) => one !== undefined);
  const text =
    trace === undefined
      ? "our ask arrives; whether traceparent does cannot be told, for no Server-Timing names a trace"
      : `its span is in another trace (${trace}): traceparent does not arrive, or is not read (OTEL_PROPAGATORS)`;
  return [trace === undefined ? note("context", text) : bad("context", text)];
}

/** Whether an answer came through unchanged. */
export function headerFindings({ first, second }: Examination): Finding[] {
  const probe = [first, second].find((one) => one?.answer.kind !== "none" && one?.answer.kind !== "foreign");
  if (probe === undefined) return [];
  const { answer } = probe;
  switch (answer.kind) {
    case "several": {
      const text = `${answer.fields} fields x-error-tree came, and readers ignore all of them: somebody adds one`;
      return [bad("header", text)];
    }
    case "malformed": {
      const { length } = answer.value;
      const start = printable(answer.value.slice(0, MALFORMED_CHARS));
      return [bad("header", `what came is no answer, or a damaged one: ${length} bytes, ${start}`)];
    }
    case "own":
      return [wholeFinding(answer.outcome.tree, answer.value.length)];
    default:
      return [];
  }
}

type Tree = { readonly root: TreeNode; readonly omitted: number };

function wholeFinding(tree: Tree | undefined, bytes: number): Finding {
  if (tree === undefined) {
    const text = `${bytes} bytes came through whole; nothing failed, so there is no tree: name a URL that fails to see one`;
    return ok("header", text);
  }
  const nodes = [...nodesOf(tree.root)].length;
  const shown = `${nodes} ${nodes === 1 ? "node" : "nodes"} in ${bytes} bytes came through whole`;
  if (tree.omitted === 0) return ok("header", shown);
  const text = `${shown}, ${tree.omitted} left out: for want of room, or because a cache may keep the response`;
  return note("header", text);
}

/** Who is in the tree, and who should be. */
export function treeFindings(tree: Tree | undefined): Finding[] {
  if (tree === undefined) return [];
  const nodes = [...nodesOf(tree.root)];
  const services = [...new Set(nodes.map(({ service }) => printable(service)))].join(", ");
  const { node } = rootCauseOf(tree.root);
  const cause = isFailed(node) ? `; root cause ${nameOf(node)} ${node.code}` : "";
  const findings = [ok("tree", `names ${services}${cause}`)];
  const opaque = nodes.filter((one) => one.opaque).map(nameOf);
  if (opaque.length > 0) {
    const text =
      `called somebody who answered without a tree: ${[...new Set(opaque)].join(", ")}. Who was called takes no part, does not ` +
      "trust the caller (set the same OTEL_ERROR_TREE_SECRET in both, or for development OTEL_ERROR_TREE_TRUST=loopback), or is " +
      "none of the hosts that the caller asks (OTEL_ERROR_TREE_ASK_HOSTS); or something between takes x-error-tree off. Name its " +
      "URL as a second one to know more";
    findings.push(note("tree", text));
  }
  return findings;
}

function nameOf({ service, operation, peer }: TreeNode): string {
  return printable(
    [service, operation, peer === undefined ? "" : `-> ${peer}`].filter((part) => part !== "").join(" "),
  );
}

const PASS_BY =
  "callers drop such answers. Let requests with x-error-tree pass it by (nginx: proxy_cache_bypass and proxy_no_cache " +
  "$http_x_error_tree)";

/** Whether a cache stores an answer and gives it to others. */
export function cacheFindings({ first, second, plain }: Examination): Finding[] {
  const between = betweenText(plain.reply);
  if (plain.answer.kind !== "none") {
    const text =
      "a request without an ask got an answer too: something between keeps responses, or copies answers, and hands them to " +
      `whoever comes${between}. Take x-error-tree off there, or let no response to an ask be kept`;
    return [bad("caches", text)];
  }
  if (
    second?.answer.kind === "foreign" &&
    "value" in first.answer &&
    first.answer.value === second.answer.value
  ) {
    const text = `two asks got one answer: something between keeps responses${between}, and ${PASS_BY}`;
    return [bad("caches", text)];
  }
  if (first.answer.kind === "foreign" || second?.answer.kind === "foreign") {
    const text = `an answer came that was made for another ask: something between keeps responses, or copies answers${between}, and ${PASS_BY}`;
    return [bad("caches", text)];
  }
  if (first.answer.kind !== "own" || second?.answer.kind !== "own") return [];
  return [ok("caches", "two asks got an answer each, a request without one got none")];
}

/** How much room the head leaves for a tree. */
export function headFindings({ plain, target }: Examination): Finding[] {
  if (!isResponse(plain.reply)) return [];
  const { headBytes } = plain.reply;
  const { length } = target.url.pathname + target.url.search;
  const key = length <= LONGEST_CACHE_KEY ? length : 0;
  const room = Math.min(DEFAULT_HEADER_BYTES, BLOCK_BYTES - FIELD_BYTES - headBytes - key);
  const has = `${headBytes} bytes without an answer`;
  if (room >= DEFAULT_HEADER_BYTES) {
    return [ok("head", `${has}: room for a tree of 1,024 bytes, the most by default`)];
  }
  if (room < SMALLEST_TREE) {
    const text = `${has}: no room for a tree, for a head with one has 3,072 at most. Send fewer or smaller fields`;
    return [bad("head", text)];
  }
  const text = `${has}: room for a tree of about ${room} bytes, where 1,024 are the most by default. Larger trees are cut`;
  return [note("head", text)];
}

/** Whether the clock of the sender of `Date` is near enough to ours for tokens. */
export function clockFindings({ first, plain, keyId }: Examination): Finding[] {
  const reply = [first, plain].map((probe) => probe.reply).find(isResponse);
  const ahead = reply === undefined ? undefined : clockAheadMs(reply);
  if (ahead === undefined) return [];
  if (ahead === 0) return [ok("clock", "the same as ours, by the Date of its response")];
  const far = `the Date of its response is ${aheadText(ahead)}`;
  const windows = Math.abs(ahead) / WINDOW_MS;
  if (windows <= 1) return [ok("clock", `${far}; tokens bear 5 minutes`)];
  const text = `${far}: tokens ${windows <= 2 ? "count only some of the time" : "do not count"}, set the clocks`;
  return [keyId === undefined ? note("clock", text) : bad("clock", text)];
}
