// Many answers, large ones, many spans: the failing trace is exported all the same, and the work follows what is kept.
import type { Result, Row } from "../row.ts";
import { askWithKey, SECRET, type Stage } from "../stage.ts";
import type { Exported } from "../telemetry.ts";

/** Blocks of code for each node or span that came in, whatever becomes of it. */
const MOST_PER_ITEM = 1_500;
/** Blocks of code that may run while one head is written. */
const MOST_AT_HEAD = 600_000;

interface Flood {
  readonly attack: string;
  readonly job: string;
  readonly args: (port: number) => object;
  /** Nodes of each answer. */
  readonly nodes?: number;
  /** Nodes and spans that come in. */
  readonly items: number;
  /** Nodes of the whole tree; absent where it depends on what was kept. */
  readonly whole?: number;
  readonly long?: boolean;
}

const FLOODS: readonly Flood[] = [
  { attack: "100 callees that answer with 30 nodes", ...fan(100, 30) },
  { attack: "300 callees that answer with 30 nodes", ...fan(300, 30), long: true },
  { attack: "200 callees that answer with 600 nodes", ...fan(200, 600), long: true },
  { attack: "40 callees that answer with 1,000 nodes", ...fan(40, 1_000), long: true },
  { attack: "one callee that answers with 1,000 nodes", ...fan(1, 1_000) },
  { attack: "one callee that answers with more nodes than are read", ...fan(1, 1_100), whole: 2 },
  { attack: "500 callees that answer with 600 nodes", ...fan(500, 600), long: true },
  { attack: "2,000 failed calls, each with 20 failed spans", ...spans("client", 2_000, 20) },
  { attack: "2,000 failed steps, each with 20 failed spans", ...spans("internal", 2_000, 20), long: true },
  { attack: "20 failed steps, each with 2,000 failed spans", ...spans("internal", 20, 2_000), long: true },
  { attack: "10,000 failed calls", ...spans("client", 10_000, 0) },
];

function fan(times: number, nodes: number): Omit<Flood, "attack"> {
  return {
    job: "fan",
    args: (port) => ({ url: `http://127.0.0.1:${port}/x`, times }),
    nodes,
    items: times * nodes,
    whole: 1 + times * nodes,
  };
}

/** Steps of the service itself are nodes each; calls are not where what failed beneath says the same. */
function spans(kind: "internal" | "client", calls: number, failed: number): Omit<Flood, "attack"> {
  const items = calls * (1 + failed);
  return {
    job: "spans",
    args: () => ({ kind, calls, failed }),
    items,
    ...(kind === "internal" || failed === 0 ? { whole: 1 + items } : {}),
  };
}

async function flood(stage: Stage, { job, args, nodes, items, whole }: Flood): Promise<Result> {
  const peer = await stage.peer();
  const port = await stage.once("floods, port", () => peer.listen({ host: "127.0.0.1" }));
  const victim = await stage.victim({
    COUNT_WORK: "true",
    OTEL_ERROR_TREE_SECRET: SECRET,
    OTEL_ERROR_TREE_HEADER_BYTES: "2048",
  });
  try {
    await peer.lie({ status: 503, ...(nodes === undefined ? {} : { nodes }) });
    const harm: string[] = [];
    let tree = "";
    const watched = await victim.watch(async () => {
      const { answers } = await victim.visit({ job, args: args(port), ask: askWithKey() });
      tree = answers.join();
      await victim.exported();
    });
    const shown = judgeTree(tree, whole, harm);
    const exported = await victim.exported();
    judgeExport(exported, harm);
    const perItem = watched.blocks / items;
    if (perItem > MOST_PER_ITEM) harm.push(`${perItem.toFixed(0)} blocks of code for each of ${items}`);
    if (watched.atHead > MOST_AT_HEAD) harm.push(`${watched.atHead} blocks of code for the head`);
    const counts = await victim.counts();
    for (const name of ["internal_errors", "represents_dropped"])
      if (counts[name]) harm.push(`${name}: ${counts[name]}`);
    return {
      seen: `${shown}, ${exported.length} spans exported, ${perItem.toFixed(0)} blocks an item, ${watched.atHead} at the head, longest block ${watched.blockMs.toFixed(0)} ms`,
      harm,
    };
  } finally {
    await victim.process.stop();
  }
}

interface Node {
  readonly children?: readonly Node[];
}

/** Nodes that are shown and those that are left out are all there were. */
function judgeTree(value: string, whole: number | undefined, harm: string[]): string {
  if (!value.startsWith("{")) {
    harm.push(`no tree: ${value.slice(0, 80)}`);
    return "no tree";
  }
  const tree = JSON.parse(value) as Node & { readonly omitted?: number };
  let shown = 0;
  const todo: Node[] = [tree];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    shown++;
    todo.push(...(node.children ?? []));
  }
  const { omitted = 0 } = tree;
  if (whole !== undefined && shown + omitted !== whole)
    harm.push(`${shown} nodes shown and ${omitted} omitted are not ${whole}`);
  return `${shown} + ${omitted} nodes`;
}

/** The root is there, and a way from it to a span that failed by itself. */
function judgeExport(exported: readonly Exported[], harm: string[]): void {
  const root = exported.find(
    ({ parentSpanId, attributes }) => parentSpanId === "" && "error_tree.verdict" in attributes,
  );
  if (root === undefined) {
    harm.push(`the root was not exported, of ${exported.length} spans`);
    return;
  }
  const ids = new Set(exported.map(({ spanId }) => spanId));
  const lost = exported.filter(({ parentSpanId }) => parentSpanId !== "" && !ids.has(parentSpanId));
  if (lost.length > 0) harm.push(`${lost.length} spans without their parent`);
  if (ids.size !== exported.length) harm.push(`${exported.length - ids.size} ids twice`);
  if (!isCauseThere(exported, root)) harm.push("no way from the root to its root cause was exported");
}

/** A span of the root cause that the root names is there, and all spans above it. */
function isCauseThere(exported: readonly Exported[], root: Exported): boolean {
  const { "error_tree.root_cause.service": service, "error_tree.root_cause.operation": operation } =
    root.attributes;
  const byId = new Map(exported.map((span) => [span.spanId, span]));
  return exported.some((span) => {
    if (span.service !== service || !span.name.includes(String(operation))) return false;
    let at: Exported | undefined = span;
    while (at !== undefined && at !== root) at = byId.get(at.parentSpanId);
    return at === root && span !== root;
  });
}

export const FLOOD_ROWS: readonly Row[] = FLOODS.map((one) => ({
  point: "floods",
  attack: one.attack,
  expected: "root and cause exported, omitted exact",
  ...(one.long ? { long: true } : {}),
  run: (stage) => flood(stage, one),
}));
