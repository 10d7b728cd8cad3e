// The way of an ask from the span to the wire: inject leaves a note, and the transport puts the ask in its place or takes it off.
import { randomBytes } from "node:crypto";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { UNKNOWN_SERVICE } from "../tree/tree.ts";
import type { KeyRing } from "../trust/key-ring.ts";
import type { AskableHosts } from "../trust/trust.ts";
import { askSuffix, formatAsk } from "../wire/header.ts";

/** Largest head of a request that an ask may lead to: peers refuse one of 16 KB with 431, and proxies add fields of their own. */
export const HEAD_BYTES: number = 15 * 1024 + 512;

/** A call by a transport, from the moment at which it was seen. */
export interface Call {
  /** The set-up that it belongs to. */
  readonly by: Asks;
  /** Id of the client span. */
  readonly id: string;
  /** Whom the head of the request names, as `host:port`. */
  authority: string;
  /**
   * An ask is `"written"` once it stands in the head, and the call `"asked"` once it is known who is connected: only then what
   * comes back is read. `"silent"` calls carry none.
   */
  state: "silent" | "written" | "asked";
  /** The head of the request as node:http made it, without the ask. */
  head?: string | undefined;
}

/**
 * Makes the asks of one set-up. A note tells nothing and is no ask: should it ever be sent, it shows no token. It begins with
 * a random text, so that nobody else can write one, and another set-up in the process leaves it alone.
 */
export class Asks {
  readonly hosts: AskableHosts;
  /** What the notes of this set-up begin with, and nothing else in the world does; the span's id follows. */
  readonly mark: string = randomBytes(12).toString("hex");
  readonly #keys: KeyRing | undefined;
  #isOpen = true;
  #resource: ReadableSpan["resource"] | undefined;
  #service = UNKNOWN_SERVICE;
  #key: string | undefined;
  #suffix: string | undefined;

  /** `keys` if a secret is set: every ask then carries the key of the window. */
  constructor(hosts: AskableHosts, keys?: KeyRing) {
    this.hosts = hosts;
    this.#keys = keys;
  }

  /** False once asking has stopped. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Asks nobody any more. */
  close(): void {
    this.#isOpen = false;
  }

  /** The note of a client span. */
  noteOf(span: ReadableSpan): string {
    this.#learnService(span.resource);
    return this.mark + span.spanContext().spanId;
  }

  /** The client span's id in a note of this set-up; `undefined` for anything else. */
  idIn(value: unknown): string | undefined {
    if (typeof value !== "string" || !value.startsWith(this.mark)) return undefined;
    return value.slice(this.mark.length);
  }

  /** The ask that a note stands for. */
  askOf(id: string): string {
    // Empty as long as a file of secrets is missing.
    const key = this.#keys?.signed() || undefined;
    if (this.#suffix === undefined || key !== this.#key) {
      this.#key = key;
      this.#suffix = askSuffix(this.#service, key);
    }
    return formatAsk(id, this.#suffix);
  }

  /** Who asks. SDK 3 makes a resource's attributes anew whenever they are read. */
  #learnService(resource: ReadableSpan["resource"] | undefined): void {
    if (resource === this.#resource) return;
    if (resource?.asyncAttributesPending !== true) this.#resource = resource;
    const name = resource?.attributes["service.name"];
    const service = typeof name === "string" ? name : UNKNOWN_SERVICE;
    if (service === this.#service) return;
    this.#service = service;
    this.#suffix = undefined;
  }
}
