// Who is no caller: programs on another address that ask every replica for the tree of a request that fails there.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { readErrorTree } from "otel-error-tree";
import { chanceOf } from "../../../examples/lab/chance.ts";
import { REQUEST_ID_HEADER } from "../../../examples/lab/request-context.ts";
import type { Service } from "../../../examples/lab/topology.ts";
import { askOf } from "./load.ts";
import { connect } from "./peer-agent.ts";
import type { Stage } from "./stage.ts";
import { FIELD } from "./token.ts";
import type { Watched } from "./watch.ts";

/** One of them. */
export interface Stranger {
  readonly title: string;
  /** What it presents; absent for nothing at all. */
  readonly key?: string;
  /** Only who knows the secret gets trees. */
  readonly gets: boolean;
}

export interface StrangerReport {
  readonly title: string;
  readonly asked: number;
  readonly trees: number;
  readonly gets: boolean;
  readonly problems: readonly string[];
}

const HOST = "127.0.1.202";

/** Sends a stranger to every replica. */
export async function sendStranger({ title, key, gets }: Stranger, stage: Stage): Promise<StrangerReport> {
  const problems: string[] = [];
  let trees = 0;
  for (const { name, service, address } of stage.inUse) {
    const requestId = failingRequest(stage.topology.services.get(service) as Service);
    const { status, value } = await ask(address, requestId, key);
    const tree = value === undefined ? undefined : readErrorTree(value);
    if (tree !== undefined) trees++;
    if (status < 400) problems.push(`${title}: ${name} answered ${status} to a request that fails`);
    if (gets && tree?.root.service !== service) problems.push(`${title}: no tree from ${name}`);
    if (!gets && value !== undefined) problems.push(`${title}: ${name} answered ${value}`);
  }
  return { title, asked: stage.inUse.length, trees, gets, problems };
}

/** Each of them was refused once by everybody, and by nobody more often: no other ask was refused meanwhile. */
export function judgeTurnedAway(strangers: readonly StrangerReport[], watched: readonly Watched[]): string[] {
  const turnedAway = strangers.reduce((sum, { asked, gets }) => sum + (gets ? 0 : asked), 0);
  const refused = watched.reduce((sum, one) => sum + one.refused, 0);
  return refused === turnedAway ? [] : [`${turnedAway} asks of strangers, of which ${refused} were refused`];
}

/** Id of a request that this service fails by itself. */
function failingRequest({ name, environment: { SEED, FAIL_RATE } }: Service): string {
  for (let number = 0; ; number++) {
    const requestId = `stranger-${number}`;
    if (chanceOf(Number(SEED), name, requestId, "0") < Number(FAIL_RATE)) return requestId;
  }
}

async function ask(
  address: string,
  requestId: string,
  key: string | undefined,
): Promise<{ readonly status: number; readonly value: string | undefined }> {
  const headers = { [REQUEST_ID_HEADER]: requestId, [FIELD]: askOf(1, key) };
  const request = http.get({ headers, createConnection: () => connect(address, HOST) });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await once(response.resume(), "end");
  return { status: response.statusCode ?? 0, value: response.headers[FIELD]?.toString() };
}
