// Says whether the environment switches everything off, before anything is loaded.

const VARIABLES = ["OTEL_SDK_DISABLED", "OTEL_ERROR_TREE_DISABLED"] as const;

/** True if the SDK's variable or ours is true. */
export function isSwitchedOff(): boolean {
  return VARIABLES.some((name) => process.env[name]?.trim().toLowerCase() === "true");
}
