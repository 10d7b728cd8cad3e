// Makes problem details of an error: what a stranger may know of it, and the trace id by which you find the rest.
import { STATUS_CODES } from "node:http";
import { activeIds } from "./log-lines.ts";

/** Problem details, to be sent as `application/problem+json`. Source: RFC 9457. */
export interface ProblemDetails {
  /** A URI reference of the kind of problem; `about:blank` says that there is nothing to know beyond the status. */
  readonly type: string;
  readonly title: string;
  /** 400 to 599. */
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  /** 32 hex digits; absent if no span is active. */
  readonly traceId?: string;
}

/**
 * What may be answered to anybody about an error: the status and its phrase, and the id of the trace. Nothing else of the error
 * is in it, whatever it holds; `told` is what you want to say.
 *
 * ```js
 * app.use((error, request, response, next) => {
 *   const problem = problemDetails(error);
 *   response.status(problem.status).type("application/problem+json").send(problem);
 * });
 * ```
 *
 * @param error - its `status` or `statusCode` is the status, if that is one of a failure; else it is 500
 * @param told - replaces what is made of the error
 */
export function problemDetails(
  error?: unknown,
  told: Partial<Omit<ProblemDetails, "traceId">> = {},
): ProblemDetails {
  const {
    type = "about:blank",
    status = statusOf(error),
    title = STATUS_CODES[status] ?? "Error",
    detail,
    instance,
  } = told;
  const traceId = activeIds()?.trace_id;
  return {
    type,
    title,
    status,
    ...(detail === undefined ? undefined : { detail }),
    ...(instance === undefined ? undefined : { instance }),
    ...(traceId === undefined ? undefined : { traceId }),
  };
}

function statusOf(error: unknown): number {
  try {
    const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
    return [status, statusCode].find(isFailing) ?? 500;
  } catch {
    // Getters and proxies are the program's.
    return 500;
  }
}

function isFailing(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;
}
