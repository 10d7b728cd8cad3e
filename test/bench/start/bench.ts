// How long a service takes to start: alone, with the SDK as its documentation starts it, and by `--import otel-error-tree/register`.
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { aligned } from "../../support/table.ts";
import { median } from "../statistics.ts";

const OPTIONS = { rounds: { type: "string", default: "7" } } as const;
/** More than this beyond the SDK's own time is too much. */
const BOUND_MS = 1_000;

interface Variant {
  readonly name: string;
  readonly imports: readonly (string | URL)[];
  readonly isAnswered: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: "alone", imports: [], isAnswered: false },
  { name: "SDK", imports: [new URL("./plain-sdk.mjs", import.meta.url)], isAnswered: false },
  { name: "register", imports: ["otel-error-tree/register"], isAnswered: true },
];

/** `npm run bench -- start`. */
export const startBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- start [--rounds N]

Milliseconds from the start of a process until its service listens (express, pg, ioredis), as an ES module and as CommonJS:
alone, with NodeSDK, all installed instrumentations and the hooks for ES modules as OpenTelemetry documents them, and by
\`node --import otel-error-tree/register\`. In turns, the order reversed every round.

  --rounds N  measured rounds (default: ${OPTIONS.rounds.default})

Exit code 1 if register takes ${BOUND_MS} ms longer than the SDK alone.
`,
  async run(options) {
    const rounds = readWholeNumber("--rounds", options.rounds, 1, 1e3);
    const problems: string[] = [];
    const rows = [["", ...VARIANTS.map(({ name }) => name), "beyond the SDK"]];
    for (const file of ["service.mjs", "service.cjs"]) {
      const times = VARIANTS.map((): number[] => []);
      for (let round = 0; round < rounds; round++) {
        const order = [...VARIANTS.entries()];
        for (const [i, variant] of round % 2 === 0 ? order : order.reverse()) {
          times[i]?.push(await startOf(file, variant));
        }
      }
      const [alone = 0, sdk = 0, register = 0] = times.map(median);
      const beyond = register - sdk;
      rows.push([file, ...[alone, sdk, register, beyond].map((ms) => ms.toFixed(0))]);
      if (beyond > BOUND_MS)
        problems.push(`${file}: ${beyond.toFixed(0)} ms beyond the SDK, at most ${BOUND_MS}`);
    }
    print(aligned(rows, "numbers"));
    return problems;
  },
};

/** Starts it once, and sees whether it is what it should be. */
async function startOf(file: string, { name, imports, isAnswered }: Variant): Promise<number> {
  const env = {
    OTEL_TRACES_EXPORTER: "none",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
    OTEL_ERROR_TREE_TRUST: "loopback",
  };
  const begun = performance.now();
  const service = await NodeProcess.listening(new URL(file, import.meta.url), { imports, env });
  const ms = performance.now() - begun;
  try {
    const { headers } = await fetch(service.url, { headers: { "x-error-tree": "v=1, f=json" } });
    if (headers.has("x-error-tree") !== isAnswered) {
      throw new RunError(`${file}, ${name}: the answer ${isAnswered ? "has no tree" : "has a tree"}`);
    }
  } finally {
    await service.stop();
  }
  return ms;
}
