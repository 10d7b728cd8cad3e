// Looks for the packages that must be installed beside this one.
import { createRequire } from "node:module";

const PEERS = [
  "@opentelemetry/api",
  "@opentelemetry/core",
  "@opentelemetry/sdk-node",
  "@opentelemetry/sdk-trace",
] as const;

/** What to install, in one line; `undefined` if nothing is missing. */
export function missingPeers(): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  const missing = PEERS.filter((name) => {
    try {
      resolve(name);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return undefined;
  return `not started, the program runs without it, because packages are missing: npm install ${missing.join(" ")}`;
}
