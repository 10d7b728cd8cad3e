// Services for the doctor, each a process of its own whose log is read.
import type { Undo } from "../../../collector-config/program/undo.ts";
import { NodeProcess } from "../../support/process/node-process.ts";

const PROGRAM = new URL("./programs/service.ts", import.meta.url);
const OTEL = new URL("./programs/otel.ts", import.meta.url);

/** Starts a service under the stock SDK; `env` says whom it trusts, which is nobody by default. */
export function startExamined(
  name: string,
  env: Readonly<Record<string, string>>,
  undo: Undo,
): Promise<NodeProcess> {
  return NodeProcess.listening(PROGRAM, {
    name,
    imports: [OTEL],
    undo,
    env: {
      SERVICE_NAME: name,
      OTEL_LOG_LEVEL: "warn",
      OTEL_TRACES_EXPORTER: "none",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      ...env,
    },
  });
}

/** The lines of its log that hold `text`, as soon as there is one. */
export async function logged(service: NodeProcess, text: string): Promise<readonly string[]> {
  await service.prints(new RegExp(`${text.replace(/\W/g, "\\$&")}.*\n`));
  return service.err.split("\n").filter((line) => line.includes(text));
}
