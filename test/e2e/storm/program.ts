// What the programs of the storm and of the faults have in common: they listen, end on SIGTERM, and account for themselves.
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { ErrorTreeParts } from "otel-error-tree";
import type { Telemetry } from "./telemetry.ts";

/** What a program says first. */
export interface Hello {
  readonly port: number;
}

/** What a program says when all that it had is exported. */
export interface LastWords {
  readonly counts: ReturnType<ErrorTreeParts["counts"]>;
  /** Promises that nobody caught. */
  readonly rejections: readonly string[];
  readonly diagnostics: readonly string[];
}

const HOST = "127.0.0.1";

/** Serves on a free port until SIGTERM; then lets the requests in flight finish, shuts the SDK down and says its last words. */
export function runProgram(telemetry: Telemetry, listener: http.RequestListener): void {
  const rejections: string[] = [];
  process.on("unhandledRejection", (reason) => {
    rejections.push(String((reason as Error | undefined)?.stack ?? reason));
  });
  const server = http.createServer(listener);
  server.listen(0, HOST, () => {
    const hello: Hello = { port: (server.address() as AddressInfo).port };
    process.send?.(hello);
  });
  process.once("SIGTERM", () => {
    server.close(() => void sayLastWords(telemetry, rejections));
    // A client keeps its connection; it has nothing more to ask.
    server.closeIdleConnections();
  });
  // Ctrl-C reaches the whole group of processes; it is the parent that ends this one.
  process.on("SIGINT", () => {});
  process.once("disconnect", () => process.exit());
}

async function sayLastWords(
  { parts, sdk, diagnostics }: Telemetry,
  rejections: readonly string[],
): Promise<void> {
  await sdk.shutdown();
  const words: { lastWords: LastWords } = { lastWords: { counts: parts.counts(), rejections, diagnostics } };
  process.send?.(words, () => process.disconnect());
}
