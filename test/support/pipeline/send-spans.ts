// Spans by OTLP, as a head-sampling service sends them: for what no service of ours says.
import { randomBytes } from "node:crypto";

/** A span of a trace that begins now. */
export interface SentSpan {
  readonly name: string;
  readonly error?: boolean;
  /** Of the status. */
  readonly message?: string;
  /** Whole milliseconds; of one without any Jaeger warns. @default 1 */
  readonly durationMs?: number;
  readonly attributes: Attributes;
  /** Of its resource, beside `service.name`. @default none */
  readonly resource?: Attributes;
  readonly events?: readonly { readonly name: string; readonly attributes: Attributes }[];
}

type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

const CLIENT = 3;
const SERVER = 2;
const STATUS_ERROR = 2;

/**
 * Sends the spans of one trace, the first of them the parent of the others, and waits for the acknowledgement.
 *
 * @returns the trace's id
 */
export async function sendSpans(otlpHttp: string, ...spans: readonly SentSpan[]): Promise<string> {
  const traceId = randomBytes(16).toString("hex");
  const rootId = randomBytes(8).toString("hex");
  const startMs = Date.now();
  const start = `${startMs}000000`;
  const body = {
    // One for each span: how they are grouped nobody minds.
    resourceSpans: spans.map(
      ({ name, error = false, message = "", durationMs = 1, attributes, resource, events = [] }, i) => ({
        resource: { attributes: attributesOf({ "service.name": "sender", ...resource }) },
        scopeSpans: [
          {
            spans: [
              {
                traceId,
                spanId: i === 0 ? rootId : randomBytes(8).toString("hex"),
                ...(i === 0 ? undefined : { parentSpanId: rootId }),
                name,
                kind: "db.query.text" in attributes ? CLIENT : SERVER,
                flags: 0x101,
                startTimeUnixNano: start,
                endTimeUnixNano: `${startMs + durationMs}000000`,
                ...(error ? { status: { code: STATUS_ERROR, message } } : undefined),
                attributes: attributesOf(attributes),
                events: events.map((event) => ({
                  timeUnixNano: start,
                  name: event.name,
                  attributes: attributesOf(event.attributes),
                })),
              },
            ],
          },
        ],
      }),
    ),
  };
  const response = await fetch(`${otlpHttp}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await response.text();
  if (!response.ok) throw new Error(`the Collector answered ${response.status}: ${said}`);
  return traceId;
}

function attributesOf(attributes: Attributes): { key: string; value: object }[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Attributes[string]): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return { intValue: value };
    default:
      return { arrayValue: { values: value.map(anyValue) } };
  }
}
