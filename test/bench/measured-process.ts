// Starts the processes of a bench: what is measured, and what stands around it.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { NodeProcess } from "../support/process/node-process.ts";

/** What a process is started with. */
export interface MeasuredOptions {
  /** Reaches the process by `readArgument`. */
  readonly argument?: object;
  /** Variables beside those of this process; its own of OpenTelemetry are kept away. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node beside those of this process. @default none */
  readonly nodeOptions?: readonly string[];
  /** The core to stay on. @default any */
  readonly core?: number | undefined;
}

/** True if processes can be kept on a core of their own each; figures get steadier, and are valid without. */
export function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  return [0, 1].every((core) => spawnSync("taskset", ["-c", String(core), "true"]).status === 0);
}

/** Starts a process; it is ended by `release`. */
export function startMeasured(module: URL, options: MeasuredOptions = {}): NodeProcess {
  const { argument = {}, env = {}, nodeOptions = [], core } = options;
  return new NodeProcess(module, {
    args: [JSON.stringify(argument)],
    env: { ...inheritedEnvironment(), ...env },
    nodeOptions: [...process.execArgv, ...nodeOptions],
    before: core === undefined ? [] : ["taskset", "-c", String(core)],
  });
}

/** A sampler or exporter that somebody's shell names must not be measured. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OTEL_")));
}
