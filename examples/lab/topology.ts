// The call tree of the lab: a YAML file, checked, and what it means for each service's environment.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import { FAILURE_CODES } from "./code.ts";
import { LabError } from "./lab-error.ts";

/** One service of the file; the keys are those of the environment variables in camel case. */
export interface Service {
  readonly name: string;
  readonly port: number;
  /** Names of services of the same file. */
  readonly downstreams: readonly string[];
  /** Everything else that the file says of the service, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The services of a file; every one is reached from the root, and no calls go round in a circle. */
export interface Topology {
  readonly root: string;
  readonly services: ReadonlyMap<string, Service>;
}

type Check = (value: unknown) => boolean;
type Rule = readonly [check: Check, expected: string];

const numberUpTo = (max: number, whole: boolean): Check => {
  return (value) =>
    typeof value === "number" && value >= 0 && value <= max && (!whole || Number.isInteger(value));
};
const FLAG: Rule = [(value) => typeof value === "boolean", "true or false"];
const CODE: Rule = [
  (value) => FAILURE_CODES.some((code) => code === value),
  `a canonical code: ${FAILURE_CODES.join(", ")}`,
];
const PORT: Rule = [numberUpTo(65_535, true), "a port from 0 to 65535"];
const NAMES: Rule = [
  (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
  "a list of service names",
];
const SEED: Rule = [numberUpTo(Number.MAX_SAFE_INTEGER, true), "a whole number"];

/** The keys that become environment variables of the same name: `failRate` is `FAIL_RATE`. */
const BEHAVIOUR: Readonly<Record<string, Rule>> = {
  sequential: FLAG,
  shouldFail: FLAG,
  errorType: CODE,
  forceErrorMapping: CODE,
  forcePass: FLAG,
  delayMs: [numberUpTo(60_000, true), "milliseconds from 0 to 60000"],
  retries: [numberUpTo(10, true), "a whole number from 0 to 10"],
  failRate: [numberUpTo(1, false), "a share from 0 to 1"],
};
const SERVICE_KEYS: Readonly<Record<string, Rule>> = { port: PORT, downstreams: NAMES, ...BEHAVIOUR };
const SERVICE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Reads a topology file; throws a {@link LabError} that says where it is wrong, what was expected and what came. */
export function readTopology(path: string): Topology {
  return parseTopology(readText(path), basename(path));
}

/** A topology from YAML text; `file` is how errors call it. */
export function parseTopology(text: string, file: string): Topology {
  const reader = new Reader(file);
  const document = reader.mapping(reader.yaml(text), "", ["root", "seed", "services"]);
  const seed = document.seed ?? 1;
  reader.check(seed, "seed", SEED);
  const services = new Map<string, Service>();
  for (const [name, value] of Object.entries(reader.mapping(document.services, "services"))) {
    services.set(name, reader.service(name, value, { SEED: String(seed) }));
  }
  const topology = { root: document.root as string, services };
  reader.checkNames(topology);
  reader.checkPorts(topology);
  reader.checkCalls(topology);
  return topology;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new LabError(`cannot read the topology ${path}: ${(error as Error).message}`);
  }
}

/** Reads and checks parts of one file, so that every error can name it. */
class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  yaml(text: string): unknown {
    try {
      return parse(text);
    } catch (error) {
      throw new LabError(`${this.#file}: ${(error as Error).message}`);
    }
  }

  mapping(value: unknown, key: string, allowed?: readonly string[]): Record<string, unknown> {
    const expected = allowed === undefined ? "a mapping" : `a mapping with the keys ${allowed.join(", ")}`;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.#error(key, expected, value);
    for (const name of Object.keys(value)) {
      if (allowed !== undefined && !allowed.includes(name)) throw this.#error(key, expected, name);
    }
    return value as Record<string, unknown>;
  }

  service(name: string, value: unknown, environment: Record<string, string>): Service {
    const key = `services.${name}`;
    if (!SERVICE_NAME.test(name)) throw this.#error(key, "a name of a-z, 0-9 and single hyphens", name);
    const settings = this.mapping(value, key, Object.keys(SERVICE_KEYS));
    for (const [setting, given] of Object.entries(settings)) {
      this.check(given, `${key}.${setting}`, SERVICE_KEYS[setting] as Rule);
      if (setting in BEHAVIOUR) environment[variableOf(setting)] = String(given);
    }
    const { port, downstreams = [] } = settings;
    this.check(port, `${key}.port`, PORT);
    return { name, port: port as number, downstreams: downstreams as string[], environment };
  }

  check(value: unknown, key: string, [check, expected]: Rule): void {
    if (!check(value)) throw this.#error(key, expected, value);
  }

  checkNames({ root, services }: Topology): void {
    const expected = `the name of a service of this file (${[...services.keys()].join(", ")})`;
    if (!services.has(root)) throw this.#error("root", expected, root);
    for (const { name, downstreams } of services.values()) {
      for (const [place, downstream] of downstreams.entries()) {
        if (services.has(downstream)) continue;
        throw this.#error(`services.${name}.downstreams[${place}]`, expected, downstream);
      }
    }
  }

  checkPorts({ services }: Topology): void {
    const owners = new Map<number, string>();
    for (const { name, port } of services.values()) {
      const owner = port === 0 ? undefined : owners.get(port);
      if (owner !== undefined) {
        throw this.#error(`services.${name}.port`, `a port of its own (${owner} has this one)`, port);
      }
      owners.set(port, name);
    }
  }

  /** No circles, and nobody whom no request reaches. */
  checkCalls({ root, services }: Topology): void {
    const reached = new Set<string>();
    const visit = (name: string, path: readonly string[]): void => {
      if (path.includes(name)) {
        throw this.#error(
          `services.${path.at(-1)}.downstreams`,
          "calls without a circle",
          [...path, name].join(" -> "),
        );
      }
      reached.add(name);
      for (const downstream of services.get(name)?.downstreams ?? []) visit(downstream, [...path, name]);
    };
    visit(root, []);
    for (const name of services.keys()) {
      if (!reached.has(name))
        throw this.#error(`services.${name}`, "a service that the root reaches", "one that nobody calls");
    }
  }

  #error(key: string, expected: string, got: unknown): LabError {
    const where = key === "" ? this.#file : `${this.#file}: ${key}`;
    const what = typeof got === "string" ? got : got === undefined ? "nothing" : JSON.stringify(got);
    return new LabError(`${where} must be ${expected}; got ${what}`);
  }
}

/** `forceErrorMapping` -> `FORCE_ERROR_MAPPING`. */
function variableOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
