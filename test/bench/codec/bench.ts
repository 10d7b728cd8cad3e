// How large a tree is on the wire, and how long writing and reading it takes, against JSON of the same tree.
import { deflateRawSync } from "node:zlib";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import { type ErrorTree, nodesOf } from "../../../src/tree/tree.ts";
import { readValue, ValueWriter } from "../../../src/wire/binary/value.ts";
import { readTree, writeTree } from "../../../src/wire/json.ts";
import type { Limits } from "../../../src/wire/limits.ts";
import { median } from "../statistics.ts";
import { treeOf } from "./trees.ts";

const OPTIONS = {
  rounds: { type: "string", default: "21" },
  trees: { type: "string", default: "500" },
} as const;
const ID = "00f067aa0ba902b7";
const WIDE: Limits = {
  valueBytes: 1e6,
  messageBytes: 1e6,
  nodes: 1e5,
  depth: 1e5,
  strings: 1e5,
  stringChars: 1e5,
};

/** `npm run bench -- codec`. */
export const codecBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- codec [--rounds N] [--trees N]

Bytes of a tree in binary, as our JSON and as that JSON deflated; then the time of writing and
reading it in binary against JSON.stringify and JSON.parse of the same tree, in turns.

  --rounds N  measured rounds after three to warm up (default: ${OPTIONS.rounds.default})
  --trees N   trees written and read in each round (default: ${OPTIONS.trees.default})
`,
  async run(options) {
    const rounds = readWholeNumber("--rounds", options.rounds, 1, 1e6);
    const trees = readWholeNumber("--trees", options.trees, 1, 1e6);
    for (const ids of [false, true]) {
      print(
        `bytes of the header value, a message on every node${ids ? ", each with an id of its own" : ""}\n`,
      );
      print("nodes  binary     our JSON  x JSON  JSON deflated, base64");
      for (const nodes of [1, 3, 15, 31, 60, 63]) print(sizes(treeOf(nodes, ids), nodes));
      print("");
    }
    print("write and read, binary / JSON.stringify and JSON.parse\n");
    print("nodes   ratio  least..most  write us  read us  stringify us  parse us");
    for (const nodes of [3, 31, 63]) print(times(nodes, rounds, trees));
    return [];
  },
};

function sizes(tree: ErrorTree, nodes: number): string {
  const binary = checkedValue(tree).length;
  const json = writeTree(tree.root, { id: ID, omitted: 0 }, WIDE.valueBytes, WIDE) as string;
  const deflated = `:${deflateRawSync(json, { level: 9 }).toString("base64")}:;v=1`.length;
  const cells = [`${nodes}`.padStart(5), `${binary}`.padStart(6), `${json.length}`.padStart(11)];
  return [...cells, (binary / json.length).toFixed(3).padStart(6), `${deflated}`.padStart(21)].join("  ");
}

function checkedValue(tree: ErrorTree): string {
  const value = new ValueWriter(WIDE).write(tree, ID, WIDE.valueBytes);
  if (value === undefined) throw new RunError("the tree could not be written");
  const json = writeTree(tree.root, { omitted: 0 }, WIDE.valueBytes, WIDE) as string;
  const read = readValue(value, "", WIDE);
  const again = read && writeTree(read.root, { omitted: 0 }, WIDE.valueBytes, WIDE);
  if (again !== json || readTree(json, "", WIDE) === undefined) {
    throw new RunError("the tree did not come back as it was");
  }
  return value;
}

function times(nodes: number, rounds: number, trees: number): string {
  const tree = treeOf(nodes);
  const writer = new ValueWriter(WIDE);
  const value = checkedValue(tree);
  const json = JSON.stringify(tree);
  let seen = 0;
  const work: Readonly<Record<string, () => void>> = {
    write: () => {
      seen += (writer.write(tree, ID, WIDE.valueBytes) as string).length;
    },
    read: () => {
      seen += readValue(value, "", WIDE)?.root.count ?? Number.NaN;
    },
    stringify: () => {
      seen += JSON.stringify(tree).length;
    },
    parse: () => {
      seen += (JSON.parse(json) as ErrorTree).root.count;
    },
  };
  const names = Object.keys(work);
  const taken: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const ratios: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const us: Record<string, number> = {};
    // Every other round in reverse order: what comes first pays for what was left behind.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      us[name] = microseconds(work[name] as () => void, trees);
      if (round >= 0) taken[name]?.push(us[name]);
    }
    const { write = 0, read = 0, stringify = 0, parse = 0 } = us;
    if (round >= 0) ratios.push((write + read) / (stringify + parse));
  }
  if (!Number.isFinite(seen) || [...nodesOf(tree.root)].length !== nodes) throw new RunError("lost a tree");
  const range = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`;
  const columns = names.map((name) => median(taken[name] as number[]).toFixed(1));
  const cells = [`${nodes}`.padStart(5), median(ratios).toFixed(2).padStart(6), range.padStart(11)];
  return [...cells, ...columns.map((text, i) => text.padStart([8, 7, 12, 8][i] as number))].join("  ");
}

function microseconds(work: () => void, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) work();
  return ((performance.now() - start) * 1000) / times;
}
