// What the server side of node:http is given in tests, but for what a test is about.
import { createAnswerCodec } from "../../src/codec/answer.ts";
import { HealthCounts } from "../../src/health.ts";
import type { AnswerDesk, Outcome } from "../../src/model/ports.ts";
import type { HttpServerParts } from "../../src/propagate/http-server.ts";
import { trusting } from "./trust.ts";

/** Parts as the library has them where callers on this host are trusted. `Server-Timing` is off: few tests are about it. */
export function httpServerParts(
  desk: Pick<AnswerDesk, "outcomeAtHead"> & Partial<AnswerDesk>,
  others: Partial<HttpServerParts> = {},
): HttpServerParts {
  return {
    desk: { outcomeAtEnd: () => undefined, traceparentOf: () => undefined, isOfCallee: () => false, ...desk },
    codec: createAnswerCodec(),
    trust: trusting("loopback"),
    health: new HealthCounts(),
    exchanges: new WeakMap(),
    headerBytes: 1024,
    serverTiming: "off",
    blockBytes: 3072,
    minimalBlockBytes: 3584,
    ...others,
  };
}

/** A desk that always says the same. */
export function always(outcome: Outcome | undefined): Pick<AnswerDesk, "outcomeAtHead"> {
  return { outcomeAtHead: () => outcome };
}
