// A gateway in ten lines around fetch: copies all headers both ways.
import http from "node:http";
import { serve } from "../../support/process/serve.ts";
import { seen } from "./seen.ts";

serve(
  http.createServer(async (req, res) => {
    if (seen(req, res)) return;
    const { connection: _, host: __, ...headers } = req.headers as Record<string, string>;
    try {
      const answer = await fetch(`${req.headers["x-upstream"]}${req.url}`, { headers });
      const { connection: ___, ...fields } = Object.fromEntries(answer.headers);
      res.writeHead(answer.status, fields);
      res.end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      res.writeHead(502).end();
    }
  }),
);
