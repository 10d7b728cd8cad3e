// The same gateway by the raw lists: copies `rawHeaders` as they stand, and answers with a list of pairs.
import http from "node:http";
import { serve } from "../../support/process/serve.ts";
import { seen } from "./seen.ts";

const HOP_BY_HOP = ["connection", "host", "transfer-encoding"];

serve(
  http.createServer(async (req, res) => {
    if (seen(req, res)) return;
    const headers: [string, string][] = [];
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      const [name, value] = req.rawHeaders.slice(i, i + 2) as [string, string];
      if (!HOP_BY_HOP.includes(name.toLowerCase())) headers.push([name, value]);
    }
    try {
      const answer = await fetch(`${req.headers["x-upstream"]}${req.url}`, { headers });
      const fields = [...answer.headers].filter(([name]) => !HOP_BY_HOP.includes(name));
      res.writeHead(answer.status, fields as never);
      res.end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      res.writeHead(502).end();
    }
  }),
);
