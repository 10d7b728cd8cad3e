// Says what the observatory shows of a span of time: the data of its page and of its API.
import type { ConnectionType } from "./edge.ts";

/**
 * How a quality attribute, an edge or a node stands. An edge without an attribute is judged by its failures: `warn` from 1 % on, `fail` from 5 %
 * and three failures on. `unobserved`: no requests, or too few for its attributes.
 */
export type State = "ok" | "warn" | "fail" | "unobserved";

/** Quantiles in seconds; absent if nothing was counted. */
export interface Durations {
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}

/** One quality attribute, judged on one edge. */
export interface Judgement {
  /** The attribute as the file has it: `95% within 200ms`. */
  readonly text: string;
  readonly state: State;
  /** The share of requests that kept it, 0 to 1; absent if unobserved. */
  readonly kept?: number;
  /** The line of the file that it stands in, from 1. */
  readonly line: number;
}

/** One edge, with what was counted in the picture's time. */
export interface PictureEdge {
  readonly client: string;
  readonly server: string;
  readonly connectionType: ConnectionType;
  readonly requests: number;
  readonly failures: number;
  /** On the server's side; by the client's count if the server takes no part. */
  readonly durations: Durations;
  readonly clientDurations: Durations;
  readonly context: { readonly arrived: number; readonly missing: number; readonly foreign: number };
  /** True if the direction is inferred from the order of plain events, not from parent ids. */
  readonly isInferred: boolean;
  /** How far the clock of the server is ahead of the client's, in seconds, if it is known and matters. */
  readonly clockAhead?: number;
  readonly state: State;
  readonly judgements: readonly Judgement[];
}

/** A service or a peer. */
export interface PictureNode {
  readonly name: string;
  /** What it is, by the edges that lead to it. */
  readonly kind: "service" | "database" | "messaging_system" | "peer" | "user" | "other";
  /** The worst state of the edges that lead to it. */
  readonly state: State;
  /** When something of it came last, in milliseconds since the epoch; absent for peers, which send nothing. */
  readonly lastSeen?: number;
}

/** What makes the picture doubtful, in numbers and in words. */
export interface Doubts {
  /** Services that sent something before and do so no more. */
  readonly silent: readonly string[];
  /** Edges for which there was no room: they are in `other`. */
  readonly droppedEdges: number;
  /** Records that could not be read, and the first of them in words. */
  readonly unreadable: { readonly count: number; readonly first?: string };
  /** Events that came too late or from the future, and count nowhere. */
  readonly outOfTime: number;
  /** Whole sentences for the page: "Kafka does not answer since 12:03:04." */
  readonly notes: readonly string[];
}

/** All traffic of a span of time as a directed graph. `GET /api/picture?from=…&to=…` or `?last=SECONDS`. */
export interface Picture {
  /**
   * Milliseconds since the epoch, of the windows that are in it. `from` is moved back to the beginning of a window; windows of more than ten
   * minutes ago may be wider than `windowSeconds`. `to` is at most now: the last window may not be over.
   */
  readonly from: number;
  readonly to: number;
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
  /** The newest thing in it, in milliseconds since the epoch; absent if there is nothing. */
  readonly newest?: number;
  /** Width of a window, in seconds. */
  readonly windowSeconds: number;
  /** The oldest window that is kept, in milliseconds since the epoch. */
  readonly oldest: number;
  /** By name. */
  readonly nodes: readonly PictureNode[];
  /** By client, server and kind of connection. */
  readonly edges: readonly PictureEdge[];
  readonly doubts: Doubts;
}

/** A failing trace in the list. `GET /api/failures`, newest first. */
export interface Failure {
  readonly traceId: string;
  /** When its root ended, in milliseconds since the epoch. */
  readonly time: number;
  readonly service: string;
  readonly operation: string;
  readonly code: string;
  /** The root cause in one line, as `render` prints it. */
  readonly cause: string;
  /** As `permission-denied -> not-found`; absent if no code has changed on the way. */
  readonly drift?: string;
  readonly fingerprint: string;
  /** How many failing requests of the same kind it stands for. */
  readonly represents: number;
  /** The page of the trace in Jaeger, if the observatory knows where Jaeger is. */
  readonly jaegerUrl?: string;
}

/**
 * A tree as the page shows it. `GET /api/failures/TRACE_ID`, and `POST /api/render` with a header value, a trace id, or a file of traces,
 * of which the first tree counts. Errors of all calls are `{"error": "…"}`.
 */
export interface RenderedTree {
  readonly traceId?: string;
  /** What `otel-error-tree render` prints, without colours. */
  readonly text: string;
  /** The tree as JSON, as `render --json` prints it. */
  readonly tree: unknown;
  /** The drawing of `render --svg`. */
  readonly svg: string;
  readonly jaegerUrl?: string;
}

/**
 * What `GET /api/live` (server-sent events) sends: `picture` after each window, with the last minute or what `?last=` says;
 * `failure` within a second of its arrival; `doubts` when they change between two pictures.
 */
export interface LiveEvents {
  readonly picture: Picture;
  readonly failure: Failure;
  readonly doubts: Doubts;
}
