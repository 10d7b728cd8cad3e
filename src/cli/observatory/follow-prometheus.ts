// Fills the observatory from a Prometheus until the end of the program.
import { setTimeout as delay } from "node:timers/promises";
import { readSelector } from "../../observatory/prometheus/selector.ts";
import { PrometheusSource } from "../../observatory/prometheus/source.ts";
import type { Observatory } from "../../observatory/server/observatory.ts";
import { BackendApi } from "../backend/backend-api.ts";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { readFields, readUrl } from "../target.ts";

const PROMETHEUS = {
  name: "Prometheus",
  address: "its API, as http://localhost:9090",
  isNothing: () => false,
};
const TIMEOUT_MS = 20_000;
const EVERY_MS = 1_000;
/** From one question to the next, if no answer comes. */
const MOST_WAIT_MS = 10_000;

/** What was given on the command line. */
export interface PrometheusFlags {
  readonly prometheus: string;
  readonly selector: string;
  /** Fields of every request, as `Name: value`. */
  readonly header: readonly string[];
}

/** A Prometheus that is asked. */
export interface FollowedPrometheus {
  /** See {@link PrometheusSource.until}. */
  readonly until: () => number | undefined;
  /** Asks until the signal is aborted. */
  follow(observatory: Observatory, environment: CommandEnvironment): Promise<void>;
}

/** @throws InputError if the URL, a field or the selector is wrong */
export function readPrometheus(
  { prometheus, selector, header }: PrometheusFlags,
  signal: AbortSignal,
  now: () => number,
): FollowedPrometheus {
  const url = readUrl(prometheus, "http://localhost:9090");
  const matchers = readSelector(selector);
  if (matchers === undefined) {
    throw new InputError(`--selector: expected label matchers, as job="collector", got ${selector}`);
  }
  const api = new BackendApi(PROMETHEUS, { url, fields: readFields(header), timeoutMs: TIMEOUT_MS, signal });
  let source: PrometheusSource | undefined;
  return {
    until: () => source?.until,
    async follow(observatory, { err }) {
      const { intake, keepSeconds } = observatory;
      source = new PrometheusSource({
        ...{ name: api.name, selector: matchers, now, keepMs: keepSeconds * 1000 },
        ask: (path, parameters) => api.text(path, parameters),
        counts: () => intake.counts,
        came: (timeMs) => intake.report.isInTime(timeMs),
        note: (topic, text) => {
          if (!signal.aborted) observatory.note(`prometheus ${topic}`, text);
        },
        say: (text) => {
          if (!signal.aborted) err(`otel-error-tree: ${text}`);
        },
      });
      let waitMs = EVERY_MS;
      while (!signal.aborted) {
        // Who is in trouble already is asked less and less.
        waitMs = (await source.poll()) ? EVERY_MS : Math.min(waitMs * 2, MOST_WAIT_MS);
        await delay(waitMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}
