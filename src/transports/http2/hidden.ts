// Hides our field in what a program sees of HTTP/2: header objects, their list of sensitive names, and raw lists.
import type { IncomingHttpHeaders } from "node:http2";
import { HEADER_NAME } from "../../wire/header.ts";
import { forgetName } from "../taken.ts";

type Emit = (this: unknown, event: string, ...args: unknown[]) => boolean;

/** Takes our field out of the header object of a request. */
export function takeAsk(headers: IncomingHttpHeaders): string | readonly string[] | undefined {
  const field = headers[HEADER_NAME];
  if (field === undefined) return undefined;
  delete headers[HEADER_NAME];
  forgetName(headers);
  return field;
}

/** Has the raw lists that come with the streams of a session hold no asks. */
export function hideInEvents(session: object, failed: (place: string, error: unknown) => void): void {
  const { emit } = session as { emit: Emit };
  const emitter: { emit: Emit } = {
    emit(event, ...args) {
      try {
        if (event === "stream" && !isGrpc(args[1] as IncomingHttpHeaders)) hideAsk(args[3]);
      } catch (error) {
        failed("emit", error);
      }
      return emit.call(this, event, ...args);
    },
  };
  Object.assign(session, emitter);
}

/** `Vary` is not a field of requests. */
function hideAsk(rawHeaders: unknown): void {
  if (!Array.isArray(rawHeaders) || !rawHeaders.includes(HEADER_NAME)) return;
  let end = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i] === HEADER_NAME) continue;
    rawHeaders[end++] = rawHeaders[i];
    rawHeaders[end++] = rawHeaders[i + 1];
  }
  rawHeaders.length = end;
}

/** Metadata that is not a header, and that no gateway copies. */
export function isGrpc(headers: Readonly<Record<string, unknown>>): boolean {
  return String(headers["content-type"]).startsWith("application/grpc");
}
