// Declares what is used of grpc-js. It is never imported: a process may have several copies of it, or none.

/** Values of one name: texts, or bytes if the name ends in `-bin`. */
type Values = readonly (string | Uint8Array)[];

/** Its `Metadata`. */
export interface Metadata {
  get(name: string): Values;
  set(name: string, value: string | Uint8Array): void;
  remove(name: string): void;
  clone(): Metadata;
  toJSON(): Record<string, Values>;
}

/** How a call ended. */
export interface Status {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata | null | undefined;
}

/** What is reported of a call that a server received. */
export interface ServerListener {
  onReceiveMetadata(metadata: Metadata): void;
  onReceiveMessage(message: unknown): void;
  onReceiveHalfClose(): void;
  onCancel(): void;
}

/** A call that a server received, as its interceptors see it. */
export interface ServerCall {
  start(listener: ServerListener): void;
  sendStatus(status: Status): void;
  getPeer(): string;
  getDeadline(): number | Date;
  /** Absent in older versions. */
  getHost?(): string;
}

/** The method that a server's interceptor is called for. */
export interface ServerMethod {
  readonly path: string;
  readonly responseStream: boolean;
}

/** What is reported of a call that a client makes. */
export interface ClientListener {
  onReceiveMetadata?(metadata: Metadata): void;
  onReceiveMessage?(message: unknown): void;
  onReceiveStatus?(status: Status): void;
}

/** A call that a client makes: one of a channel, or one that interceptors see. */
export interface ClientCall {
  start(metadata: Metadata, listener?: ClientListener): void;
  cancelWithStatus(code: number, details: string): void;
  getPeer(): string;
}

/** True for what is metadata of any copy of grpc-js. */
export function isMetadata(carrier: unknown): carrier is Metadata {
  const { getMap, clone, toJSON } = carrier as Record<string, unknown>;
  return typeof getMap === "function" && typeof clone === "function" && typeof toJSON === "function";
}

/** Of one field in a block of headers HTTP/2 counts so many bytes besides name and value. Source: RFC 9113, section 6.5.2. */
const FIELD_BYTES = 32;

/** Bytes of a field whose value is text. */
export function textFieldBytes(name: string, chars: number): number {
  return name.length + chars + FIELD_BYTES;
}

/** Bytes of a field whose value travels as base64. */
export function binaryFieldBytes(name: string, bytes: number): number {
  return textFieldBytes(name, 4 * Math.ceil(bytes / 3));
}

/**
 * Names and values. All versions keep them in a Map that is not public; an object made of it for every call would cost a microsecond.
 */
export function fieldsOf(metadata: Metadata): Iterable<readonly [name: string, values: Values]> {
  const { internalRepr } = metadata as { readonly internalRepr?: unknown };
  return internalRepr instanceof Map
    ? (internalRepr as Map<string, Values>)
    : Object.entries(metadata.toJSON());
}

/** Bytes of all fields of metadata, as HTTP/2 counts them. */
export function blockBytes(metadata: Metadata | null | undefined): number {
  if (metadata == null) return 0;
  let sum = 0;
  for (const [name, values] of fieldsOf(metadata)) {
    for (const value of values) {
      sum +=
        typeof value === "string" ? textFieldBytes(name, value.length) : binaryFieldBytes(name, value.length);
    }
  }
  return sum;
}
