// The HTTP API that Jaeger's page asks: traces by tags, and what it would show of their spans.

/** A span as the page gets it. */
export interface PageSpan {
  readonly spanId: string;
  /** Absent on a root. */
  readonly parentId: string | undefined;
  readonly service: string;
  readonly name: string;
  /** In the order in which they come. */
  readonly tagNames: readonly string[];
  readonly tags: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  readonly logs: readonly Readonly<Record<string, unknown>>[];
}

/** Ids of the traces in which one span of the service has all these tags; all values are texts. */
export async function findTraces(
  queryUrl: string,
  service: string,
  tags: Readonly<Record<string, string>>,
): Promise<string[]> {
  const query = new URLSearchParams({ service, tags: JSON.stringify(tags), limit: "1000" });
  const { data } = await get(`${queryUrl}/api/traces?${query}`);
  return data.map(({ traceID }) => traceID);
}

/** The spans of a trace that is there. */
export async function pageOf(queryUrl: string, traceId: string): Promise<PageSpan[]> {
  const { data } = await get(`${queryUrl}/api/traces/${traceId}`);
  return data.flatMap(({ spans, processes }) =>
    spans.map((span) => ({
      spanId: span.spanID,
      parentId: span.references.find(({ refType }) => refType === "CHILD_OF")?.spanID,
      service: processes[span.processID]?.serviceName ?? "",
      name: span.operationName,
      tagNames: span.tags.map(({ key }) => key),
      tags: recordOf(span.tags),
      warnings: span.warnings ?? [],
      logs: span.logs.map(({ fields }) => recordOf(fields)),
    })),
  );
}

interface KeyValue {
  readonly key: string;
  readonly value: unknown;
}

interface Answer {
  readonly data: readonly {
    readonly traceID: string;
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
    readonly spans: readonly {
      readonly spanID: string;
      readonly processID: string;
      readonly operationName: string;
      readonly references: readonly { readonly refType: string; readonly spanID: string }[];
      readonly tags: readonly KeyValue[];
      readonly warnings: readonly string[] | null;
      readonly logs: readonly { readonly fields: readonly KeyValue[] }[];
    }[];
  }[];
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url);
  const body = await response.text();
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${body}`);
  return JSON.parse(body) as Answer;
}

function recordOf(tags: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}
