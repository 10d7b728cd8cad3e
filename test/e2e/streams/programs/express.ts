// The same service on express.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { queryOf, serveTraced } from "../../../support/services-program.ts";
import { SENDS } from "./body.ts";

/** As much of express as is used here; it brings no types. */
interface Express extends RequestListener {
  get(path: string, handler: (request: IncomingMessage, response: ServerResponse) => unknown): void;
}

// The instrumentation patches what is loaded after it.
const express = createRequire(import.meta.url)("express") as () => Express;
const app = express();
app.get("/:way", (request, response) => {
  const { path, query } = queryOf(request);
  return SENDS[path]?.(query, response);
});

serveTraced(app);
