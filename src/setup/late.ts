// Stands for parts of the SDK that a bundle loads: they come some turns of the event loop after the set-up, before any request.
import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from "@opentelemetry/api";
import type { SpanExporter } from "@opentelemetry/sdk-trace";

/** Source: `ExportResultCode.FAILED` of @opentelemetry/core. */
const FAILED = 1;

/** Exports as soon as the exporter is there. If none comes, every export fails. */
export class LateExporter implements SpanExporter {
  readonly #coming: Promise<SpanExporter | undefined>;

  constructor(coming: Promise<SpanExporter | undefined>) {
    this.#coming = coming;
    // Whoever waits for it hears of it.
    coming.catch(() => {});
  }

  export(...[spans, done]: Parameters<SpanExporter["export"]>): void {
    this.#coming
      .then((exporter) => {
        if (exporter === undefined) throw new Error("the exporter is not in the bundle");
        exporter.export(spans, done);
      })
      .catch((error) => done({ code: FAILED, error }));
  }

  async forceFlush(): Promise<void> {
    await (await this.#coming)?.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await (await this.#coming)?.shutdown();
  }
}

/** Leaves contexts and carriers as they are until the propagator is there. */
export class LatePropagator implements TextMapPropagator {
  readonly #fields: readonly string[];
  #propagator: TextMapPropagator | undefined;

  constructor(fields: readonly string[], coming: Promise<TextMapPropagator | undefined>) {
    this.#fields = fields;
    coming.then(
      (propagator) => {
        this.#propagator = propagator;
      },
      () => {},
    );
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    this.#propagator?.inject(context, carrier, setter);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    return this.#propagator?.extract(context, carrier, getter) ?? context;
  }

  fields(): string[] {
    return [...this.#fields];
  }
}
