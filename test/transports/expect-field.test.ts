// A response head with an `Expect` field, which node sends while the program still makes it.
import http, { type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import { always, httpServerParts } from "../support/http-server-parts.ts";
import { listen, request } from "../support/sdk-http.ts";
import { ASK, failed, ID } from "../support/trailer-server.ts";

const COPIED = `internal;id="${ID}";s="callee"`;

test.each<[string, (res: ServerResponse) => void]>([
  ["set before", (res) => res.setHeader("Expect", "100-continue").writeHead(500)],
  ["given with the head", (res) => res.writeHead(500, { expect: "100-continue" })],
  ["in a list", (res) => res.writeHead(500, ["expect", "100-continue", "x-error-tree", COPIED])],
])("is answered, and no copy of an answer passes: %s", async (_, head) => {
  let heads = 0;
  const hooks = always(failed());
  const counted = {
    answerAtHead: (...args: Parameters<typeof hooks.answerAtHead>) => {
      heads++;
      return hooks.answerAtHead(...args);
    },
  };
  onTestFinished(observeHttpServers(httpServerParts(counted)));
  const port = await listen(
    http.createServer((_request, response) => {
      if (_ !== "in a list") response.setHeader("x-error-tree", COPIED);
      head(response);
      response.end("body");
    }),
  );
  const unasked = await request(port, "/");
  expect([unasked.status, unasked.body, unasked.field("expect")]).toEqual([500, "body", "100-continue"]);
  expect(unasked.field("x-error-tree")).toBeUndefined();
  const asked = await request(port, "/", ASK);
  expect([asked.status, asked.body, asked.field("expect")]).toEqual([500, "body", "100-continue"]);
  const answers = asked.fields.filter(([name]) => name === "x-error-tree").map(([, value]) => value);
  expect(answers).toEqual([expect.stringContaining(":")]);
  expect(answers[0]).not.toContain("callee");
  // Each head is decided once.
  expect(heads).toBe(2);
});
