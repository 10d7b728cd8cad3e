// What can be set, what is set where nothing is said, and the only place where options are checked.
import { getStringFromEnv } from "@opentelemetry/core";
import type { TrustRule } from "./propagate/trust.ts";

/** Options of the library. Every one can also be set by an environment variable; an option given in code wins. */
export interface ErrorTreeOptions {
  /**
   * Whose asks for a tree are answered. `"loopback"`: callers on this host, unless the request came through a proxy; a
   * choice for development, since every program on the host may then read error trees. Absent: nobody's.
   * Variable `OTEL_ERROR_TREE_TRUST`. @default nobody
   */
  readonly trust?: TrustRule;
  /**
   * The service stands behind a browser or gateway that starts traces: its requests count as roots though they come with
   * a parent. Variable `OTEL_ERROR_TREE_ENTRY`. @default false
   */
  readonly entry?: boolean;
  /**
   * Largest header value written, in bytes, 64 to 2048; a default nginx fails the whole response past 4 KB.
   * Variable `OTEL_ERROR_TREE_HEADER_BYTES`. @default 1024
   */
  readonly headerBytes?: number;
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
   * How long the export of a failed request waits, after its answer, for spans that live on (an unread response body);
   * then these are exported as they stand. In milliseconds, at least 0.
   * Variable `OTEL_ERROR_TREE_SETTLE_MS`. @default 5000
   */
  readonly settleMs?: number;
  /**
   * Most spans of failed requests that wait for export, at least 1; a request beyond is dropped whole.
   * Variable `OTEL_ERROR_TREE_MAX_QUEUED_SPANS`. @default 8192
   */
  readonly maxQueuedSpans?: number;
  /**
   * How long a failed request waits to share its export with others, in milliseconds, at least 0.
   * Variable `OTEL_ERROR_TREE_EXPORT_DELAY_MS`. @default 100
   */
  readonly exportDelayMs?: number;
  /**
   * After this an export counts as failed, in milliseconds, at least 1.
   * Variable `OTEL_ERROR_TREE_EXPORT_TIMEOUT_MS`. @default 30000
   */
  readonly exportTimeoutMs?: number;
}

/** Every option with its value; `trust` alone may be absent. */
export type ResolvedOptions = Required<Omit<ErrorTreeOptions, "trust">> & Pick<ErrorTreeOptions, "trust">;

/** The values where nothing is said. */
export const DEFAULTS: ResolvedOptions = {
  entry: false,
  headerBytes: 1024,
  maxSpansPerFragment: 512,
  maxFragments: 10_000,
  fragmentTimeoutMs: 300_000,
  settleMs: 5_000,
  maxQueuedSpans: 8_192,
  exportDelayMs: 100,
  exportTimeoutMs: 30_000,
};

/** A wrong option or environment variable; thrown at set-up only. */
export class OptionError extends TypeError {
  override readonly name = "OptionError";
  readonly code = "ERROR_TREE_OPTION";

  constructor(option: string, expected: string, got: unknown) {
    super(`${option} must be ${expected}, got ${shown(got)} (${typeof got})`);
  }
}

function shown(value: unknown): string {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

type NumberOption = Exclude<keyof typeof DEFAULTS, "trust" | "entry">;

const RANGES: Readonly<Record<NumberOption, readonly [least: number, most: number]>> = {
  headerBytes: [64, 2048],
  maxSpansPerFragment: [2, 1_000_000],
  maxFragments: [1, 10_000_000],
  fragmentTimeoutMs: [1_000, 2_147_483_647],
  settleMs: [0, 2_147_483_647],
  maxQueuedSpans: [1, 10_000_000],
  exportDelayMs: [0, 2_147_483_647],
  exportTimeoutMs: [1, 2_147_483_647],
};

/**
 * Options with the environment's values and the defaults filled in.
 *
 * @throws OptionError naming the option or variable, what was expected and what came
 */
export function resolveOptions(options: ErrorTreeOptions = {}): ResolvedOptions {
  if (typeof options !== "object" || options === null) throw new OptionError("options", "an object", options);
  for (const name of Object.keys(options)) {
    if (name === "trust" || Object.hasOwn(DEFAULTS, name)) continue;
    throw new OptionError(name, `one of the options trust, ${Object.keys(DEFAULTS).join(", ")}`, name);
  }
  const numbers = Object.fromEntries(
    (Object.keys(RANGES) as NumberOption[]).map((name) => [name, numberOption(name, options[name])]),
  ) as Record<NumberOption, number>;
  const trust = trustOption(options.trust);
  return { ...numbers, entry: entryOption(options.entry), ...(trust === undefined ? undefined : { trust }) };
}

/** Everything is off: by the SDK's own variable, or by ours. */
export function isDisabled(): boolean {
  return isTrue("OTEL_SDK_DISABLED") || isTrue("OTEL_ERROR_TREE_DISABLED");
}

function isTrue(variable: string): boolean {
  return getStringFromEnv(variable)?.trim().toLowerCase() === "true";
}

function numberOption(name: NumberOption, given: number | undefined): number {
  const [least, most] = RANGES[name];
  const expected = `an integer from ${least} to ${most}`;
  if (given !== undefined) return checked(name, given, given);
  const variable = variableOf(name);
  const text = getStringFromEnv(variable);
  return text === undefined ? DEFAULTS[name] : checked(variable, Number(text), text);

  function checked(where: string, value: unknown, got: unknown): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new OptionError(where, expected, got);
  }
}

function trustOption(given: TrustRule | undefined): TrustRule | undefined {
  const variable = variableOf("trust");
  const value = given ?? getStringFromEnv(variable);
  if (value === undefined || value === "loopback") return value;
  throw new OptionError(given === undefined ? variable : "trust", '"loopback", or absent for nobody', value);
}

function entryOption(given: boolean | undefined): boolean {
  if (typeof given === "boolean") return given;
  if (given !== undefined) throw new OptionError("entry", "true or false", given);
  const variable = variableOf("entry");
  const text = getStringFromEnv(variable)?.trim().toLowerCase();
  if (text === undefined || text === "false") return false;
  if (text === "true") return true;
  throw new OptionError(variable, "true or false", text);
}

/** `headerBytes` is `OTEL_ERROR_TREE_HEADER_BYTES`. */
function variableOf(option: string): string {
  return `OTEL_ERROR_TREE_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
