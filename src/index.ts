/**
 * The error tree of a failed request, at the entry service the moment it answers.
 *
 *     span ends ─▶ collect ─▶ model (tree) ─▶ codec ─▶ propagate ─▶ caller's collect ─▶ … ─▶ verdict ─▶ export ─▶ OTLP
 *
 * Every service records its spans although the head sampler said no (`collect`), builds the tree of what failed from span
 * status (`model`), hands it to its caller in a response header (`codec`, `propagate`), and exports failing requests alone
 * (`export`). {@link withErrorTree} puts all of it into a NodeSDK configuration.
 *
 * @module
 */

export { activeErrorTree, failRequest } from "./active.ts";
export { ErrorTreeSpanProcessor } from "./collect/processor.ts";
export { ErrorTreeSampler } from "./collect/sampler.ts";
export { CODES, type Code, isFault, isRejection } from "./model/code.ts";
export { fingerprintOf } from "./model/fingerprint.ts";
export { formatTree } from "./model/format.ts";
export { joinTrees } from "./model/join.ts";
export type { SpanRole } from "./model/role.ts";
export {
  driftOf,
  type ErrorTree,
  type Origin,
  originOf,
  type RootCause,
  rootCauseOf,
  type SpanOutline,
  type TreeNode,
  type Verdict,
  verdictOf,
} from "./model/tree.ts";
export { type ErrorTreeOptions, OptionError } from "./options.ts";
export { ErrorTreePropagator } from "./propagate/propagator.ts";
export { readErrorTree } from "./read.ts";
export { inRole, optional } from "./role.ts";
export { createErrorTree, type ErrorTreeParts, withErrorTree } from "./setup.ts";
