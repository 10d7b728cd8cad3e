// A real Prometheus with our scrape jobs and alert rules, which asks the processes of a test.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { answers, type Daemon, startDaemon } from "../../../collector-config/run/daemon.ts";
import { freePorts, HOST } from "../../../collector-config/run/free-ports.ts";
import { CONFIGURATIONS, PROGRAMS } from "../../../collector-config/tools/files.ts";

/** How a Prometheus is started. */
export interface PrometheusOptions {
  /** A folder of its own: data, log. */
  readonly folder: string;
  readonly undo: Undo;
  /** `host:port`s by the names of the jobs in prometheus.yaml. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
}

/** One series of an answer. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Configuration {
  global: Record<string, unknown>;
  rule_files: string[];
  scrape_configs: { job_name: string; [key: string]: unknown }[];
}

/** Starts a Prometheus on a free port and waits until it is ready. It scrapes every second. */
export async function startPrometheus({ folder, undo, targets }: PrometheusOptions): Promise<Prometheus> {
  const { web } = await freePorts("web");
  const configuration = parse(readFileSync(join(CONFIGURATIONS, "prometheus.yaml"), "utf8")) as Configuration;
  configuration.global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
  configuration.rule_files = configuration.rule_files.map((file) => join(CONFIGURATIONS, file));
  configuration.scrape_configs = configuration.scrape_configs.map(({ dns_sd_configs: _, ...job }) => ({
    ...job,
    static_configs: [{ targets: targets[job.job_name] ?? [] }],
  }));
  const file = join(folder, "prometheus.yaml");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, stringify(configuration));
  const url = `http://${HOST}:${web}`;
  const daemon = await startDaemon(
    {
      name: "prometheus",
      program: PROGRAMS.prometheus,
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${HOST}:${web}`,
      ],
      folder,
      isReady: () => answers(`${url}/-/ready`),
    },
    undo,
  );
  return new Prometheus(daemon, url);
}

/** A Prometheus on a port that stays the same when it is started again. */
export class Prometheus {
  /** To stop, kill, start again. */
  readonly daemon: Daemon;
  readonly url: string;

  constructor(daemon: Daemon, url: string) {
    this.daemon = daemon;
    this.url = url;
  }

  /** The answer to a query at this moment. */
  async query(expression: string): Promise<Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const body = (await response.json()) as QueryAnswer;
    if (body.status !== "success") throw new Error(`${expression}: ${body.error}`);
    return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }
}

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}
