// Decides which calls of gRPC carry an ask, and reads what came back: the client side of gRPC.
import { context, trace } from "@opentelemetry/api";
import { statusOfRpc } from "../../spans/response-status.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import type { Call } from "../asks.ts";
import type { CodedCallHooks } from "../hooks.ts";
import { type ClientParts, idOfTraceparent, receiveAnswer, strayed } from "../receive.ts";
import { blockBytes, type Metadata, textFieldBytes } from "./grpc-js.ts";
import type { GrpcSide, GrpcTarget } from "./side.ts";

/**
 * Most bytes of the metadata with an ask. C-core refuses blocks of more than 8,192 bytes, and credentials, the deadline and proxies
 * add fields.
 */
const BLOCK_BYTES = 6144;

const MAX_RUNNING = 10_000;

/** What the client side needs of the others. */
export interface GrpcClientParts extends ClientParts {
  readonly calls: CodedCallHooks;
}

/** The client side of one set-up. */
export class GrpcClients implements Pick<GrpcSide, "callFor" | "askFor" | "answered" | "failedCall"> {
  readonly #parts: GrpcClientParts;
  /** Client spans of the calls that are watched just now. */
  readonly #running = new Set<string>();

  constructor(parts: GrpcClientParts) {
    this.#parts = parts;
  }

  /** By the trace context that the instrumentation has written; with another propagator by the active span. */
  callFor(metadata: Metadata): Call | undefined {
    const { asks } = this.#parts;
    let id = idOfTraceparent(metadata.get("traceparent")[0]);
    if (!asks.takeAnnounced(id, "bySent") && !this.#isRepeated(id)) {
      id = trace.getSpan(context.active())?.spanContext().spanId;
      if (!asks.takeAnnounced(id, "byContext")) return undefined;
    }
    // One that never ends stays here.
    if (this.#running.size >= MAX_RUNNING) this.#running.clear();
    this.#running.add(id as string);
    return { by: asks, id: id as string, authority: "", state: "silent" };
  }

  askFor(call: Call, target: GrpcTarget | undefined, metadata: Metadata): string | undefined {
    const { asks } = this.#parts;
    if (target === undefined || !asks.isOpen) return undefined;
    const { hosts, authority } = target;
    if (!asks.hosts.hasAuthority(authority) || !hosts.every((host) => asks.hosts.has(host))) return undefined;
    const ask = asks.askOf(call.id);
    if (blockBytes(metadata) + textFieldBytes(HEADER_NAME, ask.length) > BLOCK_BYTES) return undefined;
    call.authority = authority;
    call.state = "asked";
    return ask;
  }

  answered(...[call, code, value, peer]: Parameters<GrpcSide["answered"]>): void {
    this.#running.delete(call.id);
    const parts = this.#parts;
    const address = typeof peer === "string" ? undefined : peer.address;
    const isMeant = peer === "this-host" || (address !== undefined && this.#mayLeadTo(call, address));
    if (call.state === "asked" && address !== undefined && !isMeant) strayed(parts, call, address, value);
    else if (value !== undefined && !isMeant) parts.health.count("answers_untrusted");
    receiveAnswer(parts, call, statusOfRpc(code), isMeant ? value : undefined, undefined);
  }

  failedCall(...[call, failure, addresses]: Parameters<GrpcSide["failedCall"]>): void {
    this.#running.delete(call.id);
    const strange = addresses.find((address) => !this.#mayLeadTo(call, address));
    if (call.state === "asked" && strange !== undefined) strayed(this.#parts, call, strange);
    this.#parts.calls.failed(call.id, failure);
  }

  /** An interceptor of the program makes a call again that has ended. While it runs, another watch of ours may stand before it. */
  #isRepeated(id: string | undefined): boolean {
    return id !== undefined && !this.#running.has(id) && this.#parts.calls.repeated(id);
  }

  #mayLeadTo(call: Call, address: string): boolean {
    return this.#parts.asks.hosts.authorityMayLeadTo(call.authority, address);
  }
}
