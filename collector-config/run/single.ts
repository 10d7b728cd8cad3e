// The pipeline to begin with, run by the real programs: a Collector with single.yaml that hands on to a Jaeger.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunError } from "../program/run-error.ts";
import { Undo } from "../program/undo.ts";
import { PROGRAMS } from "../tools/files.ts";
import { type Collector, startCollector } from "./collector.ts";
import { type Jaeger, startJaeger } from "./jaeger.ts";

/** Both of them, and what ends them. */
export interface SinglePipeline {
  /** Services export to its `otlpHttp`. */
  readonly collector: Collector;
  /** Keeps the traces in memory. */
  readonly jaeger: Jaeger;
  /** Ends both and removes all that they have written. */
  stop(): Promise<void>;
}

/**
 * Starts both on free ports and waits until they are healthy; leaves nothing behind where one fails.
 *
 * @throws RunError where a program is missing or does not start
 */
export async function startSinglePipeline(): Promise<SinglePipeline> {
  requirePrograms("collector", "jaeger");
  const undo = new Undo();
  const folder = mkdtempSync(join(tmpdir(), "error-tree-single-"));
  await undo.add(() => rmSync(folder, { recursive: true }));
  try {
    const jaeger = await startJaeger({ folder: join(folder, "jaeger"), undo });
    const collector = await startCollector({
      pipeline: "single",
      folder: join(folder, "collector"),
      environment: { JAEGER_ENDPOINT: jaeger.otlpGrpc },
      undo,
    });
    return { collector, jaeger, stop: () => undo.all() };
  } catch (error) {
    await undo.all();
    throw error;
  }
}

/** @throws RunError that names the programs that are missing and tells how to get them */
export function requirePrograms(...names: readonly (keyof typeof PROGRAMS)[]): void {
  const missing = names.map((name) => PROGRAMS[name]).filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  throw new RunError(
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing: npm run tools brings them`,
  );
}
