// What one lab service is told by its environment variables.
import { codeOf, type FailureCode } from "./code.ts";
import { LabError } from "./lab-error.ts";

/** The behaviour of one service; every key is one environment variable, see {@link readSettings}. */
export interface Settings {
  readonly name: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Base URLs of the services that are called for every request. */
  readonly downstreams: readonly string[];
  /** Call one downstream after the other and stop at the first failure, instead of all at once. */
  readonly sequential: boolean;
  readonly shouldFail: boolean;
  /** The code of this service's own failures. */
  readonly errorType: FailureCode;
  /** The code it answers with when a downstream failed; absent: the downstream's own. */
  readonly forceErrorMapping: FailureCode | undefined;
  /** Fails open: answers well although a downstream failed. */
  readonly forcePass: boolean;
  readonly delayMs: number;
  /** How often a failed call is made again. */
  readonly retries: number;
  /** Share of requests that fail by themselves, 0 to 1. */
  readonly failRate: number;
  /** Decides, with `failRate`, which requests these are. */
  readonly seed: number;
  /** File for the accounts of the independent observer, `-` for standard output. */
  readonly observerLog: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and checks the environment of a service; throws a {@link LabError} that names the variable. */
export function readSettings(env: Environment): Settings {
  return {
    name: env.SERVICE_NAME ?? "service",
    host: env.HOST ?? "127.0.0.1",
    port: readWhole(env, "PORT", 8080, 65_535),
    downstreams: readUrls(env, "DOWNSTREAMS"),
    sequential: readFlag(env, "SEQUENTIAL"),
    shouldFail: readFlag(env, "SHOULD_FAIL"),
    errorType: readCode(env, "ERROR_TYPE") ?? "internal",
    forceErrorMapping: readCode(env, "FORCE_ERROR_MAPPING"),
    forcePass: readFlag(env, "FORCE_PASS"),
    delayMs: readWhole(env, "DELAY_MS", 0, 60_000),
    retries: readWhole(env, "RETRIES", 0, 10),
    failRate: readNumber(env, "FAIL_RATE", 0, 1),
    seed: readWhole(env, "SEED", 1, Number.MAX_SAFE_INTEGER),
    observerLog: env.OBSERVER_LOG || undefined,
  };
}

function readFlag(env: Environment, name: string): boolean {
  const value = env[name] || "false";
  if (value !== "true" && value !== "false") throw invalid(name, "true or false", value);
  return value === "true";
}

function readNumber(env: Environment, name: string, fallback: number, max: number): number {
  const value = env[name] || String(fallback);
  const number = Number(value);
  if (!(number >= 0 && number <= max)) throw invalid(name, `a number from 0 to ${max}`, value);
  return number;
}

function readWhole(env: Environment, name: string, fallback: number, max: number): number {
  const number = readNumber(env, name, fallback, max);
  if (!Number.isInteger(number)) throw invalid(name, "a whole number", String(number));
  return number;
}

function readCode(env: Environment, name: string): FailureCode | undefined {
  const value = env[name];
  if (!value) return undefined;
  const code = codeOf(value);
  if (code === undefined || code === "ok") throw invalid(name, "a canonical code such as not-found", value);
  return code;
}

function readUrls(env: Environment, name: string): string[] {
  const urls = (env[name] ?? "").split(",").filter((url) => url !== "");
  for (const url of urls) {
    if (!URL.canParse(url) || !url.startsWith("http://")) {
      throw invalid(name, "URLs such as http://service-a:8081, separated by commas", url);
    }
  }
  return urls;
}

function invalid(name: string, expected: string, got: string): LabError {
  return new LabError(`${name} must be ${expected}, got ${got}`);
}
