// Reads the ask of a received call, and answers with its status: the server side of gRPC.
import { isIP } from "node:net";
import type { Exchange, Exchanges, ResponseEnd, SpanIds } from "../../exchange.ts";
import type { Health } from "../../health/health.ts";
import { statusOfRpc } from "../../spans/response-status.ts";
import type { AskingRequest } from "../../trust/doubt.ts";
import type { Trust } from "../../trust/trust.ts";
import type { Answer, AnswerCodec, Ask } from "../../wire/messages.ts";
import { readAsk } from "../asking.ts";
import type { StatusHooks } from "../hooks.ts";
import { fieldsOf, type ServerCall, type Status } from "./grpc-js.ts";
import type { GrpcServerExchange, ReceivedCall } from "./side.ts";
import { trailerOf } from "./trailer.ts";

/** What the server side needs of the others. */
export interface GrpcServerParts {
  readonly hooks: StatusHooks;
  readonly codec: AnswerCodec;
  readonly health: Health;
  readonly trust: Trust;
  /** Exchanges by the metadata that the propagator's `extract` will be given. */
  readonly exchanges: Exchanges;
}

/** One received call. */
export class GrpcExchange implements Exchange, GrpcServerExchange {
  fragment: unknown = undefined;
  first: SpanIds | undefined = undefined;
  /** The instrumentation ends the span of most calls before their status is sent. */
  readonly outlivesSpan = true;
  readonly #parts: GrpcServerParts;
  #received: ReceivedCall | undefined;
  #ask: Ask | undefined = undefined;
  #answer: Answer | undefined = undefined;
  #end: ResponseEnd = "open";

  constructor(received: ReceivedCall, parts: GrpcServerParts) {
    this.#received = received;
    this.#parts = parts;
  }

  /** Parsed at first use: a call that nobody records is not counted as refused. */
  get ask(): Ask | undefined {
    const received = this.#received;
    if (received?.field === undefined) return this.#ask;
    this.#received = undefined;
    const { trust, health } = this.#parts;
    try {
      this.#ask = readAsk(received.field ?? undefined, requestOf(received), { trust, health });
    } catch (error) {
      health.failed("an ask", error);
    }
    return this.#ask;
  }

  handlerFailed(error: unknown): void {
    this.#parts.hooks.handlerFailed(this, error);
  }

  answering(code: number): boolean {
    this.#answer = this.#parts.hooks.answerAtHead(this, statusOfRpc(code));
    return this.#answer !== undefined;
  }

  answer(status: Status): Uint8Array | undefined {
    const answer = this.#answer;
    const { ask } = this;
    this.#answer = undefined;
    return answer === undefined || ask === undefined
      ? undefined
      : trailerOf(answer, ask, status, this.#parts);
  }

  over(how: "finished" | "caller-left", endsSpan: boolean): void {
    this.#end = how;
    this.#parts.hooks.responseOver(this, endsSpan);
  }

  responseEnd(): ResponseEnd {
    return this.#end;
  }

  release(): void {
    this.#received = undefined;
    this.#answer = undefined;
  }
}

/** The call in the form in which trust looks at requests. */
function requestOf({ call, path, metadata }: ReceivedCall): AskingRequest {
  const host = call.getHost?.();
  const rawHeaders = host === undefined ? [] : ["host", host];
  for (const [name] of fieldsOf(metadata)) rawHeaders.push(name, "");
  const remoteAddress = peerAddressOf(call);
  return { rawHeaders, url: path, socket: { remoteAddress } as AskingRequest["socket"] };
}

/** Addresses of peers by their sessions: node asks the socket of a session through a proxy, which takes a microsecond. */
const addresses = new WeakMap<object, string>();

function peerAddressOf(call: ServerCall): string | undefined {
  // It is not public.
  const { session } = (call as { readonly stream?: { readonly session?: object } }).stream ?? {};
  const known = session === undefined ? undefined : addresses.get(session);
  if (known !== undefined) return known;
  const address = addressOf(call.getPeer());
  if (session !== undefined && address !== undefined) addresses.set(session, address);
  return address;
}

/** The address in `address:port`, in which one of IPv6 has no brackets. */
function addressOf(peer: string): string | undefined {
  const address = peer.slice(0, peer.lastIndexOf(":"));
  if (isIP(address) !== 0) return address;
  return isIP(peer) === 0 ? undefined : peer;
}
