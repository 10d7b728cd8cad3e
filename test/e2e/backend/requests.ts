// Requests to a lab, sent by a few clients at a time, each of which waits until what has failed is in Jaeger.

import type { Jaeger } from "../../../collector-config/run/jaeger.ts";
import { until } from "../../../collector-config/run/until.ts";
import { expectedSpans } from "../../../examples/lab/expected-spans.ts";
import type { Accounts } from "../../../examples/lab/expected-tree.ts";
import type { Lab, LabAnswer } from "../../../examples/lab/lab.ts";
import { BYPASS_HEADER, forcePassHeader } from "../../../examples/lab/request-context.ts";
import { readTrace } from "../../../examples/lab/stored-span.ts";
import { createRandom } from "../../support/random.ts";
import { judgeTrace } from "./judge.ts";

/** A request that is to be sent. */
export interface Request {
  /** Decides, with the seed of the topology, who fails at random. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that was answered. */
export interface Asked {
  readonly answer: LabAnswer;
  readonly accounts: Accounts;
  /** Milliseconds from the response until the whole trace was in Jaeger; `undefined` where that was not waited for, or in vain. */
  readonly visibleMs: number | undefined;
}

/** What is done with the requests. */
export interface Sending {
  readonly lab: Lab;
  readonly requests: readonly Request[];
  /** How many are on their way, or being waited for, at one time. */
  readonly clients: number;
  /** Whose queries tell when a trace is there, where that is to be known. */
  readonly jaeger?: Jaeger;
  readonly progress?: ((done: number) => void) | undefined;
}

const VISIBLE_TIMEOUT_MS = 30_000;

/** Mixed requests to the seven services: of ten one spares everybody, one lets cart fail open, one shop and pay. */
export function randomRequests(count: number, seed: number): Request[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => ({
    id: `${seed}-${i}`,
    headers: headersOf(random.below(10)),
  }));
}

function headersOf(chance: number): Record<string, string> {
  if (chance === 0) return { [BYPASS_HEADER]: "true" };
  if (chance === 1) return { [forcePassHeader("cart")]: "true" };
  if (chance === 2) return { [forcePassHeader("shop")]: "true", [forcePassHeader("pay")]: "true" };
  return {};
}

/** Sends them all; in the order in which they were given. */
export async function send({ lab, requests, clients, jaeger, progress }: Sending): Promise<Asked[]> {
  const asked: Asked[] = [];
  let next = 0;
  let done = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < requests.length; i = next++) {
      asked[i] = await sendOne(lab, requests[i] as Request, jaeger);
      progress?.(++done);
    }
  };
  await Promise.race([Promise.all(Array.from({ length: clients }, client)), lab.died]);
  return asked;
}

async function sendOne(lab: Lab, { id, headers }: Request, jaeger: Jaeger | undefined): Promise<Asked> {
  const answer = await lab.ask(id, headers);
  const answeredAt = performance.now();
  const accounts: Accounts = lab.accounts().get(id) ?? new Map();
  if (jaeger === undefined || expectedSpans(accounts).size === 0) {
    return { answer, accounts, visibleMs: undefined };
  }
  const isWhole = async (): Promise<boolean> => {
    const spans = await readTrace(jaeger.queryUrl, answer.traceId);
    return judgeTrace(spans, accounts, lab.topology, "open").length === 0;
  };
  try {
    await until("the trace is whole", isWhole, VISIBLE_TIMEOUT_MS);
  } catch {
    // The judge says later what it lacks.
    return { answer, accounts, visibleMs: undefined };
  }
  return { answer, accounts, visibleMs: performance.now() - answeredAt };
}
