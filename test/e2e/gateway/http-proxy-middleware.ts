// A gateway as people write it with http-proxy-middleware before express.
import type { IncomingMessage } from "node:http";
import http from "node:http";
import { createProxyMiddleware } from "http-proxy-middleware";
import { serve } from "../../support/process/serve.ts";
import { seen } from "./seen.ts";

const proxy = createProxyMiddleware({
  router: (req: IncomingMessage) => String(req.headers["x-upstream"]),
  target: "http://127.0.0.1:1",
  on: {
    error: (_error, _req, res) => {
      if ("writeHead" in res) res.writeHead(502).end();
      else res.destroy();
    },
  },
});

serve(
  http.createServer((req, res) => {
    if (!seen(req, res)) void proxy(req, res);
  }),
);
