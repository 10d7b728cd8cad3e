// The transports that keep the contract. A further one is one entry: how it serves, how it calls, and how it says what went wrong.
import type { Code } from "../../../src/spans/code.ts";
import { CONNECT } from "./connect.ts";
import { CONNECT_HTTP2 } from "./connect-http2.ts";
import { GRPC } from "./grpc.ts";
import { HTTP_CLIENTS } from "./http-clients.ts";
import { HTTP2 } from "./http2.ts";
import type { Case } from "./table.ts";

/** What a callee is asked. */
export interface Incoming {
  readonly path: string;
  readonly query: URLSearchParams;
  /** All that came with the call, as the program sees it. */
  readonly metadata: string;
}

/** How it answers: with a code, with a part of its body, or by closing the connection. */
export type Outgoing =
  | {
      readonly code: "ok" | "permission-denied" | "internal" | "unavailable";
      readonly body?: string | Buffer;
    }
  | "part of a body"
  | "nothing";

/** How a program calls. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The time after which the signal ends the call; a client may use its own way to do so. */
  readonly timeoutMs?: number;
  /** False if nobody reads the body. */
  readonly isRead: boolean;
  /** A client that can try again by itself shall do so. */
  readonly isRetried?: boolean;
}

/** How something failed, in the words of the transport's client. */
export interface Failure {
  readonly errorType: string;
  readonly message: string;
  readonly causes?: readonly string[];
}

export interface Transport {
  /** Serves on a free port of the loopback; resolves with the address for {@link call}. */
  serve(handle: (call: Incoming) => Promise<Outgoing>): Promise<string>;
  /** Resolves with true if the callee answered that all went well; rejects if the call broke. */
  call(to: string, options: CallOptions): Promise<boolean>;
  /** Whose callee it calls, if it has none of its own. */
  readonly callee?: string;
  /** What the node of a call says if the callee closes the connection before it answers. */
  readonly closed: Partial<Failure>;
  /** The same of a call whose answer broke off. */
  readonly brokenOff: Partial<Failure>;
  /** The same of a call that its caller gave up. @default an AbortError */
  readonly cancelled?: Partial<Failure>;
  /** The same of a call whose time ran out. @default a TimeoutError */
  readonly timedOut?: Partial<Failure>;
  /** The callee is told of the time limit, and may say that it has passed before the caller notices. @default false */
  readonly mayAnswerTimeout?: boolean;
  /** The operation of a callee's node. @default GET */
  readonly operation?: string;
  /** The operation of a call that is a node of its own. @default that of the callee's node */
  readonly callOperation?: string;
  /** What the node of a call says if nobody listens at its address. @default the error of node:http */
  readonly refused?: (host: string) => Partial<Failure>;
  /** Starts a callee that takes no part, or one that answers another ask; resolves with its address. @default over HTTP */
  readonly plain?: (code: "unavailable" | "internal", isHostile: boolean) => Promise<string>;
  /** What the node of a call to such a callee says besides. */
  readonly plainSays?: (code: "unavailable" | "internal") => Partial<Failure & { readonly code: Code }>;
  /** The same of a callee that takes part, but gives no tree. */
  readonly opaqueSays?: Partial<Failure>;
  /** Cases that cannot exist, and why. */
  readonly cannot?: Readonly<Partial<Record<Case, string>>>;
}

export const TRANSPORTS: Readonly<Record<string, Transport>> = {
  ...HTTP_CLIENTS,
  ...HTTP2,
  ...GRPC,
  ...CONNECT,
  ...CONNECT_HTTP2,
};

/** The transport whose callee a transport calls. */
export function calleeOf(name: string): string {
  return TRANSPORTS[name]?.callee ?? name;
}
