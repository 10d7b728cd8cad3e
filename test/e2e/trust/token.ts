// Tokens as docs/security.md says they are made, apart from the library's own code.
import { createHmac } from "node:crypto";

export const FIELD = "x-error-tree";
export const WINDOW_MS = 300_000;

/** The window of a moment in milliseconds since the epoch. */
export function windowAt(ms: number): number {
  return Math.floor(ms / WINDOW_MS);
}

/** What an ask carries as `k`, made with the first of the secrets `keyid:secret,keyid:secret`. */
export function keyOf(secrets: string, window: number): string {
  const [first = ""] = secrets.split(",");
  const colon = first.indexOf(":");
  const keyId = first.slice(0, colon);
  const code = createHmac("sha256", first.slice(colon + 1))
    .update(`x-error-tree:1:${keyId}:${window}`)
    .digest();
  return `${keyId}:${code.subarray(0, 16).toString("base64url")}`;
}
