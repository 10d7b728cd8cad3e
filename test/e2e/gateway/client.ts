// A service that calls the gateway, by fetch or by node:http, and answers 500 where that did not work.
import http from "node:http";
import { serve } from "../../support/process/serve.ts";

type Headers = Readonly<Record<string, string>>;

function statusByHttp(url: string, headers: Headers): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    });
    request.on("error", reject);
  });
}

async function statusByFetch(url: string, headers: Headers): Promise<number> {
  const answer = await fetch(url, { headers });
  await answer.text();
  return answer.status;
}

serve(
  http.createServer(async (req, res) => {
    const { "x-gateway": gateway, "x-upstream": upstream } = req.headers as Headers;
    const call = req.url?.startsWith("/fetch") ? statusByFetch : statusByHttp;
    const status = await call(`${gateway}${req.url}`, { "x-upstream": upstream ?? "" }).catch(() => 0);
    res.writeHead(status === 200 ? 200 : 500).end();
  }),
);
