// Lists our metrics: the instrument of every count. docs/metrics.md says the same in words.
import type { Activity, CountName } from "./health.ts";

/** An instrument of the Metrics API. */
export interface Instrument {
  readonly name: `error_tree.${string}`;
  /** A counter only grows; numbers of things in flight or waiting go up and down. */
  readonly kind: "counter" | "updowncounter";
  /** A unit of UCUM. What is counted, as requests, is written in braces: `{request}`. */
  readonly unit: string;
  readonly description: string;
}

/** One series of an instrument, with its attributes. */
export interface Series {
  readonly instrument: Instrument;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Numbers that are read when a reader collects; they go up and down. */
interface Levels {
  readonly fragments_live: number;
  readonly spans_queued: number;
  readonly trees_pending: number;
}

/** Everything that has a number. */
export type SeriesName = CountName | keyof Activity | keyof Levels;

const SEEN = counter("tree.seen", "{tree}", "Requests in which something failed, by their last verdict.");
const ANSWERS_WRITTEN = counter("answer.written", "{answer}", "Answers written to callers that asked.");
const ANSWER_SIZE = counter("answer.size", "By", "Bytes of the header values of the answers written.");
const ANSWERS_RECEIVED = counter("answer.received", "{answer}", "Answers that came back to our asks.");
const ASKS_IGNORED = counter("ask.ignored", "{ask}", "Asks that got no answer.");
const FRAGMENTS_EVICTED = counter(
  "fragment.evicted",
  "{fragment}",
  "Requests whose spans were dropped before they were over.",
);

/** Every count and level with its series. If a name is missing here, the code does not compile. */
export const SERIES: Readonly<Record<SeriesName, Series>> = {
  verdicts_failed: { instrument: SEEN, attributes: { "error_tree.verdict": "failed" } },
  verdicts_rejected: { instrument: SEEN, attributes: { "error_tree.verdict": "rejected" } },
  verdicts_handled: { instrument: SEEN, attributes: { "error_tree.verdict": "handled" } },
  trees_failed: only(
    counter(
      "tree.entered",
      "{tree}",
      "Failed requests that no caller is told of, so that the export has to.",
    ),
  ),
  represents_written: only(
    counter(
      "tree.told",
      "{tree}",
      "Failed requests for which an exported span stands, by error_tree.represents.",
    ),
  ),
  represents_dropped: only(
    counter("tree.lost", "{tree}", "Failed requests for which no exported span will ever stand."),
  ),
  trees_pending: only(
    level("tree.pending", "{tree}", "Failed requests that wait for an exported span to stand for them."),
  ),
  trees_limited: only(
    counter("tree.limited", "{tree}", "Requests that were worth an export, and held back by the limiter."),
  ),
  fragments_live: only(level("fragment.live", "{fragment}", "Requests in flight.")),
  fragments_evicted: { instrument: FRAGMENTS_EVICTED, attributes: { "error.type": "limit" } },
  fragments_timed_out: { instrument: FRAGMENTS_EVICTED, attributes: { "error.type": "timeout" } },
  fragments_cut_off: { instrument: FRAGMENTS_EVICTED, attributes: { "error.type": "shutdown" } },
  fragments_exported: only(
    counter("fragment.exported", "{fragment}", "Requests, and summaries of requests, that an exporter took."),
  ),
  fragments_dropped: only(
    counter("fragment.dropped", "{fragment}", "Requests, and summaries of requests, lost before the export."),
  ),
  spans_exported: only(counter("span.exported", "{span}", "Forced spans that an exporter took.")),
  spans_dropped: only(counter("span.dropped", "{span}", "Forced spans lost before the export.")),
  spans_queued: only(level("span.queued", "{span}", "Forced spans that wait for an exporter.")),
  spans_synthesized: only(
    counter("span.synthesized", "{span}", "Spans written for services beneath that exported none."),
  ),
  spans_shed: only(
    counter("span.shed", "{span}", "Spans that had no room in the export of their request, which went on."),
  ),
  texts_cut: only(
    counter("text.cut", "{text}", "Texts of nodes of ours that were too long to be read to their end."),
  ),
  nodes_trimmed: only(
    counter("node.trimmed", "{node}", "Nodes of received answers that their request did not keep."),
  ),
  spans_evicted: only(counter("span.evicted", "{span}", "Spans that went well and made room for others.")),
  spans_untracked: only(counter("span.untracked", "{span}", "Spans for which their request had no room.")),
  exports_failed: only(counter("export.failed", "{export}", "Calls of an exporter that failed.")),
  spool_resent: only(
    counter("spool.resent", "{fragment}", "Requests in files of the spool folder that an exporter took."),
  ),
  spool_lost: only(
    counter("spool.lost", "{fragment}", "Requests in files of the spool folder that were torn or refused."),
  ),
  asks_refused: { instrument: ASKS_IGNORED, attributes: { "error.type": "refused" } },
  asks_malformed: { instrument: ASKS_IGNORED, attributes: { "error.type": "malformed" } },
  answers_tree: { instrument: ANSWERS_WRITTEN, attributes: { "error_tree.answer.form": "tree" } },
  answers_minimal: { instrument: ANSWERS_WRITTEN, attributes: { "error_tree.answer.form": "minimal" } },
  answer_bytes_tree: { instrument: ANSWER_SIZE, attributes: { "error_tree.answer.form": "tree" } },
  answer_bytes_minimal: { instrument: ANSWER_SIZE, attributes: { "error_tree.answer.form": "minimal" } },
  answers_unwritten: only(
    counter("answer.unwritten", "{answer}", "Answers for which the response had no room."),
  ),
  answers_read: only(ANSWERS_RECEIVED),
  answers_malformed: { instrument: ANSWERS_RECEIVED, attributes: { "error.type": "malformed" } },
  answers_foreign: { instrument: ANSWERS_RECEIVED, attributes: { "error.type": "foreign" } },
  answers_untrusted: { instrument: ANSWERS_RECEIVED, attributes: { "error.type": "untrusted" } },
  nodes_omitted: only(counter("node.omitted", "{node}", "Nodes for which the answers written had no room.")),
  internal_errors: only(
    counter("internal_error", "{error}", "Failures of otel-error-tree itself, kept from the application."),
  ),
};

function counter(name: string, unit: string, description: string): Instrument {
  return { name: `error_tree.${name}`, kind: "counter", unit, description };
}

function level(name: string, unit: string, description: string): Instrument {
  return { name: `error_tree.${name}`, kind: "updowncounter", unit, description };
}

function only(instrument: Instrument): Series {
  return { instrument, attributes: {} };
}
