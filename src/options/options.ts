// What can be set, what is set where nothing is said, and the only place where options are checked.
import { getStringFromEnv } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { ServerTiming } from "../transports/http/server-timing.ts";
import type { TreeNode } from "../tree/tree.ts";
import { isNetwork } from "../trust/addresses.ts";
import { isAskHost, type TrustRule } from "../trust/trust.ts";
import { DEFAULT_LIMITS, VALUE_BYTES } from "../wire/limits.ts";
import { type Complain, checkVariable, DISABLED_VARIABLE, valueFromEnv, variableOf } from "./environment.ts";
import {
  callback,
  choice,
  flag,
  integer,
  limit,
  OptionError,
  type OptionType,
  texts,
  word,
} from "./option-types.ts";
import { SECRET, SECRET_FILE_VARIABLE, secretFromFile } from "./secret-option.ts";

export { OptionError } from "./option-types.ts";

/**
 * Options of the library. Every one can also be set by an environment variable; an option given in code wins. A wrong variable is
 * an error in the log, a wrong option in code an {@link OptionError}.
 */
export interface ErrorTreeOptions {
  /**
   * The secret that services share, `"keyid:secret"` with 32 to 256 printable ASCII characters: whoever presents a token
   * made with it is answered, and our own asks carry one. While it is being replaced two, with a comma between or as a
   * list: the first one signs, both are accepted. Variable `OTEL_ERROR_TREE_SECRET`, or `OTEL_ERROR_TREE_SECRET_FILE` with the
   * name of a file that holds it. @default none
   */
  readonly secret?: string | readonly string[];
  /**
   * Whose asks for a tree are answered by their address alone, unless the request came through a proxy that says so, from a
   * browser, or for a `Host` that is neither this host nor one that is asked.
   * `"loopback"`: callers on this host, a choice for development, since every program on the host may then read error
   * trees. `"private"`: those at private and link-local addresses, too. Absent: nobody's.
   * Variable `OTEL_ERROR_TREE_TRUST`. @default nobody
   */
  readonly trust?: TrustRule;
  /**
   * Addresses and networks whose asks are answered like those of `trust`, in the variable separated by commas.
   * Variable `OTEL_ERROR_TREE_TRUSTED_PEERS`. @default none @example ["10.1.0.0/16", "2001:db8::/32"]
   */
  readonly trustedPeers?: readonly string[];
  /**
   * Hosts that are asked beside this one, private addresses, names without a dot and those in `.internal`, `.local`, `.svc`:
   * names, suffixes with a leading dot, addresses, networks; in the variable separated by commas. They get to know that
   * we take part, and a token where a secret is set.
   * Variable `OTEL_ERROR_TREE_ASK_HOSTS`. @default none @example [".example.com", "198.51.100.0/24"]
   */
  readonly askHosts?: readonly string[];
  /**
   * The service stands behind a browser or gateway that starts traces: its requests count as roots though they come with
   * a parent. Variable `OTEL_ERROR_TREE_ENTRY`. @default false
   */
  readonly entry?: boolean;
  /**
   * Changes what a node of this service tells, before its tree leaves the process: only its texts are taken from what is
   * returned. It is called once for each node of a tree that is answered, exported or asked for by `activeErrorTree`, with a
   * copy without children, after credentials, tokens, long digit runs and values of SQL were taken out. If it throws, the
   * node keeps operation, code and error type alone.
   */
  readonly redact?: (node: TreeNode) => TreeNode;
  /** Nodes of this service tell messages. Variable `OTEL_ERROR_TREE_MESSAGES`. @default true */
  readonly messages?: boolean;
  /** Nodes of this service tell stack frames. Variable `OTEL_ERROR_TREE_FRAMES`. @default true */
  readonly frames?: boolean;
  /**
   * Largest header value written, in bytes, 64 to 2048; a default nginx fails the whole response past 4 KB.
   * Variable `OTEL_ERROR_TREE_HEADER_BYTES`. @default 1024
   */
  readonly headerBytes?: number;
  /**
   * Who is told the trace of a response, by the entry `trace` of its `Server-Timing` field: `"trusted"`, whoever gets a tree;
   * `"everyone"`, strangers and browsers too; `"off"`, nobody. Variable `OTEL_ERROR_TREE_SERVER_TIMING`. @default "trusted"
   */
  readonly serverTiming?: ServerTiming;
  /**
   * Most spans kept of one request, at least 2; beyond, spans that ended well are let go of first.
   * Variable `OTEL_ERROR_TREE_MAX_SPANS_PER_FRAGMENT`. @default 512
   */
  readonly maxSpansPerFragment?: number;
  /**
   * Most requests whose spans are kept at one time, at least 1; beyond, the oldest loses all but its root.
   * Variable `OTEL_ERROR_TREE_MAX_FRAGMENTS`. @default 10000
   */
  readonly maxFragments?: number;
  /**
   * How long a request's spans are kept, in milliseconds, at least 1000, whether they ended or not.
   * Variable `OTEL_ERROR_TREE_FRAGMENT_TIMEOUT_MS`. @default 300000
   */
  readonly fragmentTimeoutMs?: number;
  /**
   * Also exported are requests that went well although something beneath them failed.
   * Variable `OTEL_ERROR_TREE_EXPORT_HANDLED`. @default false
   */
  readonly exportHandled?: boolean;
  /**
   * Also exported are requests that were rejected with one and the same code on the whole way, such as a 404.
   * Variable `OTEL_ERROR_TREE_EXPORT_REJECTED`. @default false
   */
  readonly exportRejected?: boolean;
  /**
   * Failing requests exported a second, at least 1, beyond a burst of 240 or two seconds of this, whichever is more.
   * What stands above exported spans goes out besides. `Infinity`: every failing request.
   * Variable `OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND`. @default 10
   */
  readonly maxExportsPerSecond?: number;
  /**
   * Spans for which it returns true are never exported by us. It is asked on the failing path only; where it throws the
   * span stays back. @example `(span) => span.attributes["url.path"] === "/health"`
   */
  readonly neverExport?: (span: ReadableSpan) => boolean;
  /**
   * Names of the attributes that spans may have which we write in place of services that did not export theirs, such as
   * `error.type`; in the variable separated by commas. Variable `OTEL_ERROR_TREE_SYNTHESIZED_ATTRIBUTES`. @default all
   */
  readonly synthesizedAttributes?: readonly string[];
  /**
   * Most spans of failed requests that wait for export, at least 1; beyond, requests go without spans that were written for
   * other services, then without spans that went well; then whole requests are dropped, those that went well above a
   * failure first, then the oldest. Their memory is bounded too, at 2,048 bytes a span by estimate. Variable `OTEL_ERROR_TREE_MAX_QUEUED_SPANS`. @default 8192
   */
  readonly maxQueuedSpans?: number;
}

/** The longest time that a timer of Node.js can be set to, in milliseconds. */
const LONGEST_MS = 2_147_483_647;

/** Every option: what it can be, and what it is where nothing is said. */
const OPTIONS: { readonly [K in keyof ErrorTreeOptions]-?: OptionType<ErrorTreeOptions[K]> } = {
  secret: SECRET,
  trust: word<TrustRule>(["loopback", "private"], "nobody"),
  trustedPeers: texts("IP addresses and networks such as 10.1.0.0/16", "none", isNetwork),
  askHosts: texts("host names, suffixes such as .example.com, IP addresses and networks", "none", isAskHost),
  entry: flag(false),
  redact: callback("(node) => node"),
  messages: flag(true, false),
  frames: flag(true, false),
  headerBytes: integer(VALUE_BYTES, 64, DEFAULT_LIMITS.valueBytes),
  serverTiming: choice<ServerTiming>("trusted", ["trusted", "everyone", "off"], "off"),
  maxSpansPerFragment: integer(512, 2, 1_000_000),
  maxFragments: integer(10_000, 1, 10_000_000),
  fragmentTimeoutMs: integer(300_000, 1_000, LONGEST_MS),
  exportHandled: flag(false),
  exportRejected: flag(false),
  maxExportsPerSecond: limit(10, 1),
  neverExport: callback("(span) => boolean"),
  synthesizedAttributes: texts("attribute names", "all"),
  maxQueuedSpans: integer(8_192, 1, 10_000_000),
};

type OptionName = keyof ErrorTreeOptions;
type WithoutDefault =
  | "secret"
  | "trust"
  | "trustedPeers"
  | "askHosts"
  | "redact"
  | "neverExport"
  | "synthesizedAttributes";

/** Every option with its value; those without a default are absent where nothing is said. */
export type ResolvedOptions = Required<Omit<ErrorTreeOptions, WithoutDefault>> &
  Pick<ErrorTreeOptions, WithoutDefault>;

/** The values where nothing is said. */
export const DEFAULTS: ResolvedOptions = valuesOf((name) => OPTIONS[name].fallback);

/** Options, and where a secret came from that may change. */
export interface Resolved extends ResolvedOptions {
  /** The file that the secret was read from. */
  readonly secretFile?: string;
}

/**
 * Options with the environment's values and the defaults filled in. What is wrong in the environment is told, and something else
 * holds: a variable never takes a service down.
 *
 * @throws OptionError naming the option in code, what was expected and what came
 */
export function resolveOptions(options: ErrorTreeOptions, complain: Complain): Resolved {
  if (typeof options !== "object" || options === null) {
    throw new OptionError("options", "an object", options, options === null ? "null" : typeof options);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    throw new OptionError(name, `one of the options ${Object.keys(OPTIONS).join(", ")}`, name);
  }
  const values = valuesOf((name) => optionOf(name, options[name], complain));
  return options.secret === undefined ? { ...values, ...secretFromFile(complain) } : values;
}

/** Everything is off: by the SDK's own variable, or by ours. A wrong value of ours is told. */
export function isDisabled(complain: Complain): boolean {
  if (getStringFromEnv("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true") return true;
  return valueFromEnv(DISABLED_VARIABLE, flag(false), complain);
}

/** Names of the variables that we know. */
export function knownVariables(): string[] {
  const names = Object.keys(OPTIONS) as OptionName[];
  const variables = names.filter((name) => OPTIONS[name].fromText !== undefined).map(variableOf);
  return [...variables, SECRET_FILE_VARIABLE, DISABLED_VARIABLE];
}

/** Absent options stay absent. */
function valuesOf(value: (name: OptionName) => unknown): ResolvedOptions {
  const names = Object.keys(OPTIONS) as OptionName[];
  const values = names.map((name) => [name, value(name)]).filter(([, is]) => is !== undefined);
  return Object.fromEntries(values) as ResolvedOptions;
}

function optionOf(name: OptionName, given: unknown, complain: Complain): unknown {
  const type: OptionType<unknown> = OPTIONS[name];
  const variable = variableOf(name);
  if (given === undefined) return valueFromEnv(variable, type, complain);
  if (!type.accepts(given)) throw new OptionError(name, type.expected, given, type.inWords?.(given));
  checkVariable(variable, type, complain);
  return given;
}
