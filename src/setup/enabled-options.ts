// Resolves the options, unless everything is switched off.
import type { SetUpLog } from "../health/set-up-log.ts";
import { unknownVariables } from "../options/environment.ts";
import {
  type ErrorTreeOptions,
  isDisabled,
  knownVariables,
  type Resolved,
  resolveOptions,
} from "../options/options.ts";

/** The options; `undefined` if everything is switched off. Options in code are checked in any case. */
export function enabledOptions(options: ErrorTreeOptions, log: SetUpLog): Resolved | undefined {
  const complaints: string[] = [];
  const resolved = resolveOptions(options, (line) => complaints.push(line));
  if (isDisabled(log.complain)) return undefined;
  for (const line of complaints) log.complain(line);
  const unknown = unknownVariables(knownVariables());
  if (unknown !== undefined) log.warn("ERROR_TREE_UNKNOWN_VARIABLE", unknown);
  return resolved;
}
