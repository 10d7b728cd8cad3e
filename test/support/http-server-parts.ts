// What the server side of node:http is given in tests, but for what a test is about.

import { HealthCounts } from "../../src/health/counts.ts";
import type { ServerHooks } from "../../src/transports/hooks.ts";
import type { HttpServerParts } from "../../src/transports/http/exchange.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { trusting } from "./trust.ts";

/** Parts as the library has them where callers on this host are trusted. `Server-Timing` is off: few tests are about it. */
export function httpServerParts(
  hooks: Pick<ServerHooks, "answerAtHead"> & Partial<ServerHooks>,
  others: Partial<HttpServerParts> = {},
): HttpServerParts {
  return {
    hooks: {
      answerAtEnd: () => undefined,
      traceparentOf: () => undefined,
      isOfCallee: () => false,
      ...hooks,
    },
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

/** Hooks that always say the same. */
export function always(outcome: Answer | undefined): Pick<ServerHooks, "answerAtHead"> {
  return { answerAtHead: () => outcome };
}
