// Reads one quality attribute: a text, or a map with levels, time and number of requests.
import { isMap, isScalar, type Node } from "yaml";
import { type Measure, MILLION, type Millionths, type Objective } from "./objective.ts";
import { formatShare, readShare, readTime } from "./quantities.ts";
import type { YamlReader } from "./yaml-reader.ts";

/** What holds for all that do not say otherwise. */
export interface Defaults {
  readonly windowSeconds: number;
  readonly least: number;
}

interface Kept {
  readonly share: Millionths;
  readonly measure: Measure;
}

const TEXT = /^(\S.*%) (?:within (\S+(?: \S+)?)|succeed)$/;
const EXPECTED = '"95% within 200ms", "99.9% succeed" or none';
const KEYS = ["keep", "warn", "fail", "window", "least"] as const;
const LEAST_WINDOW_SECONDS = 10;
const MOST_WINDOW_SECONDS = 86_400;
/** With a fifth of what may go wrong left, it is `warn`, unless the file says otherwise. */
const LEFT_AT_WARN = 0.2;

/** Reads it; what is wrong is told to the reader, and `undefined` is the answer. */
export function readObjective(node: Node, reader: YamlReader, defaults: Defaults): Objective | undefined {
  const place = reader.placeOf(node);
  if (isScalar(node)) {
    const kept = readKept(node, reader);
    return kept && { ...withLevels(kept), ...defaults, ...place };
  }
  if (!isMap(node)) {
    reader.problem(node, `expected ${EXPECTED}, or a map with "keep"`);
    return undefined;
  }
  const fields = reader.fieldsOf(node, KEYS);
  const keep = fields.get("keep");
  if (keep === undefined) {
    reader.problem(node, 'expected "keep", as in keep: 95% within 200ms');
    return undefined;
  }
  const kept = readKept(keep, reader);
  const { windowSeconds, least } = readDefaults(fields, reader, defaults);
  const warn = readLevel(fields.get("warn"), reader);
  const fail = readLevel(fields.get("fail"), reader);
  if (kept === undefined) return undefined;
  const objective = { ...withLevels(kept, warn, fail), windowSeconds, least, ...place };
  if (objective.fail > objective.share) {
    const asked = formatShare(objective.share);
    reader.problem(fields.get("fail") ?? node, `fail must not be above what is asked for, ${asked}`);
  } else if (objective.warn < objective.fail) {
    const below = formatShare(objective.fail);
    reader.problem(
      fields.get("warn") ?? node,
      `warn must not be below fail, ${below}: it would never be seen`,
    );
  }
  return objective;
}

/** Reads `window` and `least`, of the file or of one attribute. */
export function readDefaults(
  fields: ReadonlyMap<string, Node>,
  reader: YamlReader,
  { windowSeconds, least }: Defaults,
): Defaults {
  return {
    windowSeconds: readWindow(fields.get("window"), reader) ?? windowSeconds,
    least: readLeast(fields.get("least"), reader) ?? least,
  };
}

function readKept(node: Node, reader: YamlReader): (Kept & { readonly text: string }) | undefined {
  const text = reader.textOf(node)?.replace(/\s+/g, " ");
  const [, percent, time] = TEXT.exec(text ?? "") ?? [];
  if (text === undefined || percent === undefined) {
    reader.problem(node, `expected ${EXPECTED}, got ${reader.quote(node)}`);
    return undefined;
  }
  const share = readShare(percent);
  if (share === undefined) {
    reader.problem(
      node,
      `expected a share above 0% and up to 100%, with up to four places, got "${percent}"`,
    );
  }
  const seconds = time === undefined ? undefined : readTime(time);
  if (time !== undefined && seconds === undefined) {
    reader.problem(node, `expected a time as 200ms, 1.5s or 2m, got "${time}"`);
    return undefined;
  }
  if (share === undefined) return undefined;
  const measure: Measure =
    seconds === undefined ? { kind: "succeed" } : { kind: "within", seconds, text: time ?? "" };
  return { text, share, measure };
}

function withLevels<T extends Kept>(kept: T, warn?: Millionths, fail: Millionths = kept.share) {
  const spare = kept.share + Math.round((MILLION - kept.share) * LEFT_AT_WARN);
  return { ...kept, fail, warn: warn ?? (fail < kept.share ? kept.share : spare) };
}

function readLevel(node: Node | undefined, reader: YamlReader): Millionths | undefined {
  if (node === undefined) return undefined;
  const share = readShare(reader.textOf(node) ?? "");
  if (share === undefined) reader.problem(node, `expected a share as 97%, got ${reader.quote(node)}`);
  return share;
}

function readWindow(node: Node | undefined, reader: YamlReader): number | undefined {
  if (node === undefined) return undefined;
  const seconds = readTime(reader.textOf(node) ?? "");
  if (seconds !== undefined && seconds >= LEAST_WINDOW_SECONDS && seconds <= MOST_WINDOW_SECONDS)
    return seconds;
  reader.problem(node, `expected a time from 10s to 24h, as 5m, got ${reader.quote(node)}`);
  return undefined;
}

function readLeast(node: Node | undefined, reader: YamlReader): number | undefined {
  if (node === undefined) return undefined;
  const least = Number(reader.textOf(node) ?? "");
  if (Number.isSafeInteger(least) && least >= 1) return least;
  reader.problem(node, `expected a number of requests, 1 or more, got ${reader.quote(node)}`);
  return undefined;
}
