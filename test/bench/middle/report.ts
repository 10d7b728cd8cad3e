// What the bench prints of its measurements.

import { aligned } from "../../support/table.ts";
import { LOUD, median, medianInterval, quantile } from "../statistics.ts";
import type { Variant, VariantName } from "./variants.ts";

/** What one variant did in one round. */
export interface Measurement {
  /** CPU of the whole process, all its threads, user and system, in microseconds per request. */
  readonly cpu: number;
  /** Bytes of OTLP that reached the backend, per request. */
  readonly bytes: number;
  /** Bytes of the heap in use at the end of the round. */
  readonly heap: number;
}

/** Measurements by variant, one for each round. */
export type Measurements = ReadonlyMap<VariantName, readonly Measurement[]>;

/** What all are compared with. */
interface Base {
  readonly name: VariantName;
  /** Heads the column. */
  readonly title: string;
}

export const BASES: readonly Base[] = [
  { name: "recording", title: "x recording" },
  { name: "stock-1", title: "x stock 1 %" },
];
export const FLOW_BASES: readonly Base[] = [{ name: "flow-off", title: "x off" }];

/** One line per variant: CPU and bytes per request, the ratios to others, and the heap after the run. */
export function reportOf(
  measurements: Measurements,
  variants: readonly Variant[],
  bases: readonly Base[],
): string {
  const of = (name: VariantName): readonly Measurement[] => measurements.get(name) ?? [];
  const cpuOf = (name: VariantName): number[] => of(name).map(({ cpu }) => cpu);
  const heads = bases.flatMap(({ title }) => [title, "95 %"]);
  const lines = [["variant", "CPU us", ...heads, "OTLP bytes", "heap MB"]];
  for (const { name, title } of variants) {
    const cpu = cpuOf(name);
    lines.push([
      title,
      median(cpu).toFixed(1),
      ...bases.flatMap((base) => ratioCells(cpu, cpuOf(base.name))),
      median(of(name).map(({ bytes }) => bytes)).toFixed(0),
      ((of(name).at(-1)?.heap ?? Number.NaN) / 1e6).toFixed(1),
    ]);
  }
  const loud = variants.some(({ name }) => median(cpuOf(name)) > LOUD * quantile(cpuOf(name), 0.25));
  const advice = loud
    ? "\n\nThe machine was loud: medians far above lower quartiles. Better run it again."
    : "";
  return `${aligned(lines)}${advice}`;
}

/** The median of the ratios of the same rounds, and where the true one lies. */
function ratioCells(values: readonly number[], base: readonly number[]): string[] {
  const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
  const interval = medianInterval(ratios);
  const range = interval === undefined ? "" : `${interval.low.toFixed(3)}..${interval.high.toFixed(3)}`;
  return [median(ratios).toFixed(3), range];
}
