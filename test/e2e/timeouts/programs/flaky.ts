// A callee that goes through the ways to answer that the test names, one for each request; fine when they are used up.
import http from "node:http";
import { listen } from "../../../support/services-program.ts";

const ways: string[] = [];
process.on("message", (message) => ways.push(...String(message).split(" ")));

listen(
  http.createServer((request, response) => {
    const way = ways.shift() ?? "200";
    if (way === "resets") request.socket.resetAndDestroy();
    else response.writeHead(Number(way)).end();
  }),
);
