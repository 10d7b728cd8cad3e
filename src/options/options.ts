// Names every option, with its default, and checks what users give: nothing else does.
import { getStringFromEnv } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { ServerTiming } from "../transports/http/server-timing.ts";
import type { RedactRules } from "../tree/redact-node.ts";
import type { TreeNode } from "../tree/tree.ts";
import { isNetwork } from "../trust/addresses.ts";
import { isAskHost, type TrustRule } from "../trust/trust.ts";
import { DEFAULT_HEADER_BYTES, DEFAULT_LIMITS } from "../wire/limits.ts";
import {
  type Complain,
  checkVariable,
  DISABLED_VARIABLE,
  FLOW_VARIABLE,
  valueFromEnv,
  variableOf,
} from "./environment.ts";
import {
  callback,
  callbackOrRules,
  choice,
  flag,
  flagOr,
  integer,
  integerOrNone,
  limit,
  OptionError,
  type OptionType,
  path,
  texts,
  word,
} from "./option-types.ts";
import { SECRET, SECRET_FILE_VARIABLE, secretFromFile } from "./secret-option.ts";

export { OptionError } from "./option-types.ts";

/**
 * Options of the library. Most can also be set by an environment variable; an option given in code holds. A wrong variable is an error
 * in the log, a wrong option in code throws an {@link OptionError}. All of it at more length: docs/options.md.
 */
export interface ErrorTreeOptions {
  /**
   * The secret that your services share, `"keyid:secret"` with 32 to 256 printable ASCII characters: a request that carries
   * a token made with it is answered, and our own asks carry one. To replace a secret give two, as a list or separated by a
   * comma: the first one signs, both are accepted. Variable `OTEL_ERROR_TREE_SECRET`, or `OTEL_ERROR_TREE_SECRET_FILE` with
   * the name of a file that holds it. @default absent
   */
  readonly secret?: string | readonly string[];
  /**
   * Whose asks are answered because of their address alone: `"loopback"`, callers on this host, for development, since every
   * program on the host can then read error trees; `"private"`, also those with a private or link-local address. Such an
   * ask does not count if it came through a proxy that says so, from a browser, or for a `Host` that is neither this host
   * nor one that we ask. Variable `OTEL_ERROR_TREE_TRUST`. @default absent
   */
  readonly trust?: TrustRule;
  /**
   * Addresses and networks whose asks are answered like those of `trust`; in the variable separated by commas.
   * Variable `OTEL_ERROR_TREE_TRUSTED_PEERS`. @default absent @example ["10.1.0.0/16", "2001:db8::/32"]
   */
  readonly trustedPeers?: readonly string[];
  /**
   * Hosts that we ask in addition to this one, private addresses, names without a dot (but for those of hex digits alone) and
   * names in `.internal`, `.local`, `.svc`, `.cluster.local` and `.localhost`: names, suffixes with a leading dot, addresses, networks; in the variable separated by
   * commas. They learn that this service takes part, and get a token if a secret is set.
   * Variable `OTEL_ERROR_TREE_ASK_HOSTS`. @default absent @example [".example.com", "198.51.100.0/24"]
   */
  readonly askHosts?: readonly string[];
  /**
   * The service stands behind a browser or a gateway that starts traces: its requests count as roots although they come
   * with a parent. Variable `OTEL_ERROR_TREE_ENTRY`. @default false
   */
  readonly entry?: boolean;
  /**
   * Changes what a node of this service says before its tree leaves the process; only the texts of what it returns are used.
   * It is called once for each node of a tree that is answered, exported or read by `activeErrorTree`, with a copy without
   * children, after secrets and personal data were taken out. If it throws, the node keeps its operation, code and error type
   * alone. Or rules: `names` next to which values are taken out, what always stays (`allow`), and perhaps the function as `hook`.
   * @default absent @example { names: ["customerRef"], allow: ["ord_", "csrfToken"] }
   */
  readonly redact?: ((node: TreeNode) => TreeNode) | RedactRules;
  /**
   * Nodes of this service carry messages. `"template"` leaves words of a vocabulary alone: "Wrong password … for …".
   * Variable `OTEL_ERROR_TREE_MESSAGES`. @default true
   */
  readonly messages?: boolean | "template";
  /** Nodes of this service carry stack frames. Variable `OTEL_ERROR_TREE_FRAMES`. @default true */
  readonly frames?: boolean;
  /**
   * The spans of failed requests are exported without secrets, and without what `messages` and `frames` take away: names,
   * attributes, events, links and status of the copies that we export. Spans that the head sampler took are not changed. The
   * resource of redacted spans has `error_tree.redacted`. Variable `OTEL_ERROR_TREE_REDACT_SPANS`. @default false
   */
  readonly redactSpans?: boolean;
  /**
   * Largest header value that carries a tree, in bytes, 64 to 2048; a default nginx fails the whole response if its head is larger
   * than 4 KB. Variable `OTEL_ERROR_TREE_HEADER_BYTES`. @default 1024
   */
  readonly headerBytes?: number;
  /**
   * Who gets the trace id of a response, in the entry `trace` of its `Server-Timing` field: `"trusted"`, whoever gets a tree;
   * `"everyone"`, strangers and browsers too; `"off"`, nobody. Variable `OTEL_ERROR_TREE_SERVER_TIMING`. @default trusted
   */
  readonly serverTiming?: ServerTiming;
  /**
   * Most spans that are kept of one request, at least 2; beyond that, spans that succeeded are dropped first.
   * Variable `OTEL_ERROR_TREE_MAX_SPANS_PER_FRAGMENT`. @default 512
   */
  readonly maxSpansPerFragment?: number;
  /**
   * Most requests whose spans are kept at one time, at least 1; beyond that, the oldest request loses all spans but its root,
   * or is exported at once if that is decided.
   * Variable `OTEL_ERROR_TREE_MAX_FRAGMENTS`. @default 10000
   */
  readonly maxFragments?: number;
  /**
   * Most memory that the spans of requests in flight take, in bytes, by estimate, at least 1048576; beyond that, requests that are
   * answered and only wait are exported at once, then spans that went well are dropped, those of the oldest requests first.
   * Variable `OTEL_ERROR_TREE_MAX_BYTES_IN_FLIGHT`. @default 67108864
   */
  readonly maxBytesInFlight?: number;
  /**
   * How long the spans of a request are kept, in milliseconds, at least 1000, whether they ended or not; longer only if its
   * response is open, and the head is not written yet or the request has not failed, or if it is a job that nobody waits for and that
   * still runs. Variable `OTEL_ERROR_TREE_FRAGMENT_TIMEOUT_MS`. @default 300000
   */
  readonly fragmentTimeoutMs?: number;
  /**
   * Requests that went well although something beneath them failed are exported too.
   * Variable `OTEL_ERROR_TREE_EXPORT_HANDLED`. @default false
   */
  readonly exportHandled?: boolean;
  /**
   * Requests that were rejected with one and the same code all the way, such as a 404, are exported too.
   * Variable `OTEL_ERROR_TREE_EXPORT_REJECTED`. @default false
   */
  readonly exportRejected?: boolean;
  /**
   * The time between two good traces of one operation, in milliseconds, at least 1000: they are exported although nothing failed, to
   * compare failing ones with. Only of requests that begin a trace here; over all operations at most ten a minute, after a burst
   * of ten. They are head-sampled, so every service exports them in its normal way, not redacted by us.
   * Variable `OTEL_ERROR_TREE_GOOD_TRACE_INTERVAL_MS`. @default absent @example 600_000
   */
  readonly goodTraceIntervalMs?: number;
  /**
   * Failed requests exported per second, at least 1, after a burst of 240 or of two seconds' worth, whichever is more. What
   * stands above exported spans of another service is exported in addition. `Infinity`: every failed request.
   * Variable `OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND`. @default 10
   */
  readonly maxExportsPerSecond?: number;
  /**
   * Spans for which it returns `true` are never exported by us. It is called on the failing path only; if it throws, the
   * span is not exported. @default absent @example `(span) => span.attributes["url.path"] === "/health"`
   */
  readonly neverExport?: (span: ReadableSpan) => boolean;
  /**
   * Most spans of failed requests that wait for the exporter, at least 1; beyond that, requests lose the spans written for
   * other services, then spans that succeeded; then whole requests are dropped, those that went well above a failure first,
   * then the oldest. Their bytes are bounded too, at 2,048 for each of these spans and no less than 65,536, by estimate.
   * Variable `OTEL_ERROR_TREE_MAX_QUEUED_SPANS`. @default 8192
   */
  readonly maxQueuedSpans?: number;
  /**
   * Folder for the failing requests that a process has not exported when it ends, by an exception or `process.exit`. The next
   * process that names the same folder exports them; several may share one. Made if it is not there, readable by its owner alone.
   * Variable `OTEL_ERROR_TREE_SPOOL`. @default absent @example "/var/spool/error-tree"
   */
  readonly spool?: string;
}

/** The longest time that a timer of Node.js can be set to, in milliseconds. */
const LONGEST_MS = 2_147_483_647;

/** Every option: what it can be, and its default. */
export const OPTIONS: { readonly [K in keyof ErrorTreeOptions]-?: OptionType<ErrorTreeOptions[K]> } = {
  secret: SECRET,
  trust: word<TrustRule>(["loopback", "private"], "nobody"),
  trustedPeers: texts("IP addresses and networks such as 10.1.0.0/16", "none", isNetwork),
  askHosts: texts("host names, suffixes such as .example.com, IP addresses and networks", "none", isAskHost),
  entry: flag(false),
  redact: callbackOrRules("(node) => node", ["names", "allow"], "hook"),
  messages: flagOr(true, "template", false),
  frames: flag(true, false),
  redactSpans: flag(false, true),
  headerBytes: integer(DEFAULT_HEADER_BYTES, 64, DEFAULT_LIMITS.valueBytes),
  serverTiming: choice<ServerTiming>("trusted", ["trusted", "everyone", "off"], "off"),
  maxSpansPerFragment: integer(512, 2, 1_000_000),
  maxFragments: integer(10_000, 1, 10_000_000),
  maxBytesInFlight: integer(64 * 1024 * 1024, 1024 * 1024, Number.MAX_SAFE_INTEGER),
  fragmentTimeoutMs: integer(300_000, 1_000, LONGEST_MS),
  exportHandled: flag(false),
  exportRejected: flag(false),
  goodTraceIntervalMs: integerOrNone(1_000, LONGEST_MS, "none"),
  maxExportsPerSecond: limit(10, 1),
  neverExport: callback("(span) => boolean"),
  maxQueuedSpans: integer(8_192, 1, 10_000_000),
  spool: path("the path of a folder", "none"),
};

type OptionName = keyof ErrorTreeOptions;
type WithoutDefault =
  | "secret"
  | "trust"
  | "trustedPeers"
  | "askHosts"
  | "redact"
  | "goodTraceIntervalMs"
  | "neverExport"
  | "spool";

/** Every option with its value; one without a default is absent unless it was set. */
export type ResolvedOptions = Required<Omit<ErrorTreeOptions, WithoutDefault>> &
  Pick<ErrorTreeOptions, WithoutDefault>;

/** The values if nothing is set. */
export const DEFAULTS: ResolvedOptions = valuesOf((name) => OPTIONS[name].fallback);

/** The options, and the file of the secret, which may change. */
export interface Resolved extends ResolvedOptions {
  /** The absolute path of the file that the secret was read from. */
  readonly secretFile?: string;
}

/**
 * Fills in the values of the environment and the defaults. A wrong variable goes to `complain`, and another value holds: a variable
 * never keeps a service from starting.
 *
 * @throws OptionError for a wrong option in code: its name, what was expected and what was given
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

/** True if a variable switches everything off: the SDK's own, or ours. A wrong value of ours goes to `complain`. */
export function isDisabled(complain: Complain): boolean {
  if (getStringFromEnv("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true") return true;
  return valueFromEnv(DISABLED_VARIABLE, flag(false), complain);
}

/** True if requests are counted by edge as soon as the service has a metric reader. A wrong value goes to `complain`. */
export function isFlowWanted(complain: Complain): boolean {
  return valueFromEnv(FLOW_VARIABLE, flag(true), complain);
}

/** Names of the variables that we know. */
export function knownVariables(): string[] {
  const names = Object.keys(OPTIONS) as OptionName[];
  const variables = names.filter((name) => OPTIONS[name].fromText !== undefined).map(variableOf);
  return [...variables, SECRET_FILE_VARIABLE, DISABLED_VARIABLE, FLOW_VARIABLE];
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
