// What the bench prints of its measurements.
import { LOUD, median, quantile, type Ratio, ratioOf } from "../statistics.ts";
import { aligned } from "../table.ts";
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

const HEADER = [
  "variant",
  "CPU us/request",
  "x stock 1 %",
  "least..most",
  "in quiet rounds",
  "OTLP bytes/request",
];

/** One line per variant, with its ratios to stock 1 %; then what ours costs beyond recording. */
export function reportOf(measurements: Measurements): string {
  const cpuOf = (name: VariantName): number[] => (measurements.get(name) ?? []).map(({ cpu }) => cpu);
  const stock = cpuOf("stock-1");
  const lines = [HEADER];
  for (const { name, title } of VARIANTS) {
    const cpu = cpuOf(name);
    const bytes = median((measurements.get(name) ?? []).map((measurement) => measurement.bytes));
    lines.push([title, median(cpu).toFixed(1), ...ratioCells(ratioOf(cpu, stock)), bytes.toFixed(0)]);
  }
  const beyond = [
    "ours x recording alone",
    "",
    ...ratioCells(ratioOf(cpuOf("ours"), cpuOf("recording"))),
    "",
  ];
  const loud = VARIANTS.some(({ name }) => median(cpuOf(name)) > LOUD * quantile(cpuOf(name), 0.25));
  const advice = loud
    ? "\n\nThe machine was loud: medians far above lower quartiles. Better run it again."
    : "";
  return `${aligned([...lines, beyond])}${advice}`;
}

function ratioCells({ median, least, most, quiet }: Ratio): string[] {
  return [median.toFixed(3), `${least.toFixed(3)}..${most.toFixed(3)}`, quiet.toFixed(3)];
}
