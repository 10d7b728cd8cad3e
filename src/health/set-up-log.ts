// What a set-up has to say: told when the SDK runs, for NodeSDK sets the logger that OTEL_LOG_LEVEL asks for only after us.
import { diag } from "@opentelemetry/api";

type Level = "error" | "warn" | "info";

/** Where the API keeps the logger that was set, in each of its versions from 1.0 on. */
const API = Symbol.for("opentelemetry.js.api.1");

/** Collects lines, and tells each of them once. */
export class SetUpLog {
  #waiting: [level: Level, line: string][] | undefined;

  /** What is wrong with the environment. If no logger is set it becomes a warning of the process: it must be seen. */
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
      for (const [how, what] of lines) tell(how, `otel-error-tree: ${what}`);
    });
  }
}

function tell(level: Level, line: string): void {
  try {
    if (level === "error" && !hasLogger()) process.emitWarning(line, "ErrorTreeWarning");
    else diag[level](line);
  } catch {
    // A logger of the host that throws must do no harm.
  }
}

function hasLogger(): boolean {
  const api = Reflect.get(globalThis, API) as { diag?: unknown } | undefined;
  return api?.diag !== undefined;
}
