// Runs `otel-error-tree observatory` until Ctrl-C.
import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { Judge } from "../../observatory/graph/build-picture.ts";
import { readEventLines } from "../../observatory/intake/event-lines.ts";
import { Observatory } from "../../observatory/server/observatory.ts";
import { isLoopback, type Served, serve } from "../../observatory/server/serve.ts";
import { printable } from "../../tree/format.ts";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { JaegerApi } from "../jaeger/jaeger-api.ts";
import { painter } from "../print/paint.ts";
import { reasonOf } from "../reason.ts";
import { readUrl } from "../target.ts";
import { type FollowedKafka, readKafka } from "./follow-kafka.ts";
import { type FollowedPrometheus, readPrometheus } from "./follow-prometheus.ts";
import { TreeRendering } from "./tree-rendering.ts";

/** The options of the command. */
export interface ObserveOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly jaeger: string | undefined;
  readonly slo: string | undefined;
  readonly prometheus: string | undefined;
  readonly selector: string | undefined;
  /** Brokers of Kafka, as `host:port` with commas between. */
  readonly kafka: string | undefined;
  readonly topics: readonly string[];
  readonly group: string;
  /** Fields of every request to Prometheus, as `Name: value`. */
  readonly header: readonly string[];
  /** Seconds. */
  readonly window: number;
  readonly keep: number;
  /** Files of events; `-` for standard input. */
  readonly events: readonly string[];
  readonly colour: boolean;
}

const JAEGER_TIMEOUT_MS = 10_000;
/** As much as the observatory takes of anybody at a time. A trace of some ten thousand spans. */
const MOST_JAEGER_BYTES = 8 * 1024 * 1024;
const LEAST_TOKEN_CHARS = 16;
const PAGE: URL = new URL("../../observatory/page/", import.meta.url);

/**
 * Serves until it is interrupted; returns the exit code.
 *
 * @throws InputError if an option is wrong, or the address cannot be listened at
 */
export async function observe(
  options: ObserveOptions,
  environment: CommandEnvironment,
  now: () => number = Date.now,
): Promise<number> {
  checkToken(options);
  const jaeger = options.jaeger === undefined ? undefined : readUrl(options.jaeger, "http://localhost:16686");
  const rendering = new TreeRendering(
    jaeger === undefined
      ? undefined
      : (signal) =>
          new JaegerApi({
            ...{ url: jaeger, fields: {}, timeoutMs: JAEGER_TIMEOUT_MS, signal },
            mostBytes: MOST_JAEGER_BYTES,
          }),
  );
  const ending = new AbortController();
  const prometheus = prometheusOf(options, ending.signal, now);
  const kafka = await kafkaOf(options, environment, now);
  const observatory = new Observatory({
    ...{ rendering, now, windowSeconds: options.window, keepSeconds: options.keep },
    until: prometheus?.until,
    elsewhere: kafka?.elsewhere,
    judge: await judgeOf(options.slo),
    jaegerUrl: jaeger === undefined ? undefined : `${jaeger.origin}${jaeger.pathname}`,
  });
  const interruption = environment.interrupted?.();
  const served = await listen(observatory, options, environment, now);
  say(served, options, environment);
  try {
    await kafka?.follow(observatory);
  } catch (error) {
    await served.close();
    throw error;
  }
  const following = prometheus?.follow(observatory, environment);
  const inputs = options.events.map((file) => openEvents(file, environment));
  const reading = inputs.map((input, i) =>
    readFrom(input, options.events[i] as string, { observatory, environment, now }),
  );
  try {
    await untilAborted(interruption);
    return 0;
  } finally {
    ending.abort();
    await following;
    await kafka?.close();
    for (const input of inputs) input.destroy();
    await Promise.all(reading);
    await served.close();
  }
}

function checkToken({ host, token }: ObserveOptions): void {
  if (token === undefined && !isLoopback(host))
    throw new InputError(
      `--host ${host} is more than this machine: everybody who reaches it would see all traffic. Give it a token of at ` +
        `least ${LEAST_TOKEN_CHARS} characters, by --token or ERROR_TREE_OBSERVATORY_TOKEN`,
    );
  if (token !== undefined && !/^[\x21-\x7e]{16,}$/.test(token))
    throw new InputError(
      `the token has to have at least ${LEAST_TOKEN_CHARS} characters, and neither spaces nor letters beyond ASCII`,
    );
}

function prometheusOf(
  { prometheus, selector, header }: ObserveOptions,
  signal: AbortSignal,
  now: () => number,
): FollowedPrometheus | undefined {
  if (prometheus !== undefined)
    return readPrometheus({ prometheus, selector: selector ?? "", header }, signal, now);
  if (selector !== undefined) throw new InputError("--selector needs --prometheus URL");
  if (header.length > 0) throw new InputError("--header needs --prometheus URL");
  return undefined;
}

async function kafkaOf(
  { kafka, prometheus, topics, ...options }: ObserveOptions,
  environment: CommandEnvironment,
  now: () => number,
): Promise<FollowedKafka | undefined> {
  if (kafka === undefined && topics.length > 0) throw new InputError("--topic needs --kafka BROKERS");
  if (kafka === undefined) return undefined;
  if (prometheus !== undefined) throw new InputError("--kafka and --prometheus are not read together");
  return readKafka({ ...options, kafka, topics }, environment, now);
}

/** What reads YAML is loaded only if there is a file. */
async function judgeOf(file: string | undefined): Promise<Judge | undefined> {
  if (file === undefined) return undefined;
  const { loadObjectives } = await import("../slo/read-file.ts");
  return await loadObjectives(file);
}

async function listen(
  observatory: Observatory,
  { host, port, token }: ObserveOptions,
  environment: CommandEnvironment,
  now: () => number,
): Promise<Served> {
  const failed = (error: unknown): void => environment.err(`otel-error-tree: ${reasonOf(error)}`);
  try {
    return await serve(observatory, { host, port, token, pageFolder: PAGE, now, failed });
  } catch (error) {
    throw new InputError(whyNot(error as NodeJS.ErrnoException, host, port));
  }
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `${urlHost(host)}:${port}`;
  switch (error.code) {
    case "EADDRINUSE":
      return `${where} is taken by another program: a Collector listens at 4318, too. Choose another one by --port, or stop that one`;
    case "EACCES":
      return `this user may not listen at ${where}: choose a port above 1023 by --port`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine`;
    default:
      return `cannot listen at ${where}: ${reasonOf(error)}`;
  }
}

function say({ port }: Served, { host, token, colour }: ObserveOptions, { out }: CommandEnvironment): void {
  const paint = painter(colour);
  const url = `http://${urlHost(["0.0.0.0", "::"].includes(host) ? "localhost" : host)}:${port}`;
  out(
    `The observatory is at ${paint(["bold", "cyan"], `${url}/`)}${token === undefined ? "" : ", and wants its token"} (Ctrl-C ends it)`,
  );
  out(`It takes OTLP: OTEL_EXPORTER_OTLP_ENDPOINT=${url}`);
  if (token !== undefined) out("with OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN");
  out(`and plain events, one JSON object a line: POST ${url}/v1/events`);
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function openEvents(file: string, { stdin }: CommandEnvironment): Readable {
  return file === "-" ? stdin : createReadStream(file);
}

interface Reader {
  readonly observatory: Observatory;
  readonly environment: CommandEnvironment;
  readonly now: () => number;
}

/** Reads a file of events. If it breaks off, this is said, and all else goes on. */
async function readFrom(
  input: Readable,
  file: string,
  { observatory, environment, now }: Reader,
): Promise<void> {
  const name = file === "-" ? "standard input" : file;
  try {
    const { accepted, rejected, first } = await readEventLines(input, observatory.intake, now);
    const left =
      rejected === 0 ? "" : `; ${rejected} could not be read, the first: ${printable(first ?? "")}`;
    environment.out(`${name}: ${accepted} events${left}`);
  } catch (error) {
    if (input.destroyed && (error as NodeJS.ErrnoException).code === "ERR_STREAM_PREMATURE_CLOSE") return;
    const text = `${name} cannot be read: ${reasonOf(error)}`;
    environment.err(`otel-error-tree: ${text}`);
    observatory.note(`events ${name}`, `${text}.`);
  }
}

async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined || signal.aborted) return;
  await once(signal, "abort");
}
