// Says what an edge of the flow graph is, and what is counted on it.
import { type HistogramData, LogHistogram, type Meter } from "./log-histogram.ts";

/**
 * The kind of a connection, in the words of the Collector's service graph connector: empty for a request between two services,
 * `virtual_node` if one of the two takes no part and is known by its address alone.
 */
export type ConnectionType = "" | "messaging_system" | "database" | "virtual_node";

/** Who calls whom, and by what. Names are those of services and peers, never URLs. */
export interface EdgeKey {
  readonly client: string;
  readonly server: string;
  readonly connectionType: ConnectionType;
}

/** The name of whoever calls an entry service and takes no part, as the Collector's service graph connector has it. */
export const USER = "user";
/** The name that stands for all that have no room. */
export const OTHER = "other";

/** The edge of all that have no room. */
export const OTHERS: EdgeKey = { client: OTHER, server: OTHER, connectionType: "" };

/** A text that names an edge, for maps: no name holds the character between. */
export function edgeId({ client, server, connectionType }: EdgeKey): string {
  return `${client}\0${server}\0${connectionType}`;
}

/** What an edge has counted, as data. */
export interface EdgeData {
  readonly requests: number;
  readonly failures: number;
  readonly server: HistogramData;
  readonly client: HistogramData;
  readonly arrived: number;
  readonly missing: number;
  readonly foreign: number;
}

/** What is counted on one edge. Merging is addition. */
export class EdgeCounts {
  /** Requests that the server answered; by the caller's count if the server takes no part. */
  requests = 0;
  failures = 0;
  /** Durations on the server's side. */
  readonly server: LogHistogram;
  /** Durations on the client's side. */
  readonly client: LogHistogram;
  /** Requests whose ask came from the caller to the callee and was answered. */
  arrived = 0;
  /** Requests that went out with an ask, to one that should have answered it, and were answered without. */
  missing = 0;
  /** Requests between those of which one takes no part. */
  foreign = 0;

  constructor(data?: EdgeData, meter?: Meter) {
    this.server = data === undefined ? new LogHistogram(meter) : LogHistogram.from(data.server, meter);
    this.client = data === undefined ? new LogHistogram(meter) : LogHistogram.from(data.client, meter);
    if (data !== undefined) this.#count(data);
  }

  /** Adds what another edge has counted. */
  merge(other: EdgeCounts): void {
    this.#count(other);
    this.server.merge(other.server);
    this.client.merge(other.client);
  }

  toJSON(): EdgeData {
    const { requests, failures, arrived, missing, foreign } = this;
    const [server, client] = [this.server.toJSON(), this.client.toJSON()];
    return { requests, failures, server, client, arrived, missing, foreign };
  }

  #count({ requests, failures, arrived, missing, foreign }: Omit<EdgeData, "server" | "client">): void {
    this.requests += requests;
    this.failures += failures;
    this.arrived += arrived;
    this.missing += missing;
    this.foreign += foreign;
  }
}
