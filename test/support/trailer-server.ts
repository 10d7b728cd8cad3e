// Servers on real sockets whose requests are well at the head and have failed at the end of the body.

import http, { type RequestListener } from "node:http";
import { onTestFinished } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import type { ServerHooks } from "../../src/transports/hooks.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer, AnswerCodec } from "../../src/wire/messages.ts";
import { always, httpServerParts } from "./http-server-parts.ts";
import { answerOf, node } from "./nodes.ts";
import { listen, type WireResponse } from "./sdk-http.ts";

/** The id of the ask. */
export const ID = "00f067aa0ba902b7";
/** The ask of a service, and of a person. */
export const ASK: Readonly<Record<string, string>> = { "x-error-tree": `v=1, id="${ID}", from="test"` };
export const PERSON: Readonly<Record<string, string>> = { "x-error-tree": "v=1, f=json" };
const OPERATION = "GET /";
const FINE: Answer = { service: "shop", code: "ok", exported: false };

/** The outcome of a request that failed and is exported. */
export function failed(children: readonly TreeNode[] = [], message = "sold out"): Answer {
  return answerOf(node("shop", { operation: OPERATION, message }, ...children), { exported: true });
}

/** What was counted and asked. */
export interface Observed {
  readonly health: HealthCounts;
  /** What the hooks was asked, in its order. */
  readonly asked: string[];
}

/** What a test replaces. */
export interface Replaced {
  readonly atEnd?: Answer | undefined;
  readonly hooks?: (hooks: ServerHooks) => ServerHooks;
  readonly codec?: AnswerCodec;
}

/** Observes the servers of the process: all is well at the head, and at the end it is not, unless the test says so. */
export function observe({
  atEnd = failed(),
  hooks = (same) => same,
  codec = createAnswerCodec(),
}: Replaced = {}): Observed {
  const health = new HealthCounts();
  const asked: string[] = [];
  onTestFinished(
    observeHttpServers({
      ...httpServerParts(always(FINE)),
      hooks: hooks({
        answerAtHead: (_, status) => {
          asked.push(`head ${status}`);
          return FINE;
        },
        answerAtEnd: () => {
          asked.push("end");
          return atEnd;
        },
        traceparentOf: () => undefined,
        isOfCallee: () => false,
      }),
      codec,
      health,
    }),
  );
  return { health, asked };
}

/** Serves until the test has finished. */
export function serve(listener: RequestListener): Promise<number> {
  return listen(http.createServer(listener));
}

/** The outcomes that the trailers of our name tell. */
export function told({ trailers }: WireResponse, id: string | undefined = ID): unknown[] {
  const values = trailers.filter(([name]) => name === "x-error-tree").map(([, value]) => value);
  return values.map((value) => createAnswerCodec().decode(value, id, OPERATION));
}

/** What a trailer with such an outcome tells. */
export const FAILED_TOLD: object = {
  code: "internal",
  exported: true,
  tree: { root: { message: "sold out" } },
};
