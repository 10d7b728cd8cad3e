// Reads the headers of a message, in whatever form the clients of brokers give them.

/** Most names of headers that a propagator is shown, and longest value of one, in bytes or UTF-16 units. */
const MOST_NAMES = 256;
const LONGEST_VALUE = 16_384;

/** What has several values for a name: Headers, the MsgHdrs of NATS. */
interface HeaderList {
  get(name: string): unknown;
  has?(name: string): boolean;
  values?(name: string): unknown;
  keys(): Iterable<unknown>;
  delete?(name: string): unknown;
}

/** The headers of one message. None of its functions throws. */
export class Carrier {
  readonly #headers: unknown;

  /** Takes a message or its headers, of a client that {@link headersIn} knows. */
  constructor(message: unknown) {
    this.#headers = guarded(() => headersIn(message), undefined);
  }

  /** The text, or texts, of a header; `null` if what stands there is no text; `undefined` if nothing does. */
  get(name: string): string | string[] | null | undefined {
    return guarded(() => textsOf(valueIn(this.#headers, name)), null);
  }

  /** The names of the headers. */
  names(): string[] {
    return guarded(() => namesIn(this.#headers).slice(0, MOST_NAMES), []);
  }

  /** As it stands there. */
  raw(name: string): unknown {
    return guarded(() => valueIn(this.#headers, name), undefined);
  }

  /** The same as {@link get}; afterwards the program does not see the header any more, if the headers can be changed. */
  take(name: string): string | string[] | null | undefined {
    const found = this.get(name);
    if (found !== undefined) guarded(() => remove(this.#headers, name), false);
    return found;
  }
}

/**
 * The headers of a message of amqplib (`properties.headers`), of Kafka and NATS (`headers`), of SQS (`MessageAttributes`), or of a
 * job of BullMQ (`opts.telemetry.metadata`); what is none of these stands for headers itself.
 */
function headersIn(message: unknown): unknown {
  if (typeof message !== "object" || message === null || isList(message)) return message;
  const { properties, opts } = message as { properties?: unknown; opts?: unknown };
  if (isObject(properties)) return properties.headers;
  if ("headers" in message && !isText(message.headers)) return message.headers;
  for (const name of ["MessageAttributes", "messageAttributes"]) {
    const attributes = Reflect.get(message, name);
    if (isObject(attributes)) return attributes;
  }
  if ("MessageId" in message || "messageId" in message) return undefined;
  if (!isObject(opts)) return message;
  const { telemetry } = opts;
  return isObject(telemetry) ? parsed(telemetry.metadata) : undefined;
}

function parsed(metadata: unknown): unknown {
  return typeof metadata === "string" && metadata.length <= LONGEST_VALUE ? JSON.parse(metadata) : undefined;
}

function valueIn(headers: unknown, name: string): unknown {
  if (!isObject(headers)) return undefined;
  if (headers instanceof Map) return headers.get(keyIn(headers, name));
  if (!isList(headers)) return Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (headers.has?.(name) === false) return undefined;
  // Iterators of a Headers object take no name.
  const values =
    typeof headers.has === "function" && headers.values?.length === 1 ? headers.values(name) : undefined;
  const value = Array.isArray(values) ? values : headers.get(name);
  // The headers of NATS give an empty text for what they do not have.
  return value === null || value === "" || (Array.isArray(value) && value.length === 0) ? undefined : value;
}

function namesIn(headers: unknown): string[] {
  if (!isObject(headers)) return [];
  if (!(headers instanceof Map) && !isList(headers)) return Object.keys(headers);
  return [...(headers.keys() as Iterable<unknown>)].map((key) => textOf(key) ?? "");
}

function remove(headers: unknown, name: string): boolean {
  if (!isObject(headers)) return false;
  if (headers instanceof Map) return headers.delete(keyIn(headers, name));
  if (!isList(headers)) return Reflect.deleteProperty(headers, name);
  headers.delete?.(name);
  return true;
}

/** Keys of a Kafka client may be bytes. */
function keyIn(headers: ReadonlyMap<unknown, unknown>, name: string): unknown {
  if (headers.has(name)) return name;
  let looked = 0;
  for (const key of headers.keys()) {
    if (looked++ >= MOST_NAMES) break;
    if (key instanceof Uint8Array && textOf(key) === name) return key;
  }
  return undefined;
}

function textsOf(value: unknown): string | string[] | null | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return textOf(value) ?? null;
  if (value.length === 1) return textOf(value[0]) ?? null;
  const texts = value.slice(0, MOST_NAMES).map(textOf);
  return texts.every((text) => text !== undefined) ? texts : null;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value.length <= LONGEST_VALUE ? value : undefined;
  if (value instanceof Uint8Array) {
    return value.length <= LONGEST_VALUE ? Buffer.from(value).toString("utf8") : undefined;
  }
  if (!isObject(value)) return undefined;
  // An attribute of SQS, which Lambda spells otherwise.
  const text = value.StringValue ?? value.stringValue;
  return typeof text === "string" ? textOf(text) : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isList(value: object): value is HeaderList {
  const { get, keys } = value as Partial<HeaderList>;
  return typeof get === "function" && typeof keys === "function";
}

function guarded<T>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch {
    // Getters, proxies and frozen objects of a program.
    return otherwise;
  }
}
