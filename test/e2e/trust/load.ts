// Who asks the entry: a client without OpenTelemetry, at an even pace, with a token of its own and to both replicas in turn.
import { REQUEST_ID_HEADER } from "../../../examples/lab/request-context.ts";
import { SteadyLoad } from "../../support/steady-load.ts";
import type { PeerAgent } from "./peer-agent.ts";
import { FIELD, keyOf, windowAt } from "./token.ts";

/** One request that was answered. */
export interface Answered {
  readonly requestId: string;
  /** What the services were made to do when it was sent. */
  readonly step: string;
  /** The value of `x-error-tree`. */
  readonly value: string | undefined;
}

export interface LoadOptions {
  /** Knows the replicas of the entry. */
  readonly agent: PeerAgent;
  /** Name of the entry. */
  readonly entry: string;
  readonly perSecond: number;
}

const PATIENCE_MS = 20_000;

export class Load {
  /** The client's own `OTEL_ERROR_TREE_SECRET`. */
  secrets = "";
  step = "";
  readonly answered: Answered[] = [];
  readonly requests: SteadyLoad;

  constructor({ agent, entry, perSecond }: LoadOptions) {
    this.requests = new SteadyLoad({
      perSecond,
      overload: "left out",
      patienceMs: PATIENCE_MS,
      plan: (place) => {
        const { step } = this;
        const requestId = `trust-${place + 1}`;
        const ask = askOf(place + 1, keyOf(this.secrets, windowAt(Date.now())));
        return {
          name: requestId,
          options: { host: entry, agent, headers: { [REQUEST_ID_HEADER]: requestId, [FIELD]: ask } },
          head: ({ headers }) =>
            void this.answered.push({ requestId, step, value: headers[FIELD]?.toString() }),
        };
      },
    });
  }
}

/** An ask as a service writes it; without a token where there is no key. */
export function askOf(id: number, key?: string): string {
  const ask = `v=1, id="${id.toString(16).padStart(16, "0")}", from="client"`;
  return key === undefined ? ask : `${ask}, k="${key}"`;
}
