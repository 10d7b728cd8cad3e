// Services under test, each a process of its own with the stock instrumentations, and the plain client that looks at them.
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { type ErrorTree, readErrorTree, type TreeNode } from "otel-error-tree";
import type { ReceivedSpan, Receiver } from "../../examples/lab/receiver.ts";
import { limitsVariable } from "./limits.ts";

import { NodeProcess } from "./process/node-process.ts";

const OTEL = new URL("./services-otel.ts", import.meta.url).href;
const HEADER = "x-error-tree";

/** What a person writes to see the tree as JSON. */
export const JSON_ASK = "v=1, f=json";

/** A service that runs. */
export type Service = NodeProcess;

/** How a service is started. */
export interface ServiceOptions {
  readonly name: string;
  readonly receiver: Receiver;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program that serves HTTP on a port of its choice, with OpenTelemetry and the library loaded before it. */
export function startService(program: URL, options: ServiceOptions): Promise<NodeProcess> {
  return NodeProcess.listening(program, {
    name: options.name,
    imports: [OTEL],
    env: {
      NODE_ENV: "test",
      SERVICE_NAME: options.name,
      OTEL_EXPORTER_OTLP_ENDPOINT: options.receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_ERROR_TREE_HEADER_BYTES: "2048",
      ...limitsVariable({ settleMs: 100, exportDelayMs: 0 }),
      // Every failing request: what the limiter does has tests of its own.
      OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
      ...options.env,
    },
  });
}

/** What the library counted so far in a service that was started with `PARTS=by-hand`. */
export function countsOf(service: NodeProcess): Promise<Record<string, number>> {
  return service.ask("counts");
}

/** A response as a client without OpenTelemetry saw it. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** How many fields of our name the head has. */
  readonly fields: number;
  /** What was in the head at the moment it was written; `undefined` where nothing failed. */
  readonly tree: ErrorTree | undefined;
  readonly traceId: string;
}

/** Asks a service for the tree of one request; a service answers one such request at a time. */
export async function ask(service: NodeProcess, path: string): Promise<Answer> {
  const traceId = service.told("traceId") as Promise<string>;
  const request = http.get(service.url + path, { agent: false, headers: { [HEADER]: JSON_ASK } });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const value = response.headers[HEADER];
  const { rawHeaders } = response;
  return {
    status: response.statusCode ?? 0,
    body: await text(response),
    fields: rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === HEADER).length,
    tree: typeof value === "string" ? readErrorTree(value) : undefined,
    traceId: await traceId,
  };
}

/** A node without what differs from run to run, and without what says nothing. */
export type Sketch = Partial<Omit<TreeNode, "children" | "frames" | "spanId" | "stub" | "exported">> & {
  readonly children?: readonly Sketch[];
};

/** The tree of an answer as a literal that a test can compare with; `undefined` where nothing failed. */
export function sketchOf({ tree }: Pick<Answer, "tree">): Sketch | undefined {
  return tree === undefined ? undefined : sketch(tree.root);
}

function sketch(node: TreeNode): Sketch {
  const { children, frames: _, exported: __, spanId: ___, stub: ____, count, ...told } = node;
  // What was judged is compared elsewhere: who sees both sides of a call knows more than one of them.
  const { own: _own, unsure: _unsure, way: _way, ...facts } = told;
  return {
    ...facts,
    ...(count === 1 ? undefined : { count }),
    ...(children.length === 0 ? undefined : { children: children.map(sketch) }),
  };
}

/** The spans of a trace as soon as every one of the services has sent some, each once and as sampled. */
export async function exportedSpans(
  receiver: Receiver,
  traceId: string,
  services: readonly string[],
): Promise<readonly ReceivedSpan[]> {
  const missing = (spans: readonly ReceivedSpan[]): string[] =>
    services.filter((name) => !spans.some((span) => span.service === name));
  let spans = receiver.spansOf(traceId);
  while (missing(spans).length > 0) {
    const before = spans.length;
    spans = await receiver.waitForSpans(traceId, before + 1, 10_000);
    if (spans.length === before) throw new Error(`no spans of ${missing(spans)} in trace ${traceId}`);
  }
  for (const { name, flags = 0 } of spans) {
    if ((flags & 1) === 0) throw new Error(`the span ${name} came without the sampled flag`);
  }
  if (new Set(spans.map(({ spanId }) => spanId)).size < spans.length) throw new Error("a span came twice");
  return spans;
}

/** Attributes of a received span by name. */
export function attributesOf(span: ReceivedSpan | undefined): Record<string, unknown> {
  return Object.fromEntries(
    (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value as object)[0]]),
  );
}
