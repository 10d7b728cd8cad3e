/**
 * Error trees of ConnectRPC services: `import { connectInterceptor } from "otel-error-tree/connect"`. Connect answers over HTTP, so
 * asks and answers travel by themselves. The interceptor reports what HTTP does not show: the exact code, and the errors of
 * streams, which stand in the message at their end.
 *
 * @module
 */
import type { Interceptor } from "@connectrpc/connect";
import { type Context, context, type Span, trace } from "@opentelemetry/api";
import { failRequest } from "./program/active.ts";
import type { Code } from "./spans/code.ts";
import { connectFacts } from "./spans/connect-error.ts";

/**
 * An interceptor for the router of a server, the first of its list. It names the operation by service and method, and reports
 * error and code of a handler that throws.
 */
export const connectInterceptor: Interceptor = (next) => async (request) => {
  const span = trace.getActiveSpan();
  const active = context.active();
  span?.setAttributes({
    "rpc.system.name": "connectrpc",
    "rpc.method": `${request.service.typeName}/${request.method.name}`,
  });
  try {
    const response = await next(request);
    if (!response.stream) return response;
    return { ...response, message: watched(response.message, (error) => report(error, span, active)) };
  } catch (error) {
    report(error, span, active);
    throw error;
  }
};

async function* watched<T>(messages: AsyncIterable<T>, failed: (error: unknown) => void): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    failed(error);
    throw error;
  }
}

function report(error: unknown, span: Span | undefined, active: Context): void {
  // Connect answers so if a handler throws anything else.
  const code = connectFacts(error)?.code ?? "internal";
  // A stream whose caller has left may fail after its span has ended.
  if (span?.isRecording())
    span.setAttribute("rpc.response.status_code", code.toUpperCase().replaceAll("-", "_"));
  context.with(active, () => failRequest(error, code as Exclude<Code, "ok">));
}
