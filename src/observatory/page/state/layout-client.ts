// Has the graph laid out by the worker, and forgets answers that come too late.
import type { Layout, LayoutInput } from "../pure/layout.ts";

/** What goes to the worker and back. */
export interface LayoutTask {
  readonly id: number;
  readonly input: LayoutInput;
}

/** What the worker answers. */
export interface LayoutAnswer {
  readonly id: number;
  readonly layout: Layout;
}

/** The part of Trusted Types that is used; browsers without them take the text. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const WORKER = "layout-worker.js";

/** The worker, which is started once. */
export class LayoutClient {
  readonly #worker: Worker = new Worker(workerUrl());
  #last = 0;
  #key = "";

  constructor(done: (layout: Layout) => void, failed: (reason: string) => void) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.id === this.#last) done(data.layout);
    });
    this.#worker.addEventListener("error", ({ message }) => failed(message));
  }

  /** Has a graph laid out, unless it is the one of the last time. `key` names what is in it. */
  ask(key: string, input: LayoutInput): void {
    if (key === this.#key) return;
    this.#key = key;
    const task: LayoutTask = { id: ++this.#last, input };
    this.#worker.postMessage(task);
  }
}

/** The one script that the policy of the page lets run as a worker. */
function workerUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return WORKER;
  return trustedTypes.createPolicy("obs", { createScriptURL: () => WORKER }).createScriptURL(WORKER);
}
