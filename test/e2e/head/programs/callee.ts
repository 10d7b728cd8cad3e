// A callee that takes part: every path is a way to fail, or to answer.
import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import { tell } from "../../../support/process/in-child.ts";
import { queryOf, serveTraced } from "../../../support/services-program.ts";

type Way = (response: ServerResponse, query: URLSearchParams) => void | Promise<void>;

const WAYS: Readonly<Record<string, Way>> = {
  // Fails because of a call of its own, so that its answer carries a tree of two nodes.
  "/broken": async (response, query) => {
    await once(http.get(query.get("to") as string), "response").catch(() => undefined);
    response.writeHead(500).end("broken");
  },
  "/hangs": () => tell({ arrived: true }),
  // Not before the head has left for the caller does the body break off.
  "/cut": (response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write("the first bytes", () => response.destroy());
  },
  // Fails when the test says so.
  "/waits": async (response) => {
    tell({ arrived: true });
    await once(process, "message");
    response.writeHead(500).end();
  },
  "/drips": (response) => void response.writeHead(200, { "content-length": 1000 }).write("the first bytes"),
};

serveTraced((request, response) => {
  const { path, query } = queryOf(request);
  void WAYS[path]?.(response, query);
});
