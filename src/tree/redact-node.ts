// Redacts the nodes of this service before they leave the process: with the default redactor, then the user's hook.
import { CleanTexts } from "../redact/clean-texts.ts";
import { compileRules, type Rules, redactorWith, templatesWith } from "../redact/rules.ts";
import { redactText } from "../redact/text.ts";
import type { TreeNode } from "./tree.ts";

export { redactText } from "../redact/text.ts";

/** The user's hook: called with a node without children, texts redacted; returns what may leave the process. */
export type RedactHook = (node: TreeNode) => TreeNode;

/** Rules of a service, beside the redactor's own, and a hook. */
export interface RedactRules {
  /** Names next to which a value is taken out, such as `customerRef`: in any case, with or without dashes and underscores. */
  readonly names?: readonly string[];
  /** What always stays: names next to which nothing is taken out, beginnings of ids (`ord_`), and further words of templates. */
  readonly allow?: readonly string[];
  /** Called with every node, as if it were the option itself. */
  readonly hook?: (node: TreeNode) => TreeNode;
}

/** False: no messages. `"template"`: of a message the words of the vocabulary alone. */
export type Messages = boolean | "template";

/** What of a node leaves the process. */
export interface RedactOptions {
  readonly redact?: RedactHook | RedactRules | undefined;
  /** What nodes of this service say in their messages. @default true */
  readonly messages?: Messages;
  /** False: no node of this service has stack frames. @default true */
  readonly frames?: boolean;
}

/** How texts are redacted: messages, and all others. */
interface TextRedaction {
  readonly text: (text: string) => string;
  readonly message: (text: string) => string;
}

const DEFAULT_TEXTS: TextRedaction = { text: redactText, message: redactText };

/** The rules that stand beside the hook, if there are any. */
export function rulesOf(redact: RedactOptions["redact"]): Rules | undefined {
  return typeof redact === "object" ? compileRules(redact) : undefined;
}

/** How texts are redacted with these options. */
function textRedaction({ redact, messages }: RedactOptions): TextRedaction {
  const rules = rulesOf(redact);
  const text = redactorWith(rules);
  return { text, message: messages === "template" ? templatesWith(rules, text) : text };
}

/** A node as it may leave the process. Never throws. */
export type Redactor = (node: TreeNode) => TreeNode;

/** The texts of a node, which a hook may change; all else is structure. */
export interface NodeTexts {
  readonly operation: string;
  readonly at?: string | undefined;
  readonly peer?: string | undefined;
  readonly errorType?: string | undefined;
  readonly message?: string | undefined;
  readonly frames?: readonly string[] | undefined;
  readonly causes?: readonly string[] | undefined;
}

/**
 * The redactor of a process. The default one comes first, then the hook; what the hook changes passes the default one too,
 * and only texts are taken from what it returns. If the hook throws or returns no node (nothing, a promise), the node
 * keeps operation, code and error type and loses what else could hold a secret: message, frames, causes, `at` and `peer`.
 *
 * @param onError - called with every error of the hook
 */
export function createRedactor(options: RedactOptions, onError: (error: unknown) => void): Redactor {
  const redact = typeof options.redact === "object" ? options.redact.hook : options.redact;
  const { text: ofText, message } = textRedaction(options);
  const clean = new CleanTexts(ofText).redact;
  const texts = { text: clean, message: options.messages === "template" ? message : clean };
  return (node) => {
    try {
      const own = redactNode(node, options, texts);
      if (redact === undefined) return own;
      const known = new Set(allTexts(own));
      const unless = (one: (text: string) => string) => (text: string) =>
        known.has(text) ? text : one(text);
      const after = { text: unless(texts.text), message: unless(texts.message) };
      return redactNode(hooked(own, redact), options, after);
    } catch (error) {
      report(error, onError);
      return withoutTexts(node);
    }
  };
}

/**
 * The node with its texts redacted by the default redactor; itself if nothing is to be changed.
 *
 * @param texts - redacts single texts
 */
export function redactNode(
  node: TreeNode,
  options: RedactOptions = {},
  { text: ofText, message: ofMessage }: TextRedaction = DEFAULT_TEXTS,
): TreeNode {
  const { at, peer, errorType } = node;
  const message = options.messages === false ? undefined : node.message;
  const frames = options.frames === false ? undefined : node.frames;
  const causes = options.messages === false ? undefined : node.causes;
  const redacted: NodeTexts = {
    operation: ofText(node.operation),
    at: at === undefined ? at : ofText(at),
    peer: peer === undefined ? peer : ofText(peer),
    errorType: errorType === undefined ? errorType : ofText(errorType),
    message: message === undefined ? message : ofMessage(message),
    frames: frames?.map((frame) => ofText(frame)),
    causes: causes?.map((cause) => ofMessage(cause)),
  };
  return sameTexts(redacted, node) ? node : withTexts(node, redacted);
}

/** The node with the texts that the hook made of it. */
function hooked(node: TreeNode, redact: RedactHook): TreeNode {
  const returned: unknown = redact({ ...node, children: [] });
  if (typeof returned !== "object" || returned === null)
    throw new TypeError(`redact returned ${typeof returned}`);
  if (returned instanceof Promise) {
    // Nobody else would take its failure, which ends the process.
    returned.catch(() => undefined);
    throw new TypeError("redact returned a promise");
  }
  const { operation, at, peer, errorType, message, frames, causes } = returned as {
    readonly [K in keyof NodeTexts]?: unknown;
  };
  if (typeof operation !== "string") throw new TypeError("redact returned no node");
  return withTexts(node, {
    operation,
    at: redactedText(at),
    peer: redactedText(peer),
    errorType: redactedText(errorType),
    message: redactedText(message),
    frames: redactedTexts(frames, "frames"),
    causes: redactedTexts(causes, "causes"),
  });
}

function redactedTexts(texts: unknown, name: string): string[] | undefined {
  if (texts === undefined) return undefined;
  if (!Array.isArray(texts)) throw new TypeError(`redact returned ${name} that are none`);
  return texts.map(redactedText).filter((text) => text !== undefined);
}

function redactedText(text: unknown): string | undefined {
  if (text === undefined || typeof text === "string") return text;
  throw new TypeError(`redact returned a text that is of type ${typeof text}`);
}

/** The texts of a node. */
export function textsOf({ operation, at, peer, errorType, message, frames, causes }: TreeNode): NodeTexts {
  return { operation, at, peer, errorType, message, frames, causes };
}

/** All texts of a node, frame by frame and cause by cause. */
export function allTexts({
  operation,
  at,
  peer,
  errorType,
  message,
  frames = [],
  causes = [],
}: NodeTexts): string[] {
  return [operation, at, peer, errorType, message, ...frames, ...causes].filter((text) => text !== undefined);
}

/** True if both say the same. */
export function sameTexts(one: NodeTexts, other: NodeTexts): boolean {
  return (
    one.operation === other.operation &&
    one.at === other.at &&
    one.peer === other.peer &&
    one.errorType === other.errorType &&
    one.message === other.message &&
    sameList(one.frames, other.frames) &&
    sameList(one.causes, other.causes)
  );
}

function sameList(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other?.length !== one.length) return false;
  return one.every((text, place) => text === other[place]);
}

/** The node with other texts; absent texts stay absent. */
export function withTexts(
  node: TreeNode,
  { operation, at, peer, errorType, message, frames, causes }: NodeTexts,
): TreeNode {
  const { at: _a, peer: _p, errorType: _e, message: _m, frames: _f, causes: _c, ...rest } = node;
  return {
    ...rest,
    operation,
    ...(at === undefined ? undefined : { at }),
    ...(peer === undefined ? undefined : { peer }),
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames === undefined || frames.length === 0 ? undefined : { frames }),
    ...(causes === undefined || causes.length === 0 ? undefined : { causes }),
  };
}

/** What is left of a node if its hook failed. */
function withoutTexts(node: TreeNode): TreeNode {
  const { at: _a, peer: _p, message: _m, frames: _f, causes: _c, operation, errorType, ...rest } = node;
  return {
    ...rest,
    operation: typeof operation === "string" ? redactText(operation) : "",
    ...(typeof errorType === "string" ? { errorType: redactText(errorType) } : undefined),
  };
}

/** Reports whatever was thrown; never throws itself. */
function report(error: unknown, onError: (error: unknown) => void): void {
  try {
    onError(error);
  } catch {
    // Thrown values are the program's: their getters and `toString` may throw, too.
  }
}
