// Principle "report": the error of a node names the failure that stopped it.

import type { Address } from "../../spans/call.ts";
import { type Code, isRejection } from "../../spans/code.ts";
import type { Saying } from "../../spans/saying.ts";
import { isGeneric, isJsonText, isNetworkText, typesIn } from "./errors.ts";
import type { Evidence } from "./evidence.ts";
import { type Mentions, mentionsOf } from "./mentions.ts";

/** A failed child, as far as a report can name it. */
export interface Reportable {
  readonly evidence: Evidence;
  readonly code: Code;
  /** Equal for failures of one operation, which nothing can distinguish. */
  readonly group: string;
  /** Operation, as `GET /price`: its path distinguishes the calls of one host. */
  readonly operation: string;
  /** The same operation succeeded later: an address alone may mean that call. */
  readonly retried: boolean;
  /** The call itself did not fail, only something beneath it: only a text or a type can name it. */
  readonly isBeneathSuccess: boolean;
}

/** By what a node names a failed child. */
type Naming = "step" | "text" | "type" | "network" | "json" | "address" | "status" | "code";

/** What a node names, and by what. */
export interface Report<Child> {
  readonly named: ReadonlySet<Child>;
  readonly by: Naming;
  /** The address, status or type that names it. */
  readonly detail?: string;
}

/** One way in which an error can name children. */
interface Level {
  readonly by: Naming;
  /** What names the child; absent if nothing does. */
  find(child: Reportable): string | undefined;
}

/**
 * The failed children that the error of a node names; `undefined` if it names none, or all of them alike. Each way of naming
 * is tried only on the children that the ways before it have left.
 */
export function reportOf<Child extends Reportable>(
  says: Saying,
  code: Code,
  children: readonly Child[],
): Report<Child> | undefined {
  let report: Report<Child> | undefined;
  let left: readonly Child[] = children;
  for (const level of levelsOf(says, code)) {
    if (left.length === 0 || (report !== undefined && groupsOf(left) === 1)) break;
    const named = new Set<Child>();
    let detail: string | undefined;
    for (const child of left) {
      const found = level.find(child);
      if (found === undefined) continue;
      named.add(child);
      detail ??= found;
    }
    // It counts only if it distinguishes the children, or there is only one.
    if (named.size === 0 || (named.size === left.length && groupsOf(left) > 1)) continue;
    report ??= { named, by: level.by, ...(detail ? { detail } : undefined) };
    report = { ...report, named };
    left = [...named];
  }
  return report;
}

function groupsOf(children: readonly Reportable[]): number {
  return new Set(children.map(({ group }) => group)).size;
}

function* levelsOf(says: Saying, own: Code): Generator<Level> {
  const { texts } = says;
  if (texts.length > 0) yield { by: "text", find: (child) => (saysTextOf(texts, child) ? "" : undefined) };
  const types = typesOf(says);
  if (types.size > 0) {
    yield { by: "type", find: ({ evidence }) => evidence.types.find((type) => types.has(type)) };
  }
  if (texts.some(isNetworkText)) yield { by: "network", find: endedAs("silent") };
  if (texts.some(isJsonText)) yield { by: "json", find: endedAs("answered") };
  const mentions = mentionsOf(texts);
  if (mentions.addresses.length > 0) {
    yield { by: "address", find: (child) => addressOf(child, mentions.addresses) };
    yield { by: "address", find: (child) => pathOf(child, mentions.addresses) };
  }
  if (mentions.statuses.size + mentions.codes.size > 0) {
    yield { by: "status", find: (child) => statusOf(child, mentions) };
  }
  if (isRejection(own)) {
    yield {
      by: "code",
      find: ({ code, isBeneathSuccess }) => (code === own && !isBeneathSuccess ? own : undefined),
    };
  }
}

/** True if a text names one of these addresses. */
export function namesOneOf({ texts }: Saying, addresses: readonly Address[]): boolean {
  const { addresses: mentions } = mentionsOf(texts);
  return addresses.some((address) => mentions.some((mention) => isAt(mention, address)));
}

/** Shorter texts may be part of others by coincidence. */
const SHORTEST = 8;

function saysTextOf(texts: readonly string[], { evidence }: Reportable): boolean {
  return texts.some((text) => evidence.texts.some((part) => text === part || holds(text, part)));
}

function holds(text: string, part: string): boolean {
  if (part.length < SHORTEST) return false;
  const at = text.indexOf(part);
  return at >= 0 && !(isWord(text, at - 1) && isWord(part, 0)) && !endsWithin(text, at + part.length);
}

function endsWithin(text: string, end: number): boolean {
  return isWord(text, end - 1) && isWord(text, end);
}

function isWord(text: string, at: number): boolean {
  return /[\p{L}\p{N}]/u.test(text.charAt(at));
}

function typesOf({ types, texts }: Saying): ReadonlySet<string> {
  return new Set([...types.filter((type) => !isGeneric(type)), ...texts.flatMap(typesIn)]);
}

function endedAs(ended: "silent" | "answered"): Level["find"] {
  return ({ evidence, isBeneathSuccess }) => (evidence.ended === ended && !isBeneathSuccess ? "" : undefined);
}

function addressOf(child: Reportable, mentions: readonly Address[]): string | undefined {
  if (child.retried || child.isBeneathSuccess) return undefined;
  const found = mentions.find((mention) =>
    child.evidence.addresses.some((address) => isAt(mention, address)),
  );
  return found === undefined ? undefined : textOf(found);
}

/** Those at the path that a text names, among children of one host. */
function pathOf(child: Reportable, mentions: readonly Address[]): string | undefined {
  if (addressOf(child, mentions) === undefined) return undefined;
  const found = mentions.find(
    ({ path }) =>
      path !== undefined &&
      (child.evidence.addresses.some((address) => address.path === path) || hasRoute(child.operation, path)),
  );
  return found === undefined ? undefined : textOf(found);
}

function textOf({ host, port, path }: Address): string {
  const name = host.includes(":") && port !== undefined ? `[${host}]` : host;
  return `${name}${port === undefined ? "" : `:${port}`}${port === undefined && path !== undefined ? path : ""}`;
}

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);

function isAt(mention: Address, address: Address): boolean {
  const isHost = mention.host === address.host || (LOOPBACK.has(mention.host) && LOOPBACK.has(address.host));
  if (!isHost) return false;
  if (mention.port !== undefined && address.port !== undefined && mention.port !== address.port) return false;
  return mention.path === undefined || address.path === undefined || isPathOf(mention.path, address.path);
}

/** True if one path begins with the other: a text may leave the end out. */
function isPathOf(one: string, other: string): boolean {
  return one === other || `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}

/** True if the operation's route, as `GET /items/:id`, has such paths. */
function hasRoute(operation: string, path: string): boolean {
  const route = /\s(\/\S*)$/.exec(operation.slice(-256))?.[1]?.toLowerCase().split("/");
  const parts = path.split("/");
  return (
    route?.length === parts.length &&
    route.every((part, i) => part === parts[i] || part.startsWith(":") || part.startsWith("{"))
  );
}

function statusOf(
  { evidence, isBeneathSuccess }: Reportable,
  { statuses, codes }: Mentions,
): string | undefined {
  if (isBeneathSuccess) return undefined;
  const status = evidence.statuses.find((one) => statuses.has(one));
  return status === undefined ? evidence.codes.find((one) => codes.has(one)) : String(status);
}
