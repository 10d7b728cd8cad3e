// Logs what a set-up has to say, but only when the SDK runs: NodeSDK sets the logger of OTEL_LOG_LEVEL after our set-up.
import { diag } from "@opentelemetry/api";

type Level = "error" | "warn" | "info";

/** The global in which every version of the API from 1.0 on keeps the logger. */
const API = Symbol.for("opentelemetry.js.api.1");

/** Collects lines, and logs them in the next turn of the event loop. */
export class SetUpLog {
  #waiting: [level: Level, line: string][] | undefined;

  /** Reports what is wrong with the environment. Without a logger it becomes a warning of the process, so that it is seen. */
  readonly complain = (line: string): void => this.#add("error", line);

  warn(line: string): void {
    this.#add("warn", line);
  }

  info(line: string): void {
    this.#add("info", line);
  }

  #add(level: Level, line: string): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push([level, line]);
      return;
    }
    this.#waiting = [[level, line]];
    setImmediate(() => {
      const lines = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const [how, what] of lines) write(how, `otel-error-tree: ${what}`);
    });
  }
}

function write(level: Level, line: string): void {
  try {
    if (level === "error" && !hasLogger()) process.emitWarning(line, "ErrorTreeWarning");
    else diag[level](line);
  } catch {
    // A logger of the host that throws must not harm the set-up.
  }
}

function hasLogger(): boolean {
  const api = Reflect.get(globalThis, API) as { diag?: unknown } | undefined;
  return api?.diag !== undefined;
}
