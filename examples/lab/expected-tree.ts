// The tree that a request should have, drawn from what the services say they did, and how it differs from the one that came.
import { type Code, driftOf, type Origin, originOf, type TreeNode } from "otel-error-tree";
import type { Account, CallAccount } from "./account.ts";

/** A node as it should be. */
export interface ExpectedNode {
  readonly service: string;
  readonly code: Code;
  readonly origin: Origin;
  /** Codes of failed children that the service did not pass on, sorted. */
  readonly drift: readonly Code[];
  readonly message?: string | undefined;
  readonly count: number;
  readonly survived: boolean;
  readonly children: readonly ExpectedNode[];
}

/** The accounts of one request by call. */
export type Accounts = ReadonlyMap<string, Account>;

/** What becomes of the failed calls of a service, which come in the order in which they ended. */
type Merge = (siblings: readonly ExpectedNode[]) => readonly ExpectedNode[];

/** Each failed call stays a node of its own. */
export const everyCall: Merge = (siblings) => siblings;

/**
 * The tree of a call; `undefined` where nothing failed. Equal siblings stand as one in the place of the first, so the order
 * in which the last of them failed is lost: who asks for the root cause draws with {@link everyCall}.
 */
export function drawTree(accounts: Accounts, call = "0", merge: Merge = collapse): ExpectedNode | undefined {
  const account = accounts.get(call);
  if (account === undefined) throw new Error(`no service has an account of call ${call}`);
  const children = merge(drawChildren(accounts, account, merge));
  if (account.code === "ok" && children.length === 0) return undefined;
  return nodeOf(account.service, account.code, account.message, children);
}

/** Every difference between two trees, each with its path; none where they are alike. A message may have been cut. */
export function differences(
  expected: ExpectedNode | undefined,
  actual: TreeNode | undefined,
  path = "",
): string[] {
  const here = `${path}${(expected ?? actual)?.service}`;
  if (actual === undefined) return expected === undefined ? [] : [`${here}: missing`];
  if (expected === undefined) return [`${here}: not expected`];
  const found = {
    service: actual.service,
    code: actual.code,
    origin: originOf(actual),
    drift: driftOf(actual),
    message: isCut(actual.message, expected.message) ? expected.message : actual.message,
    count: actual.count,
    survived: actual.survived === true,
  };
  const wrong: string[] = [];
  for (const key of Object.keys(found) as (keyof typeof found)[]) {
    const [should, is] = [String(expected[key]), String(found[key])];
    if (should !== is) wrong.push(`${here}: ${key} should be "${should}", is "${is}"`);
  }
  const places = Math.max(expected.children.length, actual.children.length);
  for (let place = 0; place < places; place++) {
    wrong.push(...differences(expected.children[place], actual.children[place], `${here} > `));
  }
  return wrong;
}

function isCut(message = "", whole = ""): boolean {
  return message !== "" && whole.startsWith(message);
}

/** A failed call with the tree beneath it. */
interface FailedCall {
  readonly call: CallAccount;
  readonly callee: ExpectedNode;
}

/** The failed calls in the order in which they ended. */
function drawChildren(accounts: Accounts, account: Account, merge: Merge): ExpectedNode[] {
  const failed: FailedCall[] = [];
  for (const call of [...account.calls].sort((a, b) => a.ended - b.ended)) {
    const callee = drawTree(accounts, call.call, merge);
    if (callee !== undefined) failed.push({ call, callee });
  }
  const named = namedBy(account, failed);
  return failed.map(({ call, callee }) => {
    const isFailure = account.code !== "ok" && callee.code !== "ok";
    const survived = named === undefined ? wentOnAfter(call, account) : !named.has(call);
    return { ...callee, survived: isFailure && survived };
  });
}

/**
 * The calls whose rejection a service passed on, if that tells its failed calls apart, or there is only one. Of those that it made
 * again it passed on the last.
 */
function namedBy({ code }: Account, failed: readonly FailedCall[]): ReadonlySet<CallAccount> | undefined {
  const failures = failed.filter(({ callee }) => callee.code !== "ok");
  const named = failures.filter(({ callee }) => callee.code === code);
  if (!REJECTIONS.has(code) || named.length === 0) return undefined;
  const kinds = new Set(failures.map(({ call, callee }) => `${call.url} ${callee.code}`));
  if (named.length === failures.length && kinds.size > 1) return undefined;
  const calls = named.map(({ call }) => call);
  return new Set(
    calls.filter(({ url, ended }) => !calls.some((again) => again.url === url && again.began >= ended)),
  );
}

/**
 * True if a service went on after a failed call: it made the call again, or began another one that is not the next step of
 * a branch which was open at that moment. A rejection after a fault shows nothing, unless the service passed it on.
 */
function wentOnAfter(failed: CallAccount, { code, calls }: Account): boolean {
  const open = calls.filter((call) => call.began < failed.ended && call.ended > failed.ended);
  return calls.some((call) => {
    if (call.began < failed.ended) return false;
    if (call.url === failed.url) return true;
    if (open.some(({ ended }) => ended < call.began)) return false;
    return TAKEN_FOR_ANSWERS.has(failed.code) || call.code === code || !REJECTIONS.has(call.code);
  });
}

/** Rejections that a program may take for an answer. */
const TAKEN_FOR_ANSWERS: ReadonlySet<Code> = new Set([
  "cancelled",
  "invalid-argument",
  "not-found",
  "already-exists",
  "failed-precondition",
  "out-of-range",
]);

const REJECTIONS: ReadonlySet<Code> = new Set([
  ...TAKEN_FOR_ANSWERS,
  "permission-denied",
  "resource-exhausted",
  "aborted",
  "unauthenticated",
]);

function nodeOf(
  service: string,
  code: Code,
  message: string | undefined,
  children: readonly ExpectedNode[],
): ExpectedNode {
  const failed = children.map((child) => child.code).filter((other) => other !== "ok");
  const drift = new Set(code === "ok" ? [] : failed.filter((other) => other !== code && other !== "unknown"));
  const origin = originFrom(code !== "ok", failed.length > 0);
  return { service, code, origin, drift: [...drift].sort(), message, count: 1, survived: false, children };
}

function originFrom(failed: boolean, failedBeneath: boolean): Origin {
  if (failed) return failedBeneath ? "propagated" : "self";
  return failedBeneath ? "handled" : "ok";
}

/** Equal siblings as one with a count, in the place of the first; survived only where all were. */
function collapse(siblings: readonly ExpectedNode[]): ExpectedNode[] {
  const distinct = new Map<string, ExpectedNode>();
  for (const node of siblings) {
    const shape = shapeOf(node);
    const twin = distinct.get(shape);
    const count = (twin?.count ?? 0) + node.count;
    const survived = node.survived && (twin?.survived ?? true);
    distinct.set(shape, { ...(twin ?? node), count, survived });
  }
  return [...distinct.values()];
}

function shapeOf({ service, code, message, children }: ExpectedNode): string {
  return JSON.stringify([service, code, message, children.map((child) => [shapeOf(child), child.count])]);
}
