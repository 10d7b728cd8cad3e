// The table that the bench prints.
import { median, ratios } from "../statistics.ts";
import type { Measurement } from "./bench.ts";
import { BASE, VARIANTS, type VariantName } from "./variants.ts";

/** One line per variant: CPU, ratio to the base (median, least, most of the rounds), bytes exported. */
export function tableOf(measured: ReadonlyMap<VariantName, readonly Measurement[]>): string {
  const cpuOf = (name: VariantName): number[] => (measured.get(name) ?? []).map(({ cpu }) => cpu);
  const base = cpuOf(BASE);
  const lines = [["variant", "CPU us/request", "ratio", "min..max", "OTLP bytes/request"]];
  for (const { name, title } of VARIANTS) {
    const cpu = cpuOf(name);
    const ratio = ratios(cpu, base);
    const bytes = median((measured.get(name) ?? []).map((one) => one.bytes));
    lines.push([
      title,
      median(cpu).toFixed(1),
      median(ratio).toFixed(3),
      `${Math.min(...ratio).toFixed(3)}..${Math.max(...ratio).toFixed(3)}`,
      bytes.toFixed(0),
    ]);
  }
  return aligned(lines);
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
