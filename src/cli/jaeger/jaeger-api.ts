// Calls Jaeger's query API over HTTP: single traces, the failing ones of a service, those of an operation.
import { isObject } from "../../otlp/json-value.ts";
import { GOOD_TRACE } from "../../spans/good-trace.ts";
import { BackendApi, type BackendTarget, reasonIn } from "../backend/backend-api.ts";
import type { InputSink } from "../input/span-sink.ts";

/** A trace that a search found. */
export interface FoundTrace {
  readonly traceId: string;
  /** How many spans Jaeger had. */
  readonly spans: number;
  /** Start of its first span, in microseconds since the epoch. */
  readonly start: number;
}

/** What {@link JaegerApi.ofOperation} looks for. */
export interface OperationQuery {
  readonly service: string;
  /** Name of a span of the service. */
  readonly spanName: string;
  /** Start of that span, in milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

/** Attribute of the first span of a service's part of a trace, if that part failed. */
const FAILED = JSON.stringify({ "error_tree.verdict": "failed" });
/** Attribute of the root of a trace that a service took as an example of the operation. */
const EXAMPLE = JSON.stringify({ [GOOD_TRACE]: "true" });
/** The errors of both APIs are JSON. */
const JAEGER = {
  name: "Jaeger",
  address: "its query service, as http://localhost:16686",
  isNothing: (body: string) => reasonIn(body) !== undefined,
};

/** One Jaeger. All methods throw a `BackendError` if it does not answer, or not as Jaeger does. */
export class JaegerApi {
  readonly #api: BackendApi;

  constructor(target: BackendTarget) {
    this.#api = new BackendApi(JAEGER, target);
  }

  /** For people: without credentials. */
  get name(): string {
    return this.#api.name;
  }

  /**
   * Reads the spans of a trace as they were stored: otherwise Jaeger moves them in time if it thinks that clocks differ.
   *
   * @returns false if Jaeger does not know the trace
   */
  trace(traceId: string, sink: InputSink): Promise<boolean> {
    return this.#api.read(`api/v3/traces/${traceId}`, { raw_traces: "true" }, sink);
  }

  /** Reads traces with such a span, in any order and with all their spans. False if there are none. */
  ofOperation({ service, spanName, fromMs, toMs, limit }: OperationQuery, sink: InputSink): Promise<boolean> {
    const parameters = {
      "query.service_name": service,
      "query.operation_name": spanName,
      "query.start_time_min": new Date(fromMs).toISOString(),
      "query.start_time_max": new Date(toMs).toISOString(),
      "query.num_traces": `${limit}`,
      "query.raw_traces": "true",
    };
    return this.#api.read("api/v3/traces", parameters, sink);
  }

  /** Reads traces whose root is such a span and was taken as an example, however many others there are. False if there are none. */
  examplesOf({ service, spanName, fromMs, toMs, limit }: OperationQuery, sink: InputSink): Promise<boolean> {
    const [start, end] = [`${fromMs * 1000}`, `${toMs * 1000}`];
    const asked = { service, operation: spanName, tags: EXAMPLE, start, end, limit: `${limit}`, raw: "true" };
    return this.#api.read("api/traces", asked, sink);
  }

  /**
   * Traces in which the service's part failed, by their starts. If there are more than `limit`, these are about the newest: a
   * store may order traces by arrival instead of by start. This uses the API of Jaeger's page, because v3 searches by
   * attributes only in Jaeger after 2.13.
   *
   * @param sinceMs - start of the part, in milliseconds since the epoch
   */
  async failing(service: string, limit: number, sinceMs: number): Promise<FoundTrace[]> {
    const found = new Map<string, FoundTrace>();
    const sink: InputSink = {
      span: (traceId, { start }) => {
        const known = found.get(traceId);
        found.set(traceId, {
          traceId,
          spans: (known?.spans ?? 0) + 1,
          start: Math.min(known?.start ?? start, start),
        });
      },
      tree: () => {},
    };
    const parameters = { service, tags: FAILED, limit: `${limit}`, start: `${sinceMs * 1000}`, raw: "true" };
    await this.#api.read("api/traces", parameters, sink);
    return [...found.values()].sort((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1));
  }

  /** Names of the services that Jaeger has spans of. */
  async services(): Promise<string[]> {
    const body = await this.#api.json("api/v3/services", {});
    const services = isObject(body) && Array.isArray(body.services) ? body.services : [];
    return services.filter((name) => typeof name === "string");
  }
}
