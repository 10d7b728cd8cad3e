// What the programs of the storm and of the faults have in common: they listen, end on SIGTERM, and account for themselves.
import http from "node:http";
import type { ErrorTreeParts } from "otel-error-tree";
import { serve } from "../../support/process/serve.ts";
import type { Telemetry } from "./telemetry.ts";

/** What a program says when all that it had is exported. */
export interface LastWords {
  readonly counts: ReturnType<ErrorTreeParts["counts"]>;
  /** Promises that nobody caught. */
  readonly rejections: readonly string[];
  readonly diagnostics: readonly string[];
}

/** Serves on a free port until SIGTERM; then lets the requests in flight finish, shuts the SDK down and says its last words. */
export function runProgram(telemetry: Telemetry, listener: http.RequestListener): void {
  const rejections: string[] = [];
  process.on("unhandledRejection", (reason) => {
    rejections.push(String((reason as Error | undefined)?.stack ?? reason));
  });
  const server = http.createServer(listener);
  // No connection is closed for being idle. Node closes one after 6 s, and if this process stands still at that moment it does so
  // before it has read the request that a client just sent: ECONNRESET, without OpenTelemetry, without the library, and with
  // it (43, 30 and 40 of 60 calls when a server was stopped for 4 s). Whatever is reset here has another reason.
  server.keepAliveTimeout = 0;
  serve(server);
  process.once("SIGTERM", () => {
    server.close(() => void sayLastWords(telemetry, rejections));
    // A client keeps its connection; it has nothing more to ask.
    server.closeIdleConnections();
  });
}

async function sayLastWords(
  { parts, sdk, diagnostics }: Telemetry,
  rejections: readonly string[],
): Promise<void> {
  await sdk.shutdown();
  const words: { lastWords: LastWords } = { lastWords: { counts: parts.counts(), rejections, diagnostics } };
  process.send?.(words, () => process.disconnect());
}
