// Sets up a service under test as a user does, but with limits that are no options.
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import type { ErrorTreeOptions, ErrorTreeParts } from "otel-error-tree";
import { configure, createParts } from "../../dist/setup.js";
import type { Limits } from "../../src/setup/limits.ts";
import { limitsFromEnv } from "./limits.ts";

/** `createErrorTree` with these limits. */
export function createErrorTree(
  options: ErrorTreeOptions = {},
  limits: Limits = limitsFromEnv(),
): ErrorTreeParts {
  return createParts(options, limits);
}

/** `withErrorTree` with the limits of this service. */
export function withErrorTree(
  config: Partial<NodeSDKConfiguration>,
  options: ErrorTreeOptions = {},
): Partial<NodeSDKConfiguration> {
  return configure(config, options, limitsFromEnv());
}
