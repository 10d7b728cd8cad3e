// One large trace as an OTLP request: ten services, client and server spans, failures spread evenly.

const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const START_NANOS = 1_800_000_000_000_000_000n;
const SERVICES = 10;
const KINDS = [2, 3, 1];

/** A tree of spans in which every span has up to four children. */
export function largeTrace(spans: number, failures: number): object {
  const byService: object[][] = Array.from({ length: SERVICES }, () => []);
  const step = Math.max(1, Math.floor(spans / failures));
  for (let i = 0; i < spans; i++) byService[i % SERVICES]?.push(span(i, spans, i % step === 1));
  return {
    resourceSpans: byService.map((list, service) => ({
      resource: { attributes: [text("service.name", `service-${service}`)] },
      scopeSpans: [{ scope: { name: "bench" }, spans: list }],
    })),
  };
}

function span(i: number, spans: number, failed: boolean): object {
  const start = START_NANOS + BigInt(i) * 1_000n;
  // Later than those of its children, so that all clocks agree.
  const end = START_NANOS + BigInt(2 * spans - i) * 1_000n;
  return {
    traceId: TRACE_ID,
    spanId: id(i),
    parentSpanId: i === 0 ? "" : id(Math.floor((i - 1) / 4)),
    name: `GET /orders/:id ${i % 50}`,
    kind: KINDS[i % KINDS.length],
    startTimeUnixNano: `${start}`,
    endTimeUnixNano: `${end}`,
    attributes: [
      text("http.request.method", "GET"),
      text("url.path", `/orders/${i}`),
      text("server.address", "orders.internal"),
      { key: "http.response.status_code", value: { intValue: failed ? "500" : "200" } },
      { key: "network.peer.port", value: { intValue: "8080" } },
      text("user_agent.original", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)"),
    ],
    events: failed
      ? [
          {
            name: "exception",
            timeUnixNano: `${start}`,
            attributes: [
              text("exception.type", "TypeError"),
              text("exception.message", `x is undefined ${i}`),
            ],
          },
        ]
      : [],
    status: failed ? { code: 2, message: `failed ${i}` } : {},
  };
}

function id(i: number): string {
  return (i + 1).toString(16).padStart(16, "0");
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}
