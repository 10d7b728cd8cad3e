// Reads the answers of Prometheus's query API as they come, one series after the other.
import { isObject } from "../../otlp/json-value.ts";
import { ResultSplitter } from "./result-splitter.ts";

/** One series of an answer. */
export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, unknown>>;
  /** Time in seconds since the epoch, and value; NaN is what is no number. */
  readonly samples: readonly (readonly [time: number, value: number])[];
}

/** An answer that is longer than we read. A shorter time may have a shorter one. */
export class AnswerTooLong extends Error {}

/** In characters. */
const LONGEST_ANSWER = 32 * 1024 * 1024;
const MOST_WARNINGS = 10;

/**
 * Reads `{status, data: {result}}`, of a query or of a range, and gives away each series. Returns what Prometheus warns of.
 *
 * @throws TypeError if that is no such answer, with what Prometheus says if it says anything; nothing of it may count then
 * @throws AnswerTooLong
 */
export async function readAnswer(
  text: AsyncIterable<string>,
  take: (series: AnsweredSeries) => void,
): Promise<readonly string[]> {
  const splitter = new ResultSplitter((element) => {
    const one = parsed(element);
    if (isObject(one)) take(readSeries(one));
  });
  let length = 0;
  for await (const part of text) {
    length += part.length;
    if (length > LONGEST_ANSWER) {
      throw new AnswerTooLong(`its answer is longer than ${LONGEST_ANSWER / 1024 / 1024} MiB`);
    }
    splitter.push(part);
  }
  const answer = parsed(splitter.end());
  if (!isObject(answer)) throw new TypeError("its answer is no JSON object");
  const { status, error, data, warnings } = answer;
  if (status !== "success")
    throw new TypeError(typeof error === "string" ? error : "its answer has no status");
  if (!isObject(data) || !Array.isArray(data.result)) throw new TypeError("its answer has no result");
  return Array.isArray(warnings)
    ? warnings.slice(0, MOST_WARNINGS).filter((one) => typeof one === "string")
    : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError("its answer is no JSON, or breaks off");
  }
}

function readSeries({ metric, value, values }: Readonly<Record<string, unknown>>): AnsweredSeries {
  const all = Array.isArray(values) ? values : [value];
  return { labels: isObject(metric) ? metric : {}, samples: all.map(readSample) };
}

/** Values are texts, so that NaN and infinity can be among them. */
function readSample(sample: unknown): [number, number] {
  const [time, value] = Array.isArray(sample) ? sample : [];
  return [
    typeof time === "number" ? time : Number.NaN,
    typeof value === "string" && value !== "" ? Number(value) : Number.NaN,
  ];
}
