// A response as it came out of a proxy.
import { createHash } from "node:crypto";
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
  /** How many such fields there are; `fetch` does not tell more than one. */
  readonly fields: number;
  /** The trace that the response was made for. */
  readonly madeFor: string;
  /** The forwarding fields that the service saw in the request. */
  readonly forwarding: string;
  /** Why there is no response. */
  readonly problem?: string;
}

const SHORT_TEXT = 1_000;

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
        resolve(received(statusCode, Buffer.concat(chunks), field, headersDistinct[FIELD]?.length ?? 0));
      });
    });
    request.on("error", broken);
  });
}

/** A request by `fetch`, the body read to its end. */
export async function receiveByFetch(url: string): Promise<Received> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const body = Buffer.from(await response.arrayBuffer());
    const field = (name: string): string | undefined => response.headers.get(name) ?? undefined;
    return received(response.status, body, field, response.headers.has(FIELD) ? 1 : 0);
  } catch (error) {
    return nothing(error as Error);
  }
}

function received(
  status: number,
  body: Buffer,
  field: (name: string) => string | undefined,
  fields: number,
): Received {
  return {
    status,
    sha256: createHash("sha256").update(body).digest("hex"),
    text: body.length < SHORT_TEXT ? body.toString() : "",
    value: field(FIELD),
    fields,
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
