// Knows of an export under way whether its bytes have left the process, if its exporter uses node:http.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { type Context, context, createContextKey } from "@opentelemetry/api";

const KEY = createContextKey("otel-error-tree export");
const CHANNEL = "http.client.request.start";
/** A receiver that has not answered for so long may be in trouble: then nobody can say that the export arrives. */
const BELIEVED_MS = 1_000;

/** One export, and the requests that it has made so far. */
export class SentRequests {
  readonly #since: number;
  readonly #requests: ClientRequest[] = [];
  #isOver = false;

  constructor(now: number) {
    this.#since = now;
  }

  /** The context in which the exporter is called. */
  within(outer: Context): Context {
    return outer.setValue(KEY, this);
  }

  add(request: ClientRequest): void {
    this.#requests.push(request);
  }

  /** The export has succeeded or failed: what comes next is another one. */
  end(): void {
    this.#isOver = true;
  }

  /**
   * True if the operating system has all of it: it is sent although the process ends now. False if that is not known, as of an
   * exporter that uses something else than node:http.
   */
  haveLeft(now: number): boolean {
    if (this.#isOver || this.#requests.length === 0 || now - this.#since > BELIEVED_MS) return false;
    return this.#requests.every(hasLeft);
  }
}

/** The body is with the operating system, and neither an answer nor the connection's end says that it was for nothing. */
function hasLeft(request: ClientRequest): boolean {
  const { res } = request as { readonly res?: { readonly statusCode?: number } | null };
  if (!request.writableFinished) return false;
  return res == null ? !request.destroyed : (res.statusCode ?? 0) < 300;
}

/** Notes the requests of all exports until the returned function is called. */
export function watchSentRequests(): () => void {
  const onRequest = (message: unknown): void => {
    const sent = context.active().getValue(KEY);
    if (sent instanceof SentRequests) sent.add((message as { request: ClientRequest }).request);
  };
  subscribe(CHANNEL, onRequest);
  return () => void unsubscribe(CHANNEL, onRequest);
}
