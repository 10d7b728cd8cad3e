// Notices another OpenTelemetry SDK in the process: only one can get the spans.
import { createRequire } from "node:module";
import { type TraceAPI, type TracerProvider, trace } from "@opentelemetry/api";
import { tell } from "./tell.ts";

/** The global in which every version of the API from 1.0 on keeps what is registered. */
const API = Symbol.for("opentelemetry.js.api.1");

interface Registered {
  readonly trace?: TracerProvider;
  readonly propagation?: object;
}

const HOW = "(docs/zero-code.md, Beside another SDK)";

/** Why we cannot start, in one line; `undefined` if no SDK has been started before. */
export function startedBefore(): string | undefined {
  const { trace: provider, propagation } = (Reflect.get(globalThis, API) ?? {}) as Registered;
  // One that exports nothing has a propagator alone, by which our requests would go unanswered.
  if (provider === undefined && propagation === undefined) return undefined;
  return (
    `not started, because another OpenTelemetry SDK${provider === undefined ? "" : nameOf(provider)} was started first and gets ` +
    `all spans. Load otel-error-tree/register before it, or give that SDK what withErrorTree returns ${HOW}`
  );
}

/** Says it once if the program starts another SDK later: the API refuses that one, and only a logger would hear of it. */
export function watchLaterSdks(program: NodeJS.Require): void {
  let isTold = false;
  for (const api of copiesOfApi(program)) {
    const setGlobal = api.setGlobalTracerProvider;
    api.setGlobalTracerProvider = (provider) => {
      const isRegistered = setGlobal.call(api, provider);
      if (!isRegistered && !isTold) {
        isTold = true;
        tell(
          `the program starts another OpenTelemetry SDK${nameOf(provider)}, which gets no spans, and whose instrumentations may ` +
            `make every span twice. Remove it, or start without otel-error-tree/register and give it what withErrorTree returns ${HOW}`,
        );
      }
      return isRegistered;
    };
  }
}

/** ES modules and `require` have a copy each, and the program may have another version. */
function copiesOfApi(program: NodeJS.Require): Set<TraceAPI> {
  const copies = new Set<TraceAPI>([trace]);
  for (const require of [createRequire(import.meta.url), program]) {
    try {
      copies.add((require("@opentelemetry/api") as { trace: TraceAPI }).trace);
    } catch {
      // The program has none of its own.
    }
  }
  return copies;
}

/** The name of its class, in brackets, if it has a telling one. */
function nameOf(provider: TracerProvider): string {
  const delegate = (provider as { getDelegate?(): object }).getDelegate?.() ?? provider;
  const name = delegate.constructor?.name ?? "";
  return ["", "Object", "TracerProvider"].includes(name) ? "" : ` (${name})`;
}
