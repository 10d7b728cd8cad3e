// The service behind the gateway: works for as long as the path says, then fails in a way that its tree tells, or does not.
import http from "node:http";
import { setTimeout } from "node:timers/promises";
import { SpanKind, trace } from "@opentelemetry/api";
import { serve } from "../../support/process/serve.ts";

/** What no stranger may read. */
const SECRET = "the vault stands in room 12";

serve(
  http.createServer(async (request, response) => {
    const [, kind, ms = "0"] = request.url?.split("/") ?? [];
    await setTimeout(Number(ms));
    if (kind === "ok") {
      response.end("whole");
      return;
    }
    const step = trace.getTracer("vault").startSpan("open the vault", { kind: SpanKind.INTERNAL });
    step.recordException(new Error(SECRET));
    step.setStatus({ code: 2, message: SECRET }).end();
    response.writeHead(500, { "content-type": "text/plain" });
    if (kind === "endless") response.write("first");
    else response.end("broken");
  }),
);
