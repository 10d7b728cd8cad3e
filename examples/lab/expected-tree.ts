// The tree that a request should have, drawn from what the services say they did, and how it differs from the one that came.
import { type Code, driftOf, type Origin, originOf, type TreeNode } from "otel-error-tree";
import type { Account } from "./account.ts";

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

/** The tree of a call; `undefined` where nothing failed. */
export function drawTree(accounts: Accounts, call = "0"): ExpectedNode | undefined {
  const account = accounts.get(call);
  if (account === undefined) throw new Error(`no service has an account of call ${call}`);
  const children = collapse(drawChildren(accounts, account));
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

/** The failed calls in the order in which they ended. */
function drawChildren(accounts: Accounts, account: Account): ExpectedNode[] {
  const lastBegan = Math.max(...account.calls.map((call) => call.began));
  const children: ExpectedNode[] = [];
  for (const call of [...account.calls].sort((a, b) => a.ended - b.ended)) {
    const callee = drawTree(accounts, call.call);
    if (callee === undefined) continue;
    const survived = account.code !== "ok" && callee.code !== "ok" && call.ended < lastBegan;
    children.push({ ...callee, survived });
  }
  return children;
}

function nodeOf(
  service: string,
  code: Code,
  message: string | undefined,
  children: ExpectedNode[],
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
