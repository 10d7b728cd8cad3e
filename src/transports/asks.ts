// Makes the asks of a set-up. `inject` announces a call, or leaves a note among the fields; the transport puts the ask in its place.
import { randomBytes } from "node:crypto";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { serviceNameOf } from "../spans/service-name.ts";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import type { KeyRing } from "../trust/key-ring.ts";
import type { AskableHosts } from "../trust/trust.ts";
import { askSuffix, formatAsk, idOfAsk } from "../wire/header.ts";

/** Largest head of a request with an ask: peers refuse one of 16 KB with 431, and proxies on the way add fields. */
export const HEAD_BYTES: number = 15 * 1024 + 512;

/** Most client spans whose request is being made. */
const MAX_ANNOUNCED = 8;

/** Most client spans whose ask was written without a look at the request. */
const MAX_UNSEEN = 64;

/** Most asks that are withdrawn, and not sent yet: nearly always it is one, for a moment. */
const MAX_WITHDRAWN = 64;

/** A call, from the moment at which the transport sees it. */
export interface Call {
  /** The set-up that it belongs to. */
  readonly by: Asks;
  /** Id of the client span. */
  readonly id: string;
  /** Whom the head of the request names, as `host:port`. */
  authority: string;
  /**
   * `"silent"`: carries no ask. `"written"`: the ask is in the head. `"asked"`: it is known, too, that the right peer is
   * connected; an answer is read only then.
   */
  state: "silent" | "written" | "asked";
  /** The head of the request as node:http made it, before the ask was put in. */
  head?: string | undefined;
}

/**
 * Makes the asks of one set-up. A note is not an ask and reveals nothing: if it were ever sent, it would show no token. It
 * begins with a random text, so that nobody else can write one, and so that other set-ups in the process ignore it.
 */
export class Asks {
  readonly hosts: AskableHosts;
  /** Sockets of proxies that read and forward unencrypted requests: a program may give them to any client. */
  readonly tunnels: WeakSet<object> = new WeakSet();
  /** The unique beginning of this set-up's notes; the span's id follows it. */
  readonly mark: string = randomBytes(12).toString("hex");
  readonly #keys: KeyRing | undefined;
  #isOpen = true;
  readonly #announced: Record<"bySent" | "byContext", string[]> = { bySent: [], byContext: [] };
  readonly #unseen: string[] = [];
  readonly #withdrawn: string[] = [];
  #resource: ReadableSpan["resource"] | undefined;
  #service = UNKNOWN_SERVICE;
  #key: string | undefined;
  #suffix: string | undefined;

  /** `keys` if a secret is set: every ask then carries a token. */
  constructor(hosts: AskableHosts, keys?: KeyRing) {
    this.hosts = hosts;
    this.#keys = keys;
  }

  /** False after the shutdown: nobody is asked any more. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True if asks carry a token: a secret is set, and its file is there. */
  get isSigned(): boolean {
    return (this.#keys?.signed() ?? "") !== "";
  }

  /** From now on nobody is asked. */
  close(): void {
    this.#isOpen = false;
  }

  /** The note of a client span. */
  noteOf(span: ReadableSpan): string {
    this.#learnService(span.resource);
    return this.mark + span.spanContext().spanId;
  }

  /**
   * Node:http makes the request of this client span in this turn: it is known without a note. `sent` is the span's id in the
   * `traceparent` that the request will have; by that alone it is known then.
   */
  announce(span: ReadableSpan, sent: string | undefined): void {
    this.#learnService(span.resource);
    const { spanId } = span.spanContext();
    const announced = sent === spanId ? this.#announced.bySent : this.#announced.byContext;
    // One that node refused to make stays here.
    if (announced.length >= MAX_ANNOUNCED) announced.shift();
    announced.push(spanId);
  }

  /** True once for a client span that was announced. A request may be made while another one is: a tunnel for it. */
  takeAnnounced(spanId: string | undefined, by: "bySent" | "byContext"): boolean {
    const announced = this.#announced[by];
    const at = spanId === undefined ? -1 : announced.lastIndexOf(spanId);
    if (at === -1) return false;
    if (at === announced.length - 1) announced.pop();
    else announced.splice(at, 1);
    return true;
  }

  /** The client span's id in a note of this set-up; `undefined` for anything else. */
  idIn(value: unknown): string | undefined {
    if (typeof value !== "string" || !value.startsWith(this.mark)) return undefined;
    return value.slice(this.mark.length);
  }

  /** The ask of a client span, for a carrier that no transport will see. */
  askFor(span: ReadableSpan): string {
    this.#learnService(span.resource);
    const { spanId } = span.spanContext();
    if (this.#unseen.length >= MAX_UNSEEN) this.#unseen.shift();
    this.#unseen.push(spanId);
    return this.askOf(spanId);
  }

  /** The client span's id in an ask that {@link askFor} made; `undefined` for anything else. */
  idOfUnseen(value: unknown): string | undefined {
    const id = idOfAsk(value);
    return id !== undefined && this.#unseen.includes(id) ? id : undefined;
  }

  /** An ask stands in a head that node:http2 is about to make: it must not be sent. */
  withdraw(id: string): void {
    if (this.#withdrawn.length >= MAX_WITHDRAWN) this.#withdrawn.shift();
    this.#withdrawn.push(id);
  }

  /** True once for an ask that was withdrawn. */
  takeWithdrawn(value: unknown): boolean {
    if (this.#withdrawn.length === 0) return false;
    const at = this.#withdrawn.indexOf(idOfAsk(value) ?? "");
    if (at >= 0) this.#withdrawn.splice(at, 1);
    return at >= 0;
  }

  /** The ask that a note stands for. */
  askOf(id: string): string {
    // Empty as long as the file of the secret is missing.
    const key = this.#keys?.signed() || undefined;
    if (this.#suffix === undefined || key !== this.#key) {
      this.#key = key;
      this.#suffix = askSuffix(this.#service, key);
    }
    return formatAsk(id, this.#suffix);
  }

  /** The name of this service. It is cached, because SDK 3 builds a resource's attributes anew at every read. */
  #learnService(resource: ReadableSpan["resource"] | undefined): void {
    if (resource === this.#resource) return;
    if (resource?.asyncAttributesPending !== true) this.#resource = resource;
    const service = (resource && serviceNameOf(resource)) ?? UNKNOWN_SERVICE;
    if (service === this.#service) return;
    this.#service = service;
    this.#suffix = undefined;
  }
}
