// An OTLP receiver: keeps what comes, and tells how many failed requests it stands for.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { endWithParent, onAsk, tell } from "../../support/process/in-child.ts";
import { Arrivals } from "../storm/arrivals.ts";

const arrivals = new Arrivals();
const server = http.createServer(async (request, response) => {
  arrivals.add(await text(request));
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});
await once(server.listen(0, "127.0.0.1"), "listening");

onAsk({
  port: () => (server.address() as AddressInfo).port,
  represented: () =>
    [...arrivals.traces.values()]
      .flat()
      .reduce((sum, { attributes }) => sum + Number(attributes["error_tree.represents"] ?? 0), 0),
});
endWithParent();
tell({ ready: true });
