// A gateway as people write it with http-proxy: copies all headers both ways.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { serve } from "../../support/process/serve.ts";
import { seen } from "./seen.ts";

interface Proxy {
  web(req: IncomingMessage, res: ServerResponse, options: object, failed: () => void): void;
}

const require = createRequire(import.meta.url);
const { createProxyServer } = require("http-proxy") as { createProxyServer(): Proxy };
const proxy = createProxyServer();

serve(
  http.createServer((req, res) => {
    if (seen(req, res)) return;
    proxy.web(req, res, { target: req.headers["x-upstream"] }, () => res.writeHead(502).end());
  }),
);
