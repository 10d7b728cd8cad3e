// Keeps what a lab produced, for `otel-error-tree render`: the OTLP requests, one a line, and the header values, one a line.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "./lab-error.ts";

/** Two growing files. */
export interface Saver {
  /** An OTLP request as JSON without line breaks. */
  otlp(request: string): void;
  /** A value of `x-error-tree`. */
  header(value: string): void;
}

/** Begins `otlp.ndjson` and `headers.txt` in a folder anew; throws a {@link LabError} where that cannot be. */
export function openSaver(folder: string): Saver {
  const otlp = join(folder, "otlp.ndjson");
  const headers = join(folder, "headers.txt");
  try {
    mkdirSync(folder, { recursive: true });
    for (const file of [otlp, headers]) writeFileSync(file, "");
  } catch (error) {
    throw new LabError(`--save cannot write to ${folder}: ${(error as Error).message}`);
  }
  return {
    otlp: (request) => appendFileSync(otlp, `${request}\n`),
    header: (value) => appendFileSync(headers, `${value}\n`),
  };
}
