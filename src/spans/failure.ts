// Decides whether a span has failed: the one definition, for live spans and for those of a file or a backend.
import type { Code } from "./code.ts";
import { isExceptionEvent } from "./exception.ts";
import type { SpanKindName, SpanStatus } from "./otel.ts";
import { httpStatusOf, rpcStatusOf } from "./response-status.ts";

/** What else a span shows of a failure, in the shape in which OpenTelemetry's SDK holds it. */
export interface FailureSigns {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string }[];
  readonly ended: boolean;
  /** HTTP status as seen on the wire, which counts more than the attributes. */
  readonly httpStatus?: number | undefined;
  /** The code of a failing status of gRPC, as seen on the wire: it counts more than the attributes, too. */
  readonly rpcCode?: Code | undefined;
}

/**
 * True if a span has failed: by its status; if that is not set, by its response status; if it has none either, by an
 * exception that it recorded before it ended. A server span with the status OK has still failed if it answered with a
 * failure, because the answer is what its caller saw. Asked for every span that ends: it allocates nothing.
 */
export function hasFailed(status: SpanStatus, kind: SpanKindName, span: FailureSigns): boolean {
  if (status === "error") return true;
  const { attributes, httpStatus, rpcCode } = span;
  if (kind === "internal" && httpStatus === undefined && !hasSign(attributes))
    return status === "unset" && endedWithException(span);
  const said = statusOf(status, attributes);
  if (said === "error") return true;
  if (said === "ok" && kind !== "server") return false;
  const http = httpStatus ?? httpStatusOf(attributes);
  const rpc = rpcCode ?? rpcStatusOf(attributes);
  if (http !== undefined || rpc !== undefined) {
    return (http !== undefined && http >= 400) || (rpc !== undefined && rpc !== "ok");
  }
  return said === "unset" && endedWithException(span);
}

function endedWithException({ events, ended }: FailureSigns): boolean {
  if (!ended) return false;
  for (let i = 0; i < events.length; i++) if (isExceptionEvent(events[i]?.name)) return true;
  return false;
}

/**
 * True if there is an attribute by which a span may show that it failed; few inner spans have one. Measured on Node 24 it
 * takes 15 ns to compare the names that are there, and 54 ns to look up six that are not.
 */
function hasSign(attributes: FailureSigns["attributes"]): boolean {
  for (const name in attributes) {
    switch (name) {
      case "error":
      case "http.response.status_code":
      case "http.status_code":
      case "otel.status_code":
      case "rpc.grpc.status_code":
      case "rpc.response.status_code":
        return true;
    }
  }
  return false;
}

/** The status by its field, else by the attributes that stand for it in formats without the field. */
export function statusOf(status: SpanStatus, attributes: FailureSigns["attributes"]): SpanStatus {
  if (status !== "unset") return status;
  const text = attributes["otel.status_code"];
  if (text === "ERROR" || text === "Error") return "error";
  const { error } = attributes;
  if (error === true || (typeof error === "string" && error !== "" && error.toLowerCase() !== "false")) {
    return "error";
  }
  return text === "OK" || text === "Ok" ? "ok" : "unset";
}
