// Says what is tried: every way to start a program, and every other SDK beside ours, in both orders.

/** One way to start a program. */
export interface Row {
  readonly name: string;
  readonly program: string;
  /** What is imported before the program; {@link REGISTER} is left out when it runs without us. */
  readonly imports: readonly string[];
  /** Whether the answer is a tree with what was called. */
  readonly answers: boolean;
  /** What is said in addition to the line at start, each once. @default nothing */
  readonly says?: readonly RegExp[];
  /** In the variable NODE_OPTIONS in place of the command line. */
  readonly inVariable?: boolean;
  /** The folders for which it is meant. @default all */
  readonly only?: RegExp;
}

export const REGISTER = "otel-error-tree/register";

const AUTO = "@opentelemetry/auto-instrumentations-node/register";
const NOT_STARTED = /^otel-error-tree: not started, because another OpenTelemetry SDK.* was started first/;
const LATER = /^otel-error-tree: the program starts another OpenTelemetry SDK/;
const TWICE = /^\(node:\d+\) \[ERROR_TREE_INSTRUMENTED_TWICE\]/;

const beside = (name: string, other: string, only: RegExp, later: readonly RegExp[]): Row[] => [
  {
    name: `${name}, before`,
    program: "app.mjs",
    imports: [other, REGISTER],
    answers: false,
    says: [NOT_STARTED],
    only,
  },
  {
    name: `${name}, after`,
    program: "app.mjs",
    imports: [REGISTER, other],
    answers: true,
    says: later,
    only,
  },
];

export const ROWS: readonly Row[] = [
  { name: "ESM", program: "app.mjs", imports: [REGISTER], answers: true },
  { name: "CommonJS", program: "app.cjs", imports: [REGISTER], answers: true },
  { name: "NODE_OPTIONS", program: "app.cjs", imports: [REGISTER], answers: true, inVariable: true },
  { name: "type stripping", program: "app.ts", imports: [REGISTER], answers: true, only: /Node 2[46]/ },
  { name: "tsx behind", program: "app.ts", imports: [REGISTER, "tsx"], answers: true },
  { name: "worker", program: "worker.mjs", imports: [REGISTER], answers: true },
  ...beside("auto-instrumentations", AUTO, /Node 24/, [LATER, TWICE]),
  ...beside("own provider", "./provider.mjs", /Node 24/, [LATER]),
  ...beside("Sentry with OpenTelemetry", "./sentry-otel.mjs", /SDK 3, Node 24/, [LATER]),
  {
    name: "Sentry, before",
    program: "app.mjs",
    imports: ["./sentry.mjs", REGISTER],
    answers: true,
    only: /SDK 3, Node 24/,
  },
  {
    name: "Sentry, after",
    program: "app.mjs",
    imports: [REGISTER, "./sentry.mjs"],
    answers: true,
    only: /SDK 3, Node 24/,
  },
];
