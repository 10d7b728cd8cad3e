// Hands limits that are no options to a service under test: its variable `TEST_LIMITS` holds them as JSON.
import type { Limits } from "../../src/setup/limits.ts";

/** The variable for a service that is started. */
export function limitsVariable(limits: Limits): { readonly TEST_LIMITS: string } {
  return { TEST_LIMITS: JSON.stringify(limits) };
}

/** The limits of this service. */
export function limitsFromEnv(): Limits {
  return JSON.parse(process.env.TEST_LIMITS ?? "{}");
}
