// A receiver of OTLP/HTTP in JSON that keeps the newest value of every series of ours, and takes traces without a look.
import http from "node:http";
import { json } from "node:stream/consumers";
import { keyOf, type Values } from "../../health/reading.ts";
import { listen } from "../../support/sdk-http.ts";

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface DataPoint {
  readonly attributes: readonly KeyValue[];
  /** OTLP writes 64-bit numbers as text; the exporter writes numbers. */
  readonly asInt?: number | string;
}

interface Sum {
  readonly dataPoints: readonly DataPoint[];
}

interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly { readonly name: string; readonly sum?: Sum }[];
    }[];
  }[];
}

/** What a backend got. */
export interface Backend {
  readonly url: string;
  /** Newest values of our series, by name and attributes. */
  readonly values: Values;
  /** How many exports of metrics came. */
  readonly exports: number;
}

/** Listens until the test has finished. */
export async function startBackend(): Promise<Backend> {
  const got: { values: Values; exports: number } = { values: {}, exports: 0 };
  const server = http.createServer(async (request, response) => {
    const body = await json(request);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    if (request.url !== "/v1/metrics") return;
    got.values = valuesOf(body as ExportRequest);
    got.exports++;
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    get values() {
      return got.values;
    },
    get exports() {
      return got.exports;
    },
  };
}

function valuesOf({ resourceMetrics }: ExportRequest): Values {
  const values: Record<string, number> = {};
  for (const { scope, metrics } of resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)) {
    if (scope.name !== "otel-error-tree") continue;
    for (const { name, sum } of metrics) {
      for (const { attributes, asInt } of sum?.dataPoints ?? []) {
        const named = attributes.map(({ key, value }) => [key, value.stringValue]);
        values[keyOf(name, Object.fromEntries(named))] = Number(asInt);
      }
    }
  }
  return values;
}
