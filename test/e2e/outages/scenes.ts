// Pipelines of which one program is taken away, and how it goes.
import { join } from "node:path";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { type Collector, startCollector } from "../../../collector-config/run/collector.ts";
import type { Daemon } from "../../../collector-config/run/daemon.ts";
import { type Jaeger, startJaeger } from "../../../collector-config/run/jaeger.ts";
import { startKafka } from "../../../collector-config/run/kafka.ts";

/** Who is away. */
export const OUTAGES = ["collector", "jaeger", "kafka"] as const;
export type Outage = (typeof OUTAGES)[number];

/** A running pipeline. */
export interface Scene {
  /** Takes what the services export. */
  readonly collector: Collector;
  readonly jaeger: Jaeger;
  /** The program that is away for a while. */
  readonly victim: Daemon;
}

/** What happens to whom. */
export interface Act {
  readonly title: string;
  readonly set: (folder: string, undo: Undo) => Promise<Scene>;
  readonly end: (victim: Daemon) => Promise<void>;
}

export const ACTS: Readonly<Record<Outage, Act>> = {
  collector: {
    title: "Collector killed",
    async set(folder, undo) {
      const { jaeger, collector } = await single(folder, undo);
      return { jaeger, collector, victim: collector.daemon };
    },
    end: (victim) => victim.kill(),
  },
  jaeger: {
    title: "Jaeger stopped",
    async set(folder, undo) {
      const { jaeger, collector } = await single(folder, undo);
      return { jaeger, collector, victim: jaeger.daemon };
    },
    end: (victim) => victim.stop(),
  },
  kafka: {
    title: "Kafka broker stopped",
    async set(folder, undo) {
      const jaeger = await badger(folder, undo);
      const kafka = await startKafka({ folder: join(folder, "kafka"), undo });
      const environment = { KAFKA_BROKERS: `[${kafka.broker}]`, JAEGER_ENDPOINT: jaeger.otlpGrpc };
      const [collector] = await Promise.all(
        (["kafka-writer", "kafka-reader"] as const).map((pipeline) =>
          startCollector({ pipeline, environment, folder: join(folder, pipeline), undo }),
        ),
      );
      return { jaeger, collector: collector as Collector, victim: kafka.daemon };
    },
    end: (victim) => victim.stop(),
  },
};

async function single(folder: string, undo: Undo): Promise<Omit<Scene, "victim">> {
  const jaeger = await badger(folder, undo);
  const environment = { JAEGER_ENDPOINT: jaeger.otlpGrpc };
  const collector = await startCollector({
    pipeline: "single",
    environment,
    folder: join(folder, "collector"),
    undo,
  });
  return { jaeger, collector };
}

function badger(folder: string, undo: Undo): Promise<Jaeger> {
  return startJaeger({ folder: join(folder, "jaeger"), undo, store: "badger" });
}
