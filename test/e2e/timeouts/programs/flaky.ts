// A callee that goes through the ways to answer that the test names, one for each request; fine when they are used up.
import http from "node:http";
import { onAsk } from "../../../support/process/in-child.ts";
import { serve } from "../../../support/process/serve.ts";

const ways: string[] = [];
onAsk({ ways: (next: string[]) => void ways.push(...next) });

serve(
  http.createServer((request, response) => {
    const way = ways.shift() ?? "200";
    if (way === "resets") request.socket.resetAndDestroy();
    else response.writeHead(Number(way)).end();
  }),
);
