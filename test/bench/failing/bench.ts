// What a failing request costs in this process: answers are read, a tree is built, judged, limited, redacted and written.
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print } from "../../../collector-config/program/print.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import type { TreeNode } from "../../../src/tree/tree.ts";
import type { Answer } from "../../../src/wire/messages.ts";
import { aligned } from "../../support/table.ts";
import { FailingProcess, type OpenRequest, type Shape } from "./requests.ts";

const OPTIONS = {
  rounds: { type: "string", default: "41" },
  requests: { type: "string", default: "400" },
} as const;

const LEAF: TreeNode = {
  service: "leaf",
  operation: "GET /fail/:id",
  code: "unavailable",
  errorType: "BankDown",
  message: "the bank does not answer",
  stub: { kind: "server", startMs: 0, durationMs: 3 },
  count: 1,
  children: [],
};
const CHAIN: TreeNode = {
  ...LEAF,
  service: "orders",
  operation: "POST /orders/:id/pay",
  children: [{ ...LEAF, service: "payment", operation: "POST /charges", children: [LEAF] }],
};

const SHAPES: readonly Shape[] = [
  { name: "one call, one node", callees: [LEAF], throws: false },
  { name: "one call, three nodes", callees: [CHAIN], throws: false },
  { name: "three calls, five nodes", callees: [LEAF, CHAIN, LEAF], throws: false },
  { name: "its own error, no call", callees: [], throws: true },
];

type Step = "read" | "decide" | "write" | "end" | "yardstick";
const STEPS: readonly Step[] = ["read", "decide", "write", "end"];

/** `npm run bench -- failing`. */
export const failingBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- failing [--rounds N] [--requests N]

CPU of what a failing request adds in this process, without sockets: the callees' answers are read, the request is decided
about just before its head, the header value is written, and the spans end. Beside it as a yardstick: JSON.stringify and
JSON.parse of the tree that is handed on, in turns.

  --rounds N    measured rounds after as many to warm up (default: ${OPTIONS.rounds.default})
  --requests N  requests of each shape in a round (default: ${OPTIONS.requests.default})
`,
  async run(options) {
    const rounds = readWholeNumber("--rounds", options.rounds, 1, 1e6);
    const requests = readWholeNumber("--requests", options.requests, 1, 1e5);
    const lines = [["request that fails", "x JSON", "us", ...STEPS, "JSON"]];
    const service = new FailingProcess();
    const taken = SHAPES.map((shape) => ({ shape, rounds: [] as Record<Step, number>[] }));
    for (let round = -rounds; round < rounds; round++) {
      for (const { shape, rounds: done } of round % 2 === 0 ? taken : taken.toReversed()) {
        const times = measure(service, shape, requests);
        if (round >= 0) done.push(times);
      }
    }
    for (const { shape, rounds: done } of taken) {
      // Some kernels count the CPU of a thread in steps of milliseconds, so only what all rounds took together says something.
      const mean = (step: Step): number => done.reduce((sum, times) => sum + times[step], 0) / done.length;
      const all = STEPS.reduce((sum, step) => sum + mean(step), 0);
      const cells = [all / mean("yardstick"), all, ...STEPS.map(mean), mean("yardstick")];
      lines.push([shape.name, ...cells.map((us) => us.toFixed(1))]);
    }
    print(aligned(lines));
    return [];
  },
};

/** Microseconds of CPU per request of each step; all requests take a step before the first one takes the next. */
function measure(service: FailingProcess, shape: Shape, count: number): Record<Step, number> {
  const requests = Array.from({ length: count }, () => service.open(shape));
  const answers: Answer[] = [];
  const each = (step: (request: OpenRequest, i: number) => void): number => {
    const start = process.threadCpuUsage();
    for (let i = 0; i < count; i++) step(requests[i] as OpenRequest, i);
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / count;
  };
  const times = {
    read: each((request) => service.read(request)),
    decide: each((request) => void answers.push(service.decide(request))),
    write: each((request, i) => void service.write(answers[i] as Answer, request)),
    end: each((request) => service.end(request)),
  };
  const trees = answers.map(({ tree }) => tree);
  return {
    ...times,
    yardstick: each((_, i) => void JSON.parse(JSON.stringify(trees[i]))),
  };
}
