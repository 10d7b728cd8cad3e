// The fields by which a proxy says that it forwards somebody else's request.
import type { IncomingHttpHeaders } from "node:http";

/** The first such field of a request, `undefined` where there is none; a proxy may say nothing at all. */
export function forwardingField(headers: IncomingHttpHeaders): string | undefined {
  for (const name in headers) {
    if (name === "forwarded" || name === "via" || name === "x-real-ip") return name;
    if (name.startsWith("x-forwarded-")) return name;
  }
  return undefined;
}
