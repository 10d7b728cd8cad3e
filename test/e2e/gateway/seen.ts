// What a program can see of a request's headers, in each of node's forms.
import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers `GET /seen` with every form of its headers; false for any other request. */
export function seen(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.url !== "/seen") return false;
  const { headers, headersDistinct, rawHeaders } = req;
  res.writeHead(200, { "content-type": "application/json" });
  res.end(JSON.stringify({ headers, headersDistinct, rawHeaders }));
  return true;
}
