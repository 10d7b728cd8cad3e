// What of an export has left the process is known by its HTTP requests: so much needs not be kept when the process ends.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { context } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { describe, expect, onTestFinished, test } from "vitest";
import { SentRequests, watchSentRequests } from "../../../src/export/queue/sent-requests.ts";
import { listen } from "../../support/sdk-http.ts";
import { startSdk } from "../../support/sdk-parts.ts";

interface Receiver {
  readonly url: string;
  readonly requests: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
  came(): Promise<void>;
}

async function receiver(): Promise<Receiver> {
  const requests: Receiver["requests"] = [];
  const server = http.createServer((request, response) => {
    requests.push({ request, response });
    request.resume().once("end", () => server.emit("came"));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/`, requests, came: () => once(server, "came").then(() => {}) };
}

/** A POST as an exporter makes it, in the export's context; without a body it is only begun. */
function post(url: string, sent: SentRequests, body?: string): http.ClientRequest {
  return context.with(sent.within(context.active()), () => {
    const request = http.request(url, { method: "POST" });
    request.on("error", () => {}).on("response", (response) => response.resume());
    return body === undefined ? request : request.end(body);
  });
}

function watched(): SentRequests {
  // Contexts follow asynchronous work only under a context manager.
  startSdk({ sampler: new AlwaysOffSampler(), spanProcessors: [], instrumentations: [] });
  onTestFinished(watchSentRequests());
  return new SentRequests(0);
}

describe("an export has left", () => {
  test("once its body is with the operating system, and not before", async () => {
    const sent = watched();
    const { url, came, requests } = await receiver();
    const arrived = came();
    const request = post(url, sent);
    request.write("a part");
    await once(request, "socket");
    expect(sent.haveLeft(0)).toBe(false);
    context.with(sent.within(context.active()), () => request.end("the rest"));
    await arrived;
    expect(sent.haveLeft(0)).toBe(true);
    requests[0]?.response.end();
    await once(request, "response");
    expect(sent.haveLeft(0)).toBe(true);
  });

  test("not if it is refused", async () => {
    const sent = watched();
    const { url, came, requests } = await receiver();
    const arrived = came();
    const request = post(url, sent, "all");
    await arrived;
    requests[0]?.response.writeHead(503).end();
    await once(request, "response");
    expect(sent.haveLeft(0)).toBe(false);
  });

  test("not if the connection broke", async () => {
    const sent = watched();
    const { url, came, requests } = await receiver();
    const arrived = came();
    const request = post(url, sent, "all");
    await arrived;
    requests[0]?.request.socket.destroy();
    await new Promise((resolve) => request.once("close", resolve));
    expect(sent.haveLeft(0)).toBe(false);
  });

  test("not if the receiver takes longer than a second, nor when the export is over", async () => {
    const sent = watched();
    const { url, came } = await receiver();
    const arrived = came();
    post(url, sent, "all");
    await arrived;
    expect([sent.haveLeft(1_000), sent.haveLeft(1_001)]).toEqual([true, false]);
    sent.end();
    expect(sent.haveLeft(0)).toBe(false);
  });

  test("not if nothing is known of it: by fetch, and without a request", async () => {
    const sent = watched();
    const { url, came, requests } = await receiver();
    expect(sent.haveLeft(0)).toBe(false);
    const arrived = came();
    const answer = context.with(sent.within(context.active()), () =>
      fetch(url, { method: "POST", body: "all" }),
    );
    await arrived;
    expect(sent.haveLeft(0)).toBe(false);
    requests[0]?.response.end();
    await answer;
  });
});

test("requests of others are none of an export", async () => {
  const sent = watched();
  const { url, came } = await receiver();
  const arrived = came();
  http
    .request(url, { method: "POST" })
    .on("error", () => {})
    .end("all");
  await arrived;
  expect(sent.haveLeft(0)).toBe(false);
});
