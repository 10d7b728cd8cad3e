// Calls Tempo's API over HTTP: single traces, and the failing ones of a service.
import { traceIdIn } from "../../otlp/ids.ts";
import { isObject, numberIn, objectsIn } from "../../otlp/json-value.ts";
import { BackendApi, type BackendTarget } from "../backend/backend-api.ts";
import { BackendError } from "../backend/backend-error.ts";
import type { InputSink } from "../input/span-sink.ts";

const TEMPO = {
  name: "Tempo",
  address: "its API, as http://localhost:3200",
  // Its errors are text; so is the word of a server that has no such path.
  isNothing: (body: string) => !body.startsWith("404 page not found"),
};

/** One Tempo. All methods throw a `BackendError` if it does not answer, or not as Tempo does. */
export class TempoApi {
  readonly #api: BackendApi;

  constructor(target: BackendTarget) {
    this.#api = new BackendApi(TEMPO, target);
  }

  /** For people: without credentials. */
  get name(): string {
    return this.#api.name;
  }

  /**
   * Reads the spans of a trace, by the newer of two APIs if it is there.
   *
   * @returns false if Tempo does not know the trace
   */
  async trace(traceId: string, sink: InputSink): Promise<boolean> {
    try {
      if (await this.#api.read(`api/v2/traces/${traceId}`, {}, sink)) return true;
    } catch (error) {
      if (!(error instanceof BackendError) || error.status !== 404) throw error;
    }
    return this.#api.read(`api/traces/${traceId}`, {}, sink);
  }

  /** Ids of traces in which a span of the service has the status ERROR, by their starts. */
  async failing(service: string, limit: number, fromMs: number, toMs: number): Promise<string[]> {
    const found = await this.#api.json("api/search", {
      // Source: Tempo's documentation, "TraceQL".
      q: `{ resource.service.name = ${JSON.stringify(service)} && status = error }`,
      limit: `${limit}`,
      start: `${Math.floor(fromMs / 1000)}`,
      end: `${Math.ceil(toMs / 1000)}`,
    });
    return objectsIn(isObject(found) ? found.traces : undefined)
      .toSorted((a, b) => numberIn(a.startTimeUnixNano) - numberIn(b.startTimeUnixNano))
      .flatMap(({ traceID }) => traceIdIn(traceID) ?? []);
  }
}
