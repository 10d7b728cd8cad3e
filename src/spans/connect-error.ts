// Reads errors of ConnectRPC: their class says nothing, and their message begins with the code, which they have as a number, too.
import { type Code, codeFromNumber } from "./code.ts";

/** What such an error says. */
export interface ConnectFacts {
  readonly code: Code;
  /** Without the code. */
  readonly message: string;
}

/** What an error of Connect says; `undefined` for any other value. May throw: getters are the program's. */
export function connectFacts(error: unknown): ConnectFacts | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { name, code, rawMessage } = error as { name?: unknown; code?: unknown; rawMessage?: unknown };
  if (name !== "ConnectError" || typeof code !== "number" || typeof rawMessage !== "string") return undefined;
  const known = codeFromNumber(code);
  return known === undefined || known === "ok" ? undefined : { code: known, message: rawMessage };
}
