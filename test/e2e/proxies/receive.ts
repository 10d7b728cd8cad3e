// A response as it came out of a proxy, with the fields that the library takes out before the program sees it.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import http from "node:http";
import { FORWARDING_FIELD, TRACE_FIELD } from "./plan.ts";

const ANSWER_TIMEOUT_MS = 20_000;
const FIELD = "x-error-tree";

/** What of a response can be judged, whoever received it. */
export interface Received {
  /** 0 where there was no response, or none that was whole. */
  readonly status: number;
  readonly sha256: string;
  /** Text of a short body. */
  readonly text: string;
  /** Value of `x-error-tree`; `undefined` where there is none. */
  readonly value: string | undefined;
  /** How many such fields there are. */
  readonly fields: number;
  /** The trace that the response was made for. */
  readonly madeFor: string;
  /** The forwarding fields that the service saw in the request. */
  readonly forwarding: string;
  /** Why there is no response. */
  readonly problem?: string;
}

const SHORT_TEXT = 1_000;

/** Values of our field as they came, by what the channels show of a response; listened to before the library is. */
const httpValues = new WeakMap<object, readonly string[]>();
const fetchValues = new AsyncLocalStorage<string[]>();
const fetches = new WeakMap<object, string[]>();

subscribe("http.client.response.finish", (message) => {
  const { response } = message as { response: http.IncomingMessage };
  httpValues.set(response, valuesIn(response.rawHeaders));
});
subscribe("undici:request:create", (message) => {
  const values = fetchValues.getStore();
  if (values !== undefined) fetches.set((message as { request: object }).request, values);
});
subscribe("undici:request:headers", (message) => {
  const { request, response } = message as { request: object; response: { headers: readonly Uint8Array[] } };
  fetches
    .get(request)
    ?.push(...valuesIn(response.headers.map((text) => Buffer.from(text).toString("latin1"))));
});

function valuesIn(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === FIELD);
}

/** A request over `node:http`, the body read to its end. */
export function receiveByHttp(url: string): Promise<Received> {
  return new Promise((resolve) => {
    const broken = (error: Error): void => resolve(nothing(error));
    // Larger than any proxy passes on: what arrives is to be judged, not refused.
    const options = { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), maxHeaderSize: 262_144 };
    const request = http.get(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", broken);
      response.on("end", () => {
        const { statusCode = 0, headersDistinct } = response;
        const field = (name: string): string | undefined => headersDistinct[name]?.join(", ");
        resolve(received(statusCode, Buffer.concat(chunks), field, httpValues.get(response) ?? []));
      });
    });
    request.on("error", broken);
  });
}

/** A request by `fetch`, the body read to its end. */
export async function receiveByFetch(url: string): Promise<Received> {
  try {
    const values: string[] = [];
    const call = () => fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const response = await fetchValues.run(values, call);
    const body = Buffer.from(await response.arrayBuffer());
    const field = (name: string): string | undefined => response.headers.get(name) ?? undefined;
    return received(response.status, body, field, values);
  } catch (error) {
    return nothing(error as Error);
  }
}

function received(
  status: number,
  body: Buffer,
  field: (name: string) => string | undefined,
  values: readonly string[],
): Received {
  return {
    status,
    sha256: createHash("sha256").update(body).digest("hex"),
    text: body.length < SHORT_TEXT ? body.toString() : "",
    value: values.length === 0 ? undefined : values.join(", "),
    fields: values.length,
    madeFor: field(TRACE_FIELD) ?? "",
    forwarding: field(FORWARDING_FIELD) ?? "",
  };
}

function nothing(error: Error): Received {
  const problem = String(error.cause ?? error);
  return {
    status: 0,
    sha256: "",
    text: "",
    value: undefined,
    fields: 0,
    madeFor: "",
    forwarding: "",
    problem,
  };
}
