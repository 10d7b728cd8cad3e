// Trees of every size, and responses that leave less and less room for them.
import { differences } from "../../../examples/lab/expected-tree.ts";
import { SEED_TREES } from "../../../examples/lab/seed-trees.ts";
import type { Asked } from "./asker.ts";
import { describe, isIntact } from "./judge.ts";
import { PLAIN, type Plan } from "./plan.ts";
import type { Cell, Tone } from "./report.ts";
import { errandTo, judgePair, type Row, type Target, type Trial, textOfTrial } from "./row.ts";

/** Trials of a sweep that are made at the same time. */
const ABREAST = 8;

/** From `first` to `last`, both included. */
function steps(first: number, last: number, by: number): number[] {
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, i) => first + i * by);
}

const CROWD: Plan = { ...PLAIN, nodes: 63 };
const BLOCKS = steps(1_500, 4_200, 27).map((block): Plan => ({ ...CROWD, block }));
const PATHS = [200, 700, 1_200, 1_700, 2_200, 2_700, 3_200, 3_600].flatMap((urlBytes) =>
  steps(500, 3_900, 200).map((block): Plan => ({ ...CROWD, block, urlBytes })),
);

/** In the order of the table. */
export const MATRIX: readonly Row[] = [
  { title: "the lab's root", run: tryLab },
  single("1 node", { nodes: 1 }),
  single("10 nodes", {}),
  single("63 nodes", { nodes: 63 }),
  single("1,000 nodes", { nodes: 1_000 }),
  single("1,000 nodes, 404", { nodes: 1_000, status: 404 }),
  single("10 nodes, 200", { status: 200 }),
  single("nothing failed, 200", { nodes: 1, status: 200 }),
  single("63 nodes, body of 4 MiB", { nodes: 63, body: "large" }),
  single("63 nodes, chunked body", { nodes: 63, body: "chunked" }),
  single("63 nodes, path of 2,000 bytes", { nodes: 63, urlBytes: 2_000 }),
  single("63 nodes, path of 6,000 bytes", { nodes: 63, urlBytes: 6_000 }),
  single("63 nodes, cookies: block of 2,000 bytes", { nodes: 63, block: 2_000 }),
  single("63 nodes, cookies: block of 3,060 bytes", { nodes: 63, block: 3_060 }),
  single("63 nodes, cookies: block of 3,570 bytes", { nodes: 63, block: 3_570 }),
  single("63 nodes, cookies: block of 4,080 bytes", { nodes: 63, block: 4_080 }),
  single("63 nodes, cookies: block of 4,200 bytes", { nodes: 63, block: 4_200 }),
  sweep(`${BLOCKS.length} blocks of 1,500 to 4,200 bytes`, BLOCKS),
  sweep(`${PATHS.length} pairs of path and block`, PATHS),
  { title: "the proxy tells of itself", run: tryForwarded },
];

/** One plan, by both clients of node, and with the library switched off. */
function single(title: string, changes: Partial<Plan>): Row {
  const plan: Plan = { ...PLAIN, ...changes };
  return {
    title,
    async run(target) {
      const answers = await target.stage.ask([
        errandTo(target, "on", plan, "http"),
        errandTo(target, "on", plan, "fetch"),
        errandTo(target, "off", plan, "http"),
      ]);
      const [byHttp, byFetch, off] = answers as [Asked, Asked, Asked];
      return cellOf(target, () => {
        const trials = [byHttp, byFetch].map((on) => judgePair(target, plan, on, off));
        return [[...new Set(trials.map(textOfTrial))].join(" or "), toneOf(trials)];
      });
    },
  };
}

/** Many plans, of which only the counts are shown; the values are as long as they can be told to be. */
function sweep(title: string, plans: readonly Plan[]): Row {
  return {
    title,
    async run(target) {
      const pairs: [Plan, Asked, Asked][] = [];
      for (let i = 0; i < plans.length; i += ABREAST) {
        const some = plans.slice(i, i + ABREAST);
        const on = await target.stage.ask(some.map((plan) => errandTo(target, "wide", plan, "http")));
        const off = await target.stage.ask(some.map((plan) => errandTo(target, "off", plan, "http")));
        for (const [j, plan] of some.entries()) pairs.push([plan, on[j] as Asked, off[j] as Asked]);
      }
      return cellOf(target, () => {
        const trials = pairs.map((pair) => judgePair(target, ...pair));
        const texts = (["harmed", "intact", "either way"] as const)
          .map((fate) => ({ fate, count: trials.filter((trial) => trial.fate === fate).length }))
          .filter(({ count }) => count > 0)
          .map(({ fate, count }) => `${count} ${fate}`);
        return [texts.join(", "), toneOf(trials)];
      });
    },
  };
}

function toneOf(trials: readonly Trial[]): Tone {
  return trials.every(({ fate }) => fate === "intact") ? "good" : "fair";
}

/** A cell that is bad as soon as judging it had anything to report. */
function cellOf({ report }: Target, judge: () => [text: string, tone: Tone]): Cell {
  const before = report.problems.length;
  const [text, tone] = judge();
  return { text, tone: report.problems.length > before ? "bad" : tone };
}

/** The lab's six services, whose tree is known by the book. */
async function tryLab(target: Target): Promise<Cell> {
  const { stage, report, proxy } = target;
  const answers = await stage.ask([
    errandTo(target, "lab", PLAIN, "http"),
    errandTo(target, "lab", PLAIN, "fetch"),
  ]);
  const { message } = SEED_TREES["fail-close"] ?? {};
  return cellOf(target, () => {
    const before = report.problems.length;
    for (const { status, text, traceId, tree } of answers) {
      const body = `${JSON.stringify({ service: "root", code: "not-found", message, trace: traceId })}\n`;
      if (status !== 404 || text !== body) report.harmed.push(`${proxy.name}, the lab: ${status} ${text}`);
      const root = tree?.root.children.find(({ service }) => service === "root");
      const wrong = differences(SEED_TREES["fail-close"], root);
      report.wrong.push(...wrong.map((problem) => `${proxy.name}, the lab: ${problem}`));
      if (tree?.omitted !== 0) report.wrong.push(`${proxy.name}, the lab: the tree is not whole`);
    }
    return [`${answers[0]?.status} ${report.problems.length === before ? "whole" : "wrong"}`, "good"];
  });
}

/** An ask that came through a proxy which says so is anybody's: it is refused, and nothing else happens. */
async function tryForwarded(target: Target): Promise<Cell> {
  const { stage, report, proxy } = target;
  const [asked] = (await stage.ask([errandTo(target, "forwarded", PLAIN, "http")])) as [Asked];
  return cellOf(target, () => {
    const { status, value, forwarding } = asked;
    const where = `${proxy.name}, telling of itself`;
    if (!isIntact(PLAIN, asked)) report.harmed.push(`${where}: ${describe(PLAIN, asked)}`);
    if (forwarding === "") report.wrong.push(`${where}: it does not`);
    if (value !== undefined) report.wrong.push(`${where}: the ask was answered with ${value}`);
    return [`${status} ${value === undefined ? "refused" : "answered"}`, "good"];
  });
}
