// Writes rates, durations, shares, ages and times as short texts of the same width from one update to the next.

/** What a rate is given per. */
export type Unit = "s" | "min" | "h";

/** The units, from the shortest. */
export const UNITS: readonly Unit[] = ["s", "min", "h"];

const SECONDS: Readonly<Record<Unit, number>> = { s: 1, min: 60, h: 3_600 };
const UNIT_WORDS: Readonly<Record<Unit, string>> = { s: "second", min: "minute", h: "hour" };

/** The unit in full, for a screen reader. */
export function unitInWords(unit: Unit): string {
  return UNIT_WORDS[unit];
}

/** So many within `seconds`, per unit. */
export function rateOf(count: number, seconds: number, unit: Unit): number {
  return seconds > 0 ? (count / seconds) * SECONDS[unit] : 0;
}

/** Three digits at most, with k, M or G; a rate that is not 0 never reads 0. */
export function numberText(value: number): string {
  if (!(value > 0)) return "0";
  if (value < 0.01) return "<0.01";
  for (const [size, sign] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // What would be rounded up to 1000 is written with the next sign.
    if (value >= size * 0.9995) return `${threeDigits(value / size)}${sign}`;
  }
  return threeDigits(value);
}

/** A rate with its unit: `1.2k/min`. */
export function rateText(count: number, seconds: number, unit: Unit): string {
  return `${numberText(rateOf(count, seconds, unit))}/${unit}`;
}

/** A whole number with a thin gap between its thousands. */
export function countText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A duration in seconds as `85 µs`, `4.2 ms`, `1.25 s`, `2.1 min`; a dash if it is not known. */
export function durationText(seconds: number | undefined): string {
  if (seconds === undefined) return "–";
  if (seconds < 0.000_001) return "<1 µs";
  if (seconds < 0.000_999_5) return `${threeDigits(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds < 99.95) return `${threeDigits(seconds)} s`;
  if (seconds < 5_970) return `${threeDigits(seconds / 60)} min`;
  return `${threeDigits(seconds / 3_600)} h`;
}

/** A share of 0 to 1 in percent. What is not nothing never reads 0 %, what is not all never 100 %. */
export function shareText(share: number): string {
  const percent = share * 100;
  if (!(percent > 0)) return "0 %";
  if (percent < 0.01) return "<0.01 %";
  if (percent < 100 && percent >= 99.95) return percent >= 99.995 ? ">99.99 %" : `${percent.toFixed(2)} %`;
  return `${threeDigits(percent)} %`;
}

/** How long ago, in milliseconds, in the largest unit that fits: `3 s`, `5 min`, `2 h`, `4 d`. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A span of time in seconds in words: `90 s`, `5 min`, `1 h`. */
export function spanText(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${Math.round(seconds)} s`;
}

/** The time of the day where the reader is: `09:03:07`. */
export function clockText(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** `1 edge`, `3 edges`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function threeDigits(value: number): string {
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  const text = value.toFixed(digits);
  return digits === 0 ? text : text.replace(/\.?0+$/, "");
}
