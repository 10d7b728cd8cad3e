// The lab as a person starts it: a process of its own, of which a test sees what a person would.
import { onTestFinished } from "vitest";
import { NodeProcess } from "./process/node-process.ts";

const MAIN = new URL("../../examples/lab/main.ts", import.meta.url);

/** How a lab process ended. */
export interface LabExit {
  readonly exitCode: number | null;
  readonly output: string;
  readonly problems: string;
}

/** Starts the lab; when the test has finished it is told to end, if it still runs. */
export function startLabProcess(...args: readonly string[]): NodeProcess {
  const lab = new NodeProcess(MAIN, { name: "the lab", args, channel: false, env: process.env });
  onTestFinished(() => lab.signal("SIGTERM"));
  return lab;
}

/** What a lab printed, when it and every process that it started have ended. */
export async function endOf(lab: NodeProcess): Promise<LabExit> {
  const { exitCode } = await lab.exited;
  return { exitCode, output: lab.out, problems: lab.err };
}

/** Runs the lab to its end. */
export function runLab(...args: readonly string[]): Promise<LabExit> {
  return endOf(startLabProcess(...args));
}
