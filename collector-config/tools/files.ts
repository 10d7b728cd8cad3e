// Where the tools and what they are made of stand.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
/** What `npm run tools` brings here; git-ignored. Checkouts can share one. */
export const TOOLS: string = process.env.ERROR_TREE_TOOLS ?? join(ROOT, ".tools");
/** Configurations of the Collector, Jaeger and Prometheus. */
export const CONFIGURATIONS: string = join(ROOT, "collector-config");
/** What the tools are pinned by. */
export const PINS: string = join(CONFIGURATIONS, "tools");

/** The programs, and the folders of the jars of Kafka and ElasticMQ. */
export const PROGRAMS: Readonly<
  Record<"collector" | "jaeger" | "prometheus" | "promtool" | "kafka" | "elasticmq" | "ferretdb", string>
> = {
  collector: join(TOOLS, "bin", "otelcol"),
  jaeger: join(TOOLS, "bin", "jaeger"),
  prometheus: join(TOOLS, "bin", "prometheus"),
  promtool: join(TOOLS, "bin", "promtool"),
  kafka: join(TOOLS, "kafka"),
  elasticmq: join(TOOLS, "elasticmq"),
  ferretdb: join(TOOLS, "bin", "ferretdb"),
};
