// What the bench prints of its measurements.
import { median, type Ratio, ratioOf } from "../statistics.ts";
import { VARIANTS, type VariantName } from "./variants.ts";

/** What one variant did in one round, per request. */
export interface Measurement {
  /** CPU of the whole process, all its threads, user and system, in microseconds. */
  readonly cpu: number;
  /** Bytes of OTLP that reached the backend. */
  readonly bytes: number;
}

/** Measurements by variant, one for each round. */
export type Measurements = ReadonlyMap<VariantName, readonly Measurement[]>;

/** One line per variant, ratios to stock 1 % as median and least..most of the rounds; what ours costs beside. */
export function reportOf(measurements: Measurements): string {
  const cpuOf = (name: VariantName): number[] => (measurements.get(name) ?? []).map(({ cpu }) => cpu);
  const stock = cpuOf("stock-1");
  const lines = [["variant", "CPU us/request", "x stock 1 %", "least..most", "OTLP bytes/request"]];
  for (const { name, title } of VARIANTS) {
    const cpu = cpuOf(name);
    const ratio = ratioOf(cpu, stock);
    const bytes = median((measurements.get(name) ?? []).map((measurement) => measurement.bytes));
    lines.push([title, median(cpu).toFixed(1), ratio.median.toFixed(3), range(ratio), bytes.toFixed(0)]);
  }
  const beyond = ratioOf(cpuOf("ours"), cpuOf("recording"));
  return `${aligned(lines)}\n\nours x recording alone: ${beyond.median.toFixed(3)} (${range(beyond)})`;
}

function range({ least, most }: Ratio): string {
  return `${least.toFixed(3)}..${most.toFixed(3)}`;
}

/** Columns of equal width; the first is text, the others are numbers. */
function aligned(lines: readonly (readonly string[])[]): string {
  const columns = lines[0]?.keys() ?? [];
  const widths = Array.from(columns, (column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join("  ")).join("\n");
}
