// Reads the answers of Prometheus's query API.
import { isObject } from "../../otlp/json-value.ts";

/** One series of an answer. */
export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, unknown>>;
  /** Time in seconds since the epoch, and value; those that are no numbers are left out. */
  readonly samples: readonly (readonly [time: number, value: number])[];
}

/**
 * Reads `{status, data: {result}}`, of a query or of a range.
 *
 * @throws TypeError if that is no such answer, with what Prometheus says if it says anything
 */
export function readAnswer(answer: unknown): AnsweredSeries[] {
  if (!isObject(answer)) throw new TypeError("its answer is no JSON object");
  const { status, error, data } = answer;
  if (status !== "success")
    throw new TypeError(typeof error === "string" ? error : "its answer has no status");
  if (!isObject(data) || !Array.isArray(data.result)) throw new TypeError("its answer has no result");
  return data.result.flatMap((one: unknown) => (isObject(one) ? [readSeries(one)] : []));
}

function readSeries({ metric, value, values }: Readonly<Record<string, unknown>>): AnsweredSeries {
  const all = Array.isArray(values) ? values : [value];
  const samples = all.flatMap((one: unknown): [number, number][] => {
    if (!Array.isArray(one)) return [];
    const [time, number] = [Number(one[0]), Number(one[1])];
    return Number.isFinite(time) && Number.isFinite(number) ? [[time, number]] : [];
  });
  return { labels: isObject(metric) ? metric : {}, samples };
}
