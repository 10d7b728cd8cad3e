// A Jaeger that keeps traces in memory; its address is that of the query API.
import { existsSync } from "node:fs";
import { startJaeger } from "../run/jaeger.ts";
import { PROGRAMS } from "../tools/files.ts";
import type { ServerKind } from "./server.ts";

/** A Jaeger that hands on all traces and metrics to a further OTLP endpoint, if one is given. */
export function jaegerKind(also?: string): ServerKind {
  return {
    name: "jaeger",
    comesBy: { tool: "jaeger" },
    missing: () =>
      existsSync(PROGRAMS.jaeger) ? undefined : "no Jaeger here: npm run tools -- --only jaeger",
    async start(folder, undo) {
      const { daemon, queryUrl, otlpHttp } = await startJaeger({ folder, undo, also });
      return { daemon, address: new URL(queryUrl).host, otlp: otlpHttp };
    },
  };
}
