// Asks Prometheus again and again what the edges have counted, and fills the windows of the observatory with it.
import type { Counts } from "../graph/counts.ts";
import { readAnswer } from "./answers.ts";
import { boundsQuery, increaseQuery, jobsQuery, METRICS, type Measure, presenceQuery } from "./queries.ts";
import { addAnswer, boundsIn } from "./window-counts.ts";

/** Asks Prometheus: a path of its API, and parameters. Rejects if it does not answer, or with an error. */
type Ask = (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;

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

/** Samples are stored a little after their time: what is younger is asked for next time. */
const SETTLED_MS = 3_000;
/** So many windows in one question: Prometheus answers no more than 11,000 points of a series. */
const MOST_WINDOWS = 500;
/** Presence, bounds and jobs are asked for again after so long. */
const SURVEY_MS = 60_000;
const MOST_NAMED = 3;

/** One Prometheus. */
export class PrometheusSource {
  readonly #options: PrometheusOptions;
  /** The end of the newest window that was asked for. */
  #until: number | undefined;
  #bounds: readonly number[] = [];
  #surveyedAt = Number.NEGATIVE_INFINITY;
  /** Since when it does not answer. */
  #awaySince: number | undefined;

  constructor(options: PrometheusOptions) {
    this.#options = options;
  }

  /** The end of what is known, in milliseconds since the epoch; `undefined` before the first answer. */
  get until(): number | undefined {
    return this.#until;
  }

  /** Asks for all windows that are over and were not asked for. Never rejects: what goes wrong is told. */
  async poll(): Promise<void> {
    const { now, name, say, note } = this.#options;
    try {
      if (now() - this.#surveyedAt >= SURVEY_MS) await this.#survey();
      while (await this.#next()) {
        // A long time is asked for in parts.
      }
      if (this.#awaySince !== undefined) say(`${name} answers again.`);
      this.#awaySince = undefined;
      note("away", undefined);
    } catch (error) {
      this.#away(error);
    }
  }

  /** Asks for the next windows; false if there are none. What is added is whole: a part of an answer counts nowhere. */
  async #next(): Promise<boolean> {
    const { ask, now, keepMs, counts, selector, came, note } = this.#options;
    const { windowMs } = counts();
    const newest = Math.floor((now() - SETTLED_MS) / windowMs) * windowMs;
    const oldest = Math.ceil((now() - keepMs) / windowMs) * windowMs + windowMs;
    const start = Math.max(oldest, (this.#until ?? 0) + windowMs);
    if (start > newest) return false;
    const end = Math.min(newest, start + (MOST_WINDOWS - 1) * windowMs);
    const seconds = windowMs / 1000;
    const answers = await Promise.all(
      (Object.keys(METRICS) as Measure[]).map(async (measure) => {
        const query = increaseQuery(measure, selector, seconds);
        const parameters = {
          query,
          start: String(start / 1000),
          end: String(end / 1000),
          step: String(seconds),
        };
        return { measure, series: readAnswer(await ask("api/v1/query_range", parameters)) };
      }),
    );
    let nameless = 0;
    for (const { measure, series } of answers) {
      const added = addAnswer(counts(), measure, series, this.#bounds);
      nameless += added.nameless;
      if (added.newest !== undefined) came(added.newest);
    }
    this.#until = end;
    note(
      "nameless",
      nameless === 0 ? undefined : `${nameless} series in Prometheus have no client or no server.`,
    );
    return end < newest;
  }

  async #survey(): Promise<void> {
    const { now, selector, note, name } = this.#options;
    const [present, bounds, jobs] = await Promise.all(
      [presenceQuery(selector), boundsQuery(selector), jobsQuery(selector)].map((query) =>
        this.#query(query),
      ),
    );
    this.#bounds = boundsIn(bounds ?? []);
    const wanted = selector === "" ? METRICS.requests : `${METRICS.requests}{${selector}}`;
    const nothing = `${name} has no ${wanted}: are services scraped${selector === "" ? "" : ", and is the selector right"}?`;
    note("nothing", (present ?? []).length === 0 ? nothing : undefined);
    note("twice", twiceIn(jobs ?? []));
    this.#surveyedAt = now();
  }

  async #query(query: string): Promise<ReturnType<typeof readAnswer>> {
    return readAnswer(await this.#options.ask("api/v1/query", { query }));
  }

  #away(error: unknown): void {
    const { name, now, note, say } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const why = reason.startsWith(name) ? reason : `${name}: ${reason}`;
    if (this.#awaySince === undefined) {
      this.#awaySince = now();
      say(`${why}. What was there stays; it is asked again.`);
    }
    const since = new Date(this.#awaySince).toISOString().slice(11, 19);
    note("away", `${why}. It has not answered since ${since} UTC; what is shown is from before.`);
  }
}

/** Says which edges are counted by several jobs. */
function twiceIn(series: ReturnType<typeof readAnswer>): string | undefined {
  const jobs = new Map<string, string[]>();
  for (const { labels } of series) {
    const edge = `${String(labels.client)} -> ${String(labels.server)}`;
    jobs.set(edge, [...(jobs.get(edge) ?? []), String(labels.job)]);
  }
  if (jobs.size === 0) return undefined;
  const edges = [...jobs]
    .slice(0, MOST_NAMED)
    .map(([edge, names]) => `${edge} by ${names.sort().join(" and ")}`);
  return (
    `Requests of ${edges.join(", of ")} are counted by several jobs in Prometheus: each is likely here twice. ` +
    "Choose one of them by --selector 'job=\"…\"'."
  );
}
