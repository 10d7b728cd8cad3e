// Redacts spans as a whole before they are exported: names, attributes, events, status, links, scope and resource.
import type { Attributes } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { WrittenSpan } from "../../spans/written-span.ts";
import { SpanMemory, Texts } from "./texts.ts";
import { type SaidBySpans, Values } from "./values.ts";

type Resource = ReadableSpan["resource"];

/**
 * The attribute of the resource of redacted spans, by which a Collector knows that it need not redact them. On a resource,
 * because a program makes its resource when it starts: nobody who sends it requests can set an attribute there.
 */
const REDACTED_MARK: Readonly<Record<string, true>> = { "error_tree.redacted": true };

/** Redacts a copy of a span in place, and any other span into a copy. */
export type RedactSpan = (span: ReadableSpan) => ReadableSpan;

/** Redacts spans. The recorded spans stay as they are. `onCut` gets the number of texts that were not read to their end. */
export class SpanRedaction {
  readonly #said: SaidBySpans;
  readonly #onCut: (texts: number) => void;
  readonly #memory: SpanMemory;
  /** One for each resource, because exporters group spans by the object. */
  readonly #resources = new WeakMap<Resource, Resource>();

  constructor(said: SaidBySpans, onCut: (texts: number) => void) {
    this.#said = said;
    this.#memory = new SpanMemory(said.rules);
    this.#onCut = onCut;
  }

  /**
   * Redacts the spans of one request: `work` is called with the function that does so. They share a number of characters; of
   * what comes beyond it few texts are left.
   */
  within<T>(work: (redact: RedactSpan) => T): T {
    const texts = new Texts(this.#memory);
    const values = new Values(texts, this.#said);
    const result = work((span) => this.#span(span, values, texts));
    if (texts.cut > 0) this.#onCut(texts.cut);
    return result;
  }

  #span(span: ReadableSpan, values: Values, texts: Texts): WrittenSpan {
    const written = span instanceof WrittenSpan ? span : new WrittenSpan(span);
    const { status, events, links, resource } = written;
    const scope: ReadableSpan["instrumentationScope"] & { readonly attributes?: Attributes } =
      written.instrumentationScope;
    const message = values.message(status.message);
    written.name = texts.redact(written.name);
    written.status = { code: status.code, ...(message === undefined ? undefined : { message }) };
    written.attributes = values.attributes(written.attributes);
    written.events = events.map((event) => ({
      ...event,
      name: texts.redact(event.name),
      ...(event.attributes === undefined ? undefined : { attributes: values.attributes(event.attributes) }),
    }));
    written.links = links.map((link) => ({
      ...link,
      ...(link.attributes === undefined ? undefined : { attributes: values.attributes(link.attributes) }),
    }));
    if (scope.attributes !== undefined) {
      const redacted = { ...scope, attributes: values.attributes(scope.attributes) };
      written.instrumentationScope = redacted;
    }
    written.resource = this.#resource(resource);
    return written;
  }

  #resource(resource: Resource): Resource {
    const known = this.#resources.get(resource);
    if (known !== undefined) return known;
    const redacted = new RedactedResource(resource, (attributes) => {
      return new Values(new Texts(this.#memory), { messages: true, frames: true }).attributes(attributes);
    });
    this.#resources.set(resource, redacted);
    return redacted;
  }
}

/** A resource as redacted spans have it. Attributes that are not known yet are redacted when they are. */
class RedactedResource implements Resource {
  readonly #resource: Resource;
  readonly #redact: (attributes: Resource["attributes"]) => Resource["attributes"];
  #attributes: Resource["attributes"] | undefined;
  readonly schemaUrl?: string;

  constructor(resource: Resource, redact: (attributes: Resource["attributes"]) => Resource["attributes"]) {
    this.#resource = resource;
    this.#redact = redact;
    if (resource.schemaUrl !== undefined) this.schemaUrl = resource.schemaUrl;
  }

  get asyncAttributesPending(): boolean {
    return this.#resource.asyncAttributesPending ?? false;
  }

  get attributes(): Resource["attributes"] {
    if (this.#attributes !== undefined) return this.#attributes;
    const attributes = { ...this.#redact(this.#resource.attributes), ...REDACTED_MARK };
    if (!this.asyncAttributesPending) this.#attributes = attributes;
    return attributes;
  }

  async waitForAsyncAttributes(): Promise<void> {
    await this.#resource.waitForAsyncAttributes?.();
  }

  merge(other: Resource | null): Resource {
    return this.#resource.merge(other);
  }

  getRawAttributes(): ReturnType<Resource["getRawAttributes"]> {
    return Object.entries(this.attributes);
  }
}
