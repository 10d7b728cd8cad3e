// Reads a file of quality attributes.
import { isMap, isScalar, isSeq, type Node } from "yaml";
import { CONNECTOR_BOUNDS } from "../graph/connector-bounds.ts";
import { readEdgePattern } from "./edge-pattern.ts";
import type { Objective, ObjectiveEntry } from "./objective.ts";
import { Objectives } from "./objectives.ts";
import type { Problem } from "./problem.ts";
import { readTime } from "./quantities.ts";
import { type Defaults, readDefaults, readObjective } from "./read-objective.ts";
import { YamlReader } from "./yaml-reader.ts";

/** What a file says. */
export interface ObjectivesFile {
  /** All that could be read; judge by it only if there are no problems. */
  readonly objectives: Objectives;
  /** Upper bounds of the buckets of the histograms in Prometheus, in seconds, ascending. */
  readonly bounds: readonly number[];
  /** What is wrong, all of it, in the order of the file. */
  readonly problems: readonly Problem[];
}

const KEYS = ["window", "least", "buckets", "objectives"] as const;
const DEFAULTS: Defaults = { windowSeconds: 300, least: 20 };
const MOST_CHARACTERS = 1_000_000;
const MOST_ENTRIES = 1_000;
const NOTHING_EXPECTED = "none";

/** Reads the text of a file. Never throws. */
export function readObjectives(text: string): ObjectivesFile {
  if (text.length > MOST_CHARACTERS) {
    const tooLong = { line: 1, column: 1, text: "the file has more than a million characters" };
    return { objectives: new Objectives([]), bounds: CONNECTOR_BOUNDS, problems: [tooLong] };
  }
  const reader = new YamlReader(text);
  const { root } = reader;
  let entries: ObjectiveEntry[] = [];
  let bounds = CONNECTOR_BOUNDS;
  if (isMap(root)) {
    const fields = reader.fieldsOf(root, KEYS);
    const defaults = readDefaults(fields, reader, DEFAULTS);
    bounds = readBounds(fields.get("buckets"), reader);
    const node = fields.get("objectives");
    if (node === undefined) reader.problem(root, 'expected "objectives"');
    else entries = readEntries(node, reader, defaults);
  } else {
    reader.problem(root, 'expected a map with "objectives"');
  }
  return { objectives: new Objectives(entries), bounds, problems: reader.problems };
}

function readEntries(node: Node, reader: YamlReader, defaults: Defaults): ObjectiveEntry[] {
  if (!isMap(node)) {
    reader.problem(node, 'expected a map of edges, as checkout -> payment: "95% within 200ms"');
    return [];
  }
  const entries: ObjectiveEntry[] = [];
  for (const [key, value] of reader.pairsOf(node)) {
    const text = reader.textOf(key) ?? "";
    const edge = readEdgePattern(text);
    if (edge === undefined) {
      reader.problem(key, `expected an edge, as checkout -> payment, got ${reader.quote(key)}`);
      continue;
    }
    if (entries.length === MOST_ENTRIES) {
      reader.problem(key, `there are more than ${MOST_ENTRIES} edges`);
      break;
    }
    const objectives = readList(value, reader, defaults);
    // Of an entry that is wrong nothing is left: it is not `none`.
    if (objectives !== undefined) entries.push({ edge, text, objectives, ...reader.placeOf(key) });
  }
  return entries;
}

function readList(node: Node, reader: YamlReader, defaults: Defaults): Objective[] | undefined {
  if (isScalar(node) && reader.textOf(node) === NOTHING_EXPECTED) return [];
  const nodes = isSeq(node) ? node.items.map((item) => reader.resolve(item)) : [node];
  if (nodes.length === 0) reader.problem(node, "expected at least one, or none");
  const objectives: Objective[] = [];
  for (const one of nodes) {
    if (one === undefined) {
      reader.problem(node, "one of the list is empty");
      continue;
    }
    const objective = readObjective(one, reader, defaults);
    if (objective === undefined) continue;
    if (objectives.some(({ text }) => text === objective.text))
      reader.problem(one, `"${objective.text}" is there twice`);
    else objectives.push(objective);
  }
  return objectives.length === 0 ? undefined : objectives;
}

function readBounds(node: Node | undefined, reader: YamlReader): readonly number[] {
  if (node === undefined) return CONNECTOR_BOUNDS;
  if (!isSeq(node) || node.items.length === 0) {
    reader.problem(
      node,
      "expected a list of times, as latency_histogram_buckets of the Collector: [100ms, 1s]",
    );
    return CONNECTOR_BOUNDS;
  }
  const bounds: number[] = [];
  for (const item of node.items) {
    const one = reader.resolve(item) ?? node;
    const seconds = readTime(reader.textOf(one) ?? "");
    if (seconds === undefined) reader.problem(one, `expected a time as 200ms, got ${reader.quote(one)}`);
    else if (seconds <= (bounds.at(-1) ?? 0)) reader.problem(one, "expected times that ascend");
    else bounds.push(seconds);
  }
  return bounds;
}
