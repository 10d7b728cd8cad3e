// What the bench of a middle service can be told, and what holds where nothing is said.
import { readNumber, readWholeNumber, type Values } from "../../../collector-config/program/arguments.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";

export const DEFAULTS = {
  rounds: 80,
  requests: 700,
  processes: 4,
  roundsAgainst: 24,
  requestsAgainst: 4_000,
  limit: 1.02,
};

/** What one request of the load makes the service do. */
export interface RequestShape {
  /** Internal spans that the service starts beside the two of its instrumentation. @default 0 */
  readonly internalSpans: number;
  /** So many of 100 requests fail: the callee answers 503, and the service hands it on. @default 0 */
  readonly errorPercent: number;
  /** The caller of ours asks for the error tree. @default true */
  readonly asks: boolean;
}

/** By what asks are trusted. */
export type BenchTrust = "loopback" | "secret";

/** Over what the service is called, and calls. */
export type BenchTransport = "http" | "grpc";

export interface MiddleOptions {
  readonly rounds: number;
  /** Requests measured per variant and round. */
  readonly requests: number;
  /** So many processes of each variant are measured one after the other, each in its part of the rounds. */
  readonly processes: number;
  /** The least that an ask can cost is measured, too. @default false */
  readonly least: boolean;
  /** The commit to compare with, as git knows it. @default none: the variants are compared */
  readonly against: string | undefined;
  /** A ratio to that commit above this counts as slower. @default 1.02 */
  readonly limit: number;
  /** By what the measured services trust who asks: the address, or the token of a secret. @default "loopback" */
  readonly trust: BenchTrust;
  /** How the service is called, and calls. @default "http" */
  readonly transport: BenchTransport;
  readonly shape: RequestShape;
  /** The flow counts are compared, on with off. @default false */
  readonly flow: boolean;
  /** Being slower fails the bench. @default false */
  readonly failAboveLimit: boolean;
}

/** The options of the command line. */
export const OPTIONS = {
  rounds: { type: "string" },
  requests: { type: "string" },
  processes: { type: "string" },
  least: { type: "boolean", default: false },
  spans: { type: "string", default: "0" },
  errors: { type: "string", default: "0" },
  asks: { type: "string", default: "on" },
  against: { type: "string" },
  trust: { type: "string", default: "loopback" },
  transport: { type: "string", default: "http" },
  flow: { type: "boolean", default: false },
  "fail-above": { type: "string" },
} as const;

/** @throws RunError for an option that is wrong */
export function readOptions(values: Values<typeof OPTIONS>): MiddleOptions {
  const { rounds, requests, against, trust, transport, asks, spans, errors, flow, least } = values;
  const limit = values["fail-above"];
  if (limit !== undefined && against === undefined) throw new RunError("--fail-above needs --against");
  if (trust !== "loopback" && trust !== "secret") {
    throw new RunError(`--trust must be loopback or secret, got "${trust}"`);
  }
  if (transport !== "http" && transport !== "grpc") {
    throw new RunError(`--transport must be http or grpc, got "${transport}"`);
  }
  if (flow && against !== undefined) throw new RunError("--flow and --against do not go together");
  if (asks !== "on" && asks !== "off") throw new RunError(`--asks must be on or off, got "${asks}"`);
  const errorPercent = readWholeNumber("--errors", errors, 0, 100);
  if (
    least &&
    (against !== undefined || flow || transport !== "http" || errorPercent > 0 || asks === "off")
  ) {
    throw new RunError(
      "--least is for asks over node:http on which nothing fails, and not for --against or --flow",
    );
  }
  if (values.processes !== undefined && against !== undefined) {
    throw new RunError(
      "--processes and --against do not go together: there every round has processes of its own",
    );
  }
  const usualRounds = against === undefined ? DEFAULTS.rounds : DEFAULTS.roundsAgainst;
  const usualRequests = against === undefined ? DEFAULTS.requests : DEFAULTS.requestsAgainst;
  const allRounds = rounds === undefined ? usualRounds : readWholeNumber("--rounds", rounds, 1, 1e6);
  const processes = readWholeNumber("--processes", values.processes ?? String(DEFAULTS.processes), 1, 100);
  return {
    rounds: allRounds,
    processes: Math.min(processes, allRounds),
    least,
    requests: requests === undefined ? usualRequests : readWholeNumber("--requests", requests, 1, 1e7),
    against,
    trust,
    transport,
    flow,
    shape: {
      internalSpans: readWholeNumber("--spans", spans, 0, 10_000),
      errorPercent,
      asks: asks === "on",
    },
    limit: limit === undefined ? DEFAULTS.limit : readNumber("--fail-above", limit, 1, 100),
    failAboveLimit: limit !== undefined,
  };
}
