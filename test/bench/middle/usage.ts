// Measures what the measured process uses, between "begin" and "end".
import { onAsk } from "../../support/process/in-child.ts";

export interface Usage {
  /** CPU of the process since "begin", all threads, user and system, in microseconds. */
  readonly cpu: number;
  /** Bytes of the heap in use; nobody has forced a collection. */
  readonly heap: number;
}

/** Answers "begin" and "end". Both wait until all spans that are to be exported are. */
export function answerUsage(flush: (() => Promise<unknown>) | undefined): void {
  let began = process.cpuUsage();
  onAsk({
    async begin() {
      await flush?.();
      began = process.cpuUsage();
    },
    async end(): Promise<Usage> {
      await flush?.();
      const { user, system } = process.cpuUsage(began);
      return { cpu: user + system, heap: process.memoryUsage().heapUsed };
    },
  });
}
