/**
 * The error tree of a failed request, at the entry service the moment it answers.
 *
 * 1. A request comes: `transports` reads the caller's ask, and `trust` says whether it is answered.
 * 2. Its spans start and end, although the head sampler said no: `fragments` keeps them until the request is over.
 * 3. A call goes out with an ask, and its answer comes back: `wire` reads it, `fragments` keeps it with the call's span.
 * 4. The response head is written: `spans` says what failed, `tree` builds the error tree and finds the root cause.
 * 5. `redact` takes out what must not leave; `wire` writes the tree into the header value that has room for it.
 * 6. With the head it is decided whether the request is exported; when it ends, `export` sends the spans of failing ones alone.
 * 7. `health` counts what was refused, lost and dropped; {@link withErrorTree} joins all of it in a NodeSDK configuration.
 *
 * @module
 */

export { type ErrorTreeOptions, OptionError } from "./options/options.ts";
export { activeErrorTree, failRequest } from "./program/active.ts";
export { attachErrorTree } from "./program/attach.ts";
export { type FailureListener, onFailure } from "./program/failures.ts";
export { consume } from "./program/messages/consume.ts";
export { replyHeaders, request } from "./program/messages/request.ts";
export { type ProblemDetails, problemDetails } from "./program/problem.ts";
export { readErrorTree } from "./program/read.ts";
export { inRole, optional } from "./program/role.ts";
export type { ErrorTreeParts } from "./setup/parts.ts";
export { createErrorTree, withErrorTree } from "./setup.ts";
export { CODES, type Code, isFault, isRejection } from "./spans/code.ts";
export type { SpanKindName } from "./spans/otel.ts";
export type { SpanRole } from "./spans/span-role.ts";
export type { ServerTiming } from "./transports/http/server-timing.ts";
export type { Because, Why } from "./tree/because.ts";
export { type ErrorTreeFacts, errorFromTree, type TreeError } from "./tree/error/error-from-tree.ts";
export type { FailedOperation, FailedRequest } from "./tree/failed-request.ts";
export { fingerprintOf } from "./tree/fingerprint.ts";
export { formatTree } from "./tree/format.ts";
export { joinTrees } from "./tree/join.ts";
export type { RedactRules } from "./tree/redact-node.ts";
export {
  driftOf,
  type ErrorTree,
  type Origin,
  originOf,
  type RootCause,
  rootCauseOf,
  type SpanStub,
  type TreeNode,
  type Verdict,
  verdictOf,
} from "./tree/tree.ts";
export type { TrustRule } from "./trust/trust.ts";
