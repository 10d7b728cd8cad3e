// What the bench prints of its measurements.

import { aligned } from "../../support/table.ts";
import { LOUD, median, medianInterval, quantile } from "../statistics.ts";
import { VARIANTS, type VariantName } from "./variants.ts";

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

const HEADER = ["variant", "CPU us", "x recording", "95 %", "x stock 1 %", "95 %", "OTLP bytes", "heap MB"];

/** One line per variant: CPU and bytes per request, the ratios to recording alone and to stock 1 %, and the heap after the run. */
export function reportOf(measurements: Measurements): string {
  const of = (name: VariantName): readonly Measurement[] => measurements.get(name) ?? [];
  const cpuOf = (name: VariantName): number[] => of(name).map(({ cpu }) => cpu);
  const lines = [HEADER];
  for (const { name, title } of VARIANTS) {
    const cpu = cpuOf(name);
    lines.push([
      title,
      median(cpu).toFixed(1),
      ...ratioCells(cpu, cpuOf("recording")),
      ...ratioCells(cpu, cpuOf("stock-1")),
      median(of(name).map(({ bytes }) => bytes)).toFixed(0),
      ((of(name).at(-1)?.heap ?? Number.NaN) / 1e6).toFixed(1),
    ]);
  }
  const loud = VARIANTS.some(({ name }) => median(cpuOf(name)) > LOUD * quantile(cpuOf(name), 0.25));
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
