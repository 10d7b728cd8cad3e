// Requests through a lab: the tree in the response's header against the one that `render --jaeger` makes of the spans.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { readErrorTree } from "otel-error-tree";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { Lab } from "../../../examples/lab/lab.ts";
import { BYPASS_HEADER, forcePassHeader, REQUEST_ID_HEADER } from "../../../examples/lab/request-context.ts";
import { readTrace } from "../../../examples/lab/stored-span.ts";
import type { ErrorTree, TreeNode } from "../../../src/tree/tree.ts";
import { createRandom, type Random } from "../../support/random.ts";
import { runCli } from "../../support/run-cli.ts";
import { startRoundTripLab } from "./round-trip-lab.ts";
import type { Stage } from "./stage.ts";

/** What is compared. */
export interface RoundTripOptions {
  /** Limiters open, exporting to that Jaeger. */
  readonly lab: Lab;
  /** Base URL of the query API. */
  readonly jaegerUrl: string;
  readonly requests: number;
  readonly seed: number;
  /** Called after the last response; resolves when all that will ever be in Jaeger is there. */
  readonly settled: () => Promise<void>;
  readonly progress?: (done: number) => void;
}

/** What came of it. */
export interface RoundTripReport {
  readonly requests: number;
  /** No tree in the header, no span in Jaeger. */
  readonly sound: number;
  /** A tree in the header that is not exported: rejections, handed through. No span in Jaeger. */
  readonly notExported: number;
  readonly equal: number;
  /** Trees whose header lost nodes for want of room. */
  readonly omitted: number;
  /** Trees of which a part failed after the header was written. */
  readonly late: number;
  /** Different shapes among those that are equal. */
  readonly shapes: number;
  /** Names of the marks that stood on nodes of those that are equal. */
  readonly marks: readonly string[];
  readonly problems: readonly string[];
}

interface Answer {
  readonly requestId: string;
  readonly traceId: string;
  readonly tree: ErrorTree | undefined;
}

const CLIENTS = 8;

/** Starts the lab of the comparison, and compares. */
export async function performRoundTrip({
  stage,
  undo,
  requests,
  seed,
  progress,
}: {
  readonly stage: Stage;
  readonly undo: Undo;
  readonly requests: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}): Promise<RoundTripReport> {
  progress("starting eight services");
  const lab = await startRoundTripLab(stage, undo);
  return await judgeRoundTrip({
    lab,
    jaegerUrl: stage.jaeger.queryUrl,
    requests,
    seed,
    settled: async () => {
      progress("waiting until Jaeger has all");
      await lab.stop();
      await stage.untilHandedOn();
    },
    progress: (done) => {
      if (done % 100 === 0) progress(`${done} of ${requests} requests`);
    },
  });
}

/** Sends the requests, waits until Jaeger has what it gets, and compares each. */
export async function judgeRoundTrip(options: RoundTripOptions): Promise<RoundTripReport> {
  const answers = await askAll(options);
  await options.settled();
  const judge = new Judge(options.jaegerUrl);
  for (const answer of answers) await judge.request(answer);
  return judge.report;
}

async function askAll({ lab, requests, seed, progress }: RoundTripOptions): Promise<Answer[]> {
  const url = await lab.urlOf(lab.topology.root);
  const random = createRandom(seed);
  const todo = Array.from({ length: requests }, (_, i) => ({
    id: `${seed}-${i}`,
    headers: headersOf(random),
  }));
  const answers: Answer[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let one = todo[next++]; one !== undefined; one = todo[next++]) {
      answers.push(await ask(url, one.id, one.headers));
      progress?.(answers.length);
    }
  };
  await Promise.race([Promise.all(Array.from({ length: CLIENTS }, client)), lab.died]);
  return answers;
}

/** Of ten requests one spares everybody, in three others somebody fails open. */
function headersOf(random: Random): Record<string, string> {
  const chance = random.below(10);
  if (chance === 0) return { [BYPASS_HEADER]: "true" };
  return chance > 3 ? {} : { [forcePassHeader(random.pick(["shop", "cart", "pay", "ledger"]))]: "true" };
}

/** Asks for the binary answer, as a service would, but starts no trace. */
async function ask(url: string, requestId: string, headers: Record<string, string>): Promise<Answer> {
  const id = randomBytes(8).toString("hex");
  const fields = { ...headers, [REQUEST_ID_HEADER]: requestId, "x-error-tree": `v=1, id="${id}"` };
  const request = http.get(url, { headers: fields, signal: AbortSignal.timeout(30_000) });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const { trace } = JSON.parse(await text(response)) as { trace: string };
  const value = response.headers["x-error-tree"]?.toString() ?? "";
  return { requestId, traceId: trace, tree: readErrorTree(value) };
}

/** Compares one request after the other. */
class Judge {
  readonly #jaegerUrl: string;
  readonly #counts = { requests: 0, sound: 0, notExported: 0, equal: 0, omitted: 0, late: 0 };
  readonly #shapes = new Set<string>();
  readonly #marks = new Set<string>();
  readonly #problems: string[] = [];

  constructor(jaegerUrl: string) {
    this.#jaegerUrl = jaegerUrl;
  }

  get report(): RoundTripReport {
    return {
      ...this.#counts,
      shapes: this.#shapes.size,
      marks: [...this.#marks].sort(),
      problems: this.#problems,
    };
  }

  async request({ requestId, traceId, tree }: Answer): Promise<void> {
    const counts = this.#counts;
    counts.requests++;
    const spans = await readTrace(this.#jaegerUrl, traceId);
    const where = `request ${requestId}, trace ${traceId}`;
    if (tree === undefined || !tree.root.exported) {
      if (spans.length > 0)
        this.#problems.push(`${where}: ${spans.length} spans are in Jaeger, should be none`);
      else if (tree === undefined) counts.sound++;
      else counts.notExported++;
      return;
    }
    if (tree.omitted > 0) {
      counts.omitted++;
      return;
    }
    if (spans.some(({ attributes }) => attributes["error_tree.late"] === true)) {
      counts.late++;
      return;
    }
    const wrong = differences(tree.root, await this.#rendered(traceId));
    if (wrong.length > 0) {
      const more = wrong.length === 1 ? "" : `; and ${wrong.length - 1} more`;
      this.#problems.push(`${where}: ${wrong[0]}${more}`);
      return;
    }
    counts.equal++;
    this.#shapes.add(shapeOf(tree.root));
    for (const mark of marksBeneath(tree.root)) this.#marks.add(mark);
  }

  async #rendered(traceId: string): Promise<TreeNode | undefined> {
    const args = ["render", "--jaeger", this.#jaegerUrl, "--trace", traceId, "--format", "json"];
    const { code, out, err } = await runCli(args);
    if (code !== 0) throw new Error(`render ended with exit code ${code}: ${err}`);
    const trees = JSON.parse(out) as { readonly root: TreeNode }[];
    if (trees.length > 1) this.#problems.push(`trace ${traceId}: ${trees.length} trees`);
    return trees[0]?.root;
  }
}

/** What both sides know of a node; `exported` is the header's alone, span ids and times are the backend's. */
const COMPARED = [
  "service",
  "operation",
  "code",
  "at",
  "peer",
  "errorType",
  "message",
  "count",
  "hops",
  "unanswered",
  "opaque",
  "abandoned",
  "survived",
  "mixed",
] as const satisfies readonly (keyof TreeNode)[];
const MARKS = ["hops", "unanswered", "opaque", "abandoned", "survived", "mixed", "at", "peer"] as const;

/** What differs between the header's tree and the backend's, each with its place. */
export function differences(
  header: TreeNode | undefined,
  backend: TreeNode | undefined,
  path = "",
): string[] {
  const here = `${path}${(header ?? backend)?.service}`;
  if (header === undefined || backend === undefined) {
    return header === backend ? [] : [`${here}: only in the ${header === undefined ? "backend" : "header"}`];
  }
  const wrong = COMPARED.filter((name) => header[name] !== backend[name]).map(
    (name) => `${here}: ${name} is ${header[name]} in the header, ${backend[name]} in the backend`,
  );
  const [frames = [], all = []] = [header.frames, backend.frames].map((list) => list?.map(withoutFolder));
  // A header lets go of frames before anything else.
  if (frames.some((frame, i) => frame !== all[i])) {
    wrong.push(`${here}: frames are ${frames} in the header, ${all} in the backend`);
  }
  const places = Math.max(header.children.length, backend.children.length);
  for (let i = 0; i < places; i++) {
    wrong.push(...differences(header.children[i], backend.children[i], `${here} > `));
  }
  return wrong;
}

/** Both sides tell paths relative to the folder that they themselves run in. */
function withoutFolder(frame: string): string {
  return frame.replace(/[^ (]*\//, "");
}

function shapeOf({ service, code, children, ...node }: TreeNode): string {
  return JSON.stringify([service, code, node.count, MARKS.map((mark) => node[mark]), children.map(shapeOf)]);
}

function marksBeneath(node: TreeNode): string[] {
  const own: string[] = MARKS.filter((mark) => node[mark] !== undefined);
  if (node.count > 1) own.push("count");
  return [...own, ...node.children.flatMap(marksBeneath)];
}
