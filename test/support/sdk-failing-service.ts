// A service whose failures tell in every way which request they belong to: `GET /anything/<name>` is refused.
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import { serve } from "./process/serve.ts";

const server = createServer(async (req, res) => {
  const name = req.url?.split("/").at(-1);
  await trace.getTracer("test").startActiveSpan(`look up ${name}`, async (span) => {
    await turn();
    span.recordException(new Error(`${name} is locked`));
    span.setStatus({ code: 2, message: `${name} is locked` });
    span.end();
  });
  await turn();
  res.writeHead(403, { "content-type": "text/plain" }).end(`no ${name}`);
});

serve(server);
