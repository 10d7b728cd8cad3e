// Shows what is wrong with the set-up where somebody sees it: in the log of the SDK, or without one as a warning of the process.
import { diag } from "@opentelemetry/api";
import { registry } from "../registry.ts";

/** What a warning is about. `node --disable-warning=CODE` silences it. */
export type WarningCode =
  /** A variable is wrong, or a package that it asks for is missing. */
  | "ERROR_TREE_ENVIRONMENT"
  /** A variable looks like ours and is unknown. */
  | "ERROR_TREE_UNKNOWN_VARIABLE"
  /** No caller gets a tree. */
  | "ERROR_TREE_NOBODY_TRUSTED"
  /** Requests are answered, and no span was started for them. */
  | "ERROR_TREE_NO_SPANS"
  /** A request called somebody, and no span was started for the call. */
  | "ERROR_TREE_CALL_WITHOUT_SPAN"
  /** One call has two spans. */
  | "ERROR_TREE_INSTRUMENTED_TWICE";

/** The global in which every version of the API from 1.0 on keeps the logger. */
const API = Symbol.for("opentelemetry.js.api.1");

/** Shows a line. Without a logger the same line is shown once in a process, however many set-ups have it to say. */
export function warn(level: "error" | "warn", code: WarningCode, line: string): void {
  try {
    const text = `otel-error-tree: ${line}`;
    if (hasLogger()) {
      diag[level](text);
      return;
    }
    const { warned } = registry();
    if (warned.has(text)) return;
    warned.add(text);
    process.emitWarning(text, { type: "ErrorTreeWarning", code });
  } catch {
    // A logger of the host that throws must harm neither set-up nor request.
  }
}

/** Writes a line to the log of the SDK. Without a logger it is seen only if the program was started with `register`. */
export function log(line: string): void {
  try {
    const text = `otel-error-tree: ${line}`;
    if (!hasLogger() && registry().isAloud) process.emitWarning(text, { type: "ErrorTreeWarning" });
    else diag.warn(text);
  } catch {
    // A logger of the host that throws must harm neither set-up nor request.
  }
}

/** From now on everything that the log would say is seen without a logger, too. */
export function warnAloud(): void {
  registry().isAloud = true;
}

function hasLogger(): boolean {
  const api = Reflect.get(globalThis, API) as { diag?: unknown } | undefined;
  return api?.diag !== undefined;
}
