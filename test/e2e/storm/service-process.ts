// Starts a program of the storm or of the faults in a process of its own, and ends it with its last words.
import type { Undo } from "../../../collector-config/program/undo.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import type { LastWords } from "./program.ts";

/** How a program is started. */
export interface ServiceOptions {
  readonly name: string;
  /** Base URL of the OTLP receiver. */
  readonly exportTo: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly undo: Undo;
}

/** Starts a program; resolves when it listens. */
export function startService(
  program: URL,
  { name, exportTo, env, undo }: ServiceOptions,
): Promise<NodeProcess> {
  return NodeProcess.listening(program, {
    name,
    undo,
    env: {
      SERVICE_NAME: name,
      OTEL_EXPORTER_OTLP_ENDPOINT: exportTo,
      OTEL_ERROR_TREE_TRUST: "loopback",
      ...env,
    },
  });
}

/** Ends a service in order: by then it has exported all that it had. */
export async function lastWordsOf(service: NodeProcess): Promise<LastWords> {
  const [words] = await Promise.all([service.told("lastWords"), service.end()]);
  return words as LastWords;
}
