// Logs what a set-up has to say, but only when the SDK runs: NodeSDK sets the logger of OTEL_LOG_LEVEL after our set-up.
import { diag } from "@opentelemetry/api";
import { type WarningCode, warn } from "./warning.ts";

/** Collects lines, and logs them in the next turn of the event loop. */
export class SetUpLog {
  /** Codes of all warnings that it was given. */
  readonly warnings: Set<WarningCode> = new Set();
  #waiting: (() => void)[] | undefined;

  /** Reports what is wrong with the environment. */
  readonly complain = (line: string): void => {
    this.warnings.add("ERROR_TREE_ENVIRONMENT");
    this.#add(() => warn("error", "ERROR_TREE_ENVIRONMENT", line));
  };

  warn(code: WarningCode, line: string): void {
    this.warnings.add(code);
    this.#add(() => warn("warn", code, line));
  }

  /** Only for a log: without a logger nobody sees it. */
  info(line: string): void {
    this.#add(() => {
      try {
        diag.info(`otel-error-tree: ${line}`);
      } catch {
        // A logger of the host that throws must not harm the set-up.
      }
    });
  }

  #add(write: () => void): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(write);
      return;
    }
    this.#waiting = [write];
    setImmediate(() => {
      const lines = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const writeLine of lines) writeLine();
    });
  }
}
