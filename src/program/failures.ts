// Tells a program of each failed request that is exported, when the request has ended.
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { Health } from "../health/health.ts";
import { registry } from "../registry.ts";
import type { FailedRequest } from "../tree/failed-request.ts";
import { isThenable } from "./thenable.ts";

/** Gets a failed request. What it returns is ignored, and an error of it is caught and counted. */
export type FailureListener = (failed: FailedRequest) => unknown;

/**
 * Calls a function with each failed request of this process that is exported, once it has ended: at most as many as
 * `maxExportsPerSecond` lets through, of which each says how many it stands for (`represents`). If no exported request can stand
 * for some, one more call sums them up, after a minute or at shutdown (`summary`).
 *
 * The function runs without a context of a request, and calls that it makes have no spans. Anything that it throws is caught.
 *
 * @returns a function that ends it
 */
export function onFailure(listener: FailureListener): () => void {
  if (typeof listener !== "function")
    throw new TypeError(`onFailure needs a function, got ${typeof listener}`);
  // A function that is given twice is called twice.
  const own: FailureListener = (failed) => listener(failed);
  listeners().add(own);
  return () => void listeners().delete(own);
}

/** How a set-up reports its failed requests. */
export class FailureNews {
  readonly #health: Pick<Health, "failed">;

  constructor(health: Pick<Health, "failed">) {
    this.#health = health;
  }

  /** Somebody wants to hear of them. */
  get isWanted(): boolean {
    return listeners().size > 0;
  }

  /** Never throws. */
  tell(failed: FailedRequest): void {
    // A logger that sends its lines must not make spans: a failure of those would be a failed request, and a line, again.
    context.with(suppressTracing(ROOT_CONTEXT), () => {
      for (const listener of listeners()) {
        try {
          const returned = listener(failed);
          if (isThenable(returned)) returned.then(undefined, (error) => this.#failed(error));
        } catch (error) {
          this.#failed(error);
        }
      }
    });
  }

  #failed(error: unknown): void {
    this.#health.failed("a listener of failures", error);
  }
}

function listeners(): Set<FailureListener> {
  const shared = registry();
  shared.failureListeners ??= new Set();
  return shared.failureListeners as Set<FailureListener>;
}
