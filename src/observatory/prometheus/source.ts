// Asks Prometheus again and again what the edges have counted, and fills the windows of the observatory with it.
import type { Counts } from "../graph/counts.ts";
import { lineOf } from "../graph/names.ts";
import { type AnsweredSeries, AnswerTooLong, readAnswer } from "./answers.ts";
import {
  boundsQuery,
  increaseQuery,
  jobsQuery,
  METRICS,
  type Measure,
  presenceQuery,
  samplesQuery,
  stepOf,
} from "./queries.ts";
import { twiceIn } from "./twice.ts";
import { boundsIn, WindowCounts } from "./window-counts.ts";

/** Asks Prometheus: a path of its API, and parameters. The text of its answer; throws if it does not answer, or with an error. */
type Ask = (path: string, parameters: Readonly<Record<string, string>>) => AsyncIterable<string>;

/** What a source needs. */
export interface PrometheusOptions {
  readonly ask: Ask;
  /** As people know it: "Prometheus at http://localhost:9090". */
  readonly name: string;
  /** Label matchers without braces; may be empty. */
  readonly selector: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How far back is asked at first, in milliseconds. */
  readonly keepMs: number;
  readonly counts: () => Counts;
  /** Something of that time came, in milliseconds since the epoch. */
  readonly came: (timeMs: number) => void;
  /** A whole sentence about this source for the page, by topic; `undefined` if all is well again. */
  readonly note: (topic: string, text: string | undefined) => void;
  /** The same, once, for the console. */
  readonly say: (text: string) => void;
}

/**
 * A sample is stored after its time, when the scrape is over, which may take ten seconds; some are sent on to another store. What is
 * younger is asked for next time. Narrow windows are for who wants it sooner.
 */
const [LEAST_SETTLED_MS, MOST_SETTLED_MS] = [3_000, 10_000];
/** So many points of a series in one question: Prometheus answers no more than 11,000. */
const MOST_POINTS = 500;
/** So many edges of windows are put into the counts in one go. */
const MOST_CELLS = 20_000;
/** Presence, bounds and jobs are asked for again after so long. */
const SURVEY_MS = 60_000;
/** Series of a survey that are looked at. */
const MOST_SURVEYED = 1_000;
/** So much of what Prometheus says is repeated, in characters. */
const MOST_REASON = 300;

/** One Prometheus. */
export class PrometheusSource {
  readonly #options: PrometheusOptions;
  /** The end of the newest window that was asked for. */
  #until: number | undefined;
  /** What was found last. */
  #found: WindowCounts | undefined;
  #bounds: readonly number[] = [];
  #mostPoints = MOST_POINTS;
  #surveyedAt = Number.NEGATIVE_INFINITY;
  #warnedAt = Number.NEGATIVE_INFINITY;
  /** Since when it does not answer. */
  #awaySince: number | undefined;

  constructor(options: PrometheusOptions) {
    this.#options = options;
  }

  /** The end of what is known, in milliseconds since the epoch; `undefined` before the first answer. */
  get until(): number | undefined {
    return this.#until;
  }

  /** Asks for all windows that are over and were not asked for. Never rejects: what goes wrong is told. True if all went well. */
  async poll(): Promise<boolean> {
    const { now, name, say, note, keepMs } = this.#options;
    try {
      if (now() - this.#surveyedAt >= SURVEY_MS) await this.#survey();
      while (await this.#next()) {
        // A long time is asked for in parts.
      }
      if (this.#awaySince !== undefined) say(`${name} answers again.`);
      this.#awaySince = undefined;
      note("away", undefined);
      if (now() - this.#warnedAt > keepMs) note("warning", undefined);
      return true;
    } catch (error) {
      this.#away(error);
      return false;
    }
  }

  /** Asks for the next windows; false if there are none. What is added is whole: a part of an answer counts nowhere. */
  async #next(): Promise<boolean> {
    const { now, keepMs, counts, came } = this.#options;
    const { windowMs } = counts();
    const settledMs = Math.min(MOST_SETTLED_MS, Math.max(LEAST_SETTLED_MS, windowMs / 6));
    const newest = Math.floor((now() - settledMs) / windowMs) * windowMs;
    const oldest = Math.ceil((now() - keepMs) / windowMs) * windowMs;
    const from = Math.max(oldest, this.#until ?? 0);
    if (from >= newest) return false;
    const [samples] = await this.#query(samplesQuery(this.#options.selector));
    const stepMs = stepOf(windowMs, samples?.samples[0]?.[1]);
    const windows = Math.max(1, Math.floor((this.#mostPoints * stepMs) / windowMs));
    const to = Math.min(newest, from + windows * windowMs);
    // Samples that came late would be missing for ever: the last window is asked for again.
    const again = this.#found?.to === from ? this.#found : undefined;
    const asked = { from: again === undefined ? from : from - windowMs, to, windowMs, stepMs };
    const found = new WindowCounts(asked);
    try {
      for (const measure of Object.keys(METRICS) as Measure[]) await this.#ask(measure, found, asked);
    } catch (error) {
      if (!(error instanceof AnswerTooLong) || to - from === windowMs) throw error;
      this.#mostPoints = Math.floor((to - from) / stepMs / 2);
      return true;
    }
    // Without the bound below, a bucket would seem to reach down to almost nothing.
    if (!this.#knows(found.bounds)) await this.#survey();
    if (again !== undefined) found.takeOff(again);
    await found.addTo(counts(), this.#bounds);
    this.#found = found;
    if (found.newest !== undefined) came(found.newest);
    this.#until = to;
    this.#tell(found);
    return to < newest;
  }

  #knows(bounds: ReadonlySet<number>): boolean {
    return [...bounds].every((bound) => bound === Number.POSITIVE_INFINITY || this.#bounds.includes(bound));
  }

  async #ask(
    measure: Measure,
    found: WindowCounts,
    { from, to, stepMs }: { readonly from: number; readonly to: number; readonly stepMs: number },
  ): Promise<void> {
    const parameters = {
      query: increaseQuery(measure, this.#options.selector, stepMs),
      start: String((from + stepMs) / 1000),
      end: String(to / 1000),
      step: String(stepMs / 1000),
    };
    await this.#read("api/v1/query_range", parameters, (series) => {
      if (found.size > MOST_CELLS) throw new AnswerTooLong("there are too many edges");
      found.add(measure, series);
    });
  }

  async #survey(): Promise<void> {
    const { now, selector, note, name } = this.#options;
    const present = await this.#query(presenceQuery(selector));
    const wanted = selector === "" ? METRICS.requests : `${METRICS.requests}{${selector}}`;
    const nothing = `${name} has no ${wanted}: are services scraped${selector === "" ? "" : ", and is the selector right"}?`;
    this.#bounds = boundsIn(await this.#query(boundsQuery(selector)));
    const twice = twiceIn(await this.#query(jobsQuery(selector)));
    note("nothing", present.length === 0 ? nothing : undefined);
    note("twice", twice);
    this.#surveyedAt = now();
  }

  async #query(query: string): Promise<AnsweredSeries[]> {
    const all: AnsweredSeries[] = [];
    await this.#read("api/v1/query", { query }, (series) => {
      if (all.length < MOST_SURVEYED) all.push(series);
    });
    return all;
  }

  async #read(
    path: string,
    parameters: Readonly<Record<string, string>>,
    take: (series: AnsweredSeries) => void,
  ): Promise<void> {
    const { ask, name, now, note } = this.#options;
    const [warning] = await readAnswer(ask(path, parameters), take);
    if (warning === undefined) return;
    this.#warnedAt = now();
    note(
      "warning",
      `${name} warned at ${timeText(now())} UTC: ${lineOf(warning, MOST_REASON)}. What it left out is missing here.`,
    );
  }

  #tell({ nameless, odd }: WindowCounts): void {
    const { note } = this.#options;
    note(
      "nameless",
      nameless === 0 ? undefined : `${nameless} series in Prometheus have no client or no server.`,
    );
    note(
      "odd",
      odd === 0 ? undefined : `${odd} values in Prometheus's answers are no counts, and count nowhere.`,
    );
  }

  #away(error: unknown): void {
    const { name, now, note, say } = this.#options;
    const reason = lineOf(error instanceof Error ? error.message : String(error), MOST_REASON);
    const why = reason.startsWith(name) ? reason : `${name}: ${reason}`;
    if (this.#awaySince === undefined) {
      this.#awaySince = now();
      say(`${why}. What was there stays; it is asked again.`);
    }
    note(
      "away",
      `${why}. It has not answered since ${timeText(this.#awaySince)} UTC; what is shown is from before.`,
    );
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
