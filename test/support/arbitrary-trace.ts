// Random traces of programs: services that call each other and data stores, fail, catch, retry and go on.
import fc from "fast-check";
import type { SpanKindName } from "../../src/spans/otel.ts";
import type { SpanFacts } from "../../src/spans/span-record.ts";

/** What a step of a program does. */
interface Step {
  readonly kind: "call" | "store" | "send" | "step";
  /** Which service, store or step. */
  readonly which: number;
  readonly outcome: "ok" | "fault" | "rejection" | "silent" | "explicit";
  /** It begins so many moments after the end of the step before, or before it. */
  readonly gap: number;
  readonly takes: number;
  readonly says: number;
  readonly inner: readonly Step[];
}

interface Program {
  readonly code: 200 | 404 | 500 | 503 | 504;
  readonly says: number;
  readonly steps: readonly Step[];
}

const TEXTS = [
  undefined,
  "card processor offline",
  "payment failed: card processor offline",
  "http://s1:80/ answered 503",
  "Request failed with status code 500",
  "fetch failed",
  "x is undefined",
  "connect ECONNREFUSED s2:80",
];
const TYPES = ["Error", "TypeError", "CardError", "TimeoutError"];
const STORES = ["SELECT items", "INSERT orders", "ROLLBACK", "redis-DEL", "pg-pool.connect"];

function stepOf(depth: number): fc.Arbitrary<Step> {
  const inner = depth === 0 ? fc.constant([]) : fc.array(stepOf(depth - 1), { maxLength: 3 });
  return fc.record({
    kind: fc.constantFrom("call", "call", "store", "send", "step"),
    which: fc.nat(4),
    outcome: fc.constantFrom("ok", "fault", "fault", "rejection", "silent", "explicit"),
    gap: fc.integer({ min: -3, max: 4 }),
    takes: fc.nat(9),
    says: fc.nat(TEXTS.length - 1),
    inner,
  });
}

const programs: fc.Arbitrary<Program> = fc.record({
  code: fc.constantFrom(200, 404, 500, 500, 503, 504),
  says: fc.nat(TEXTS.length - 1),
  steps: fc.array(stepOf(2), { minLength: 1, maxLength: 6 }),
});

/** Spans of one trace, parents before children; every moment of a service is one of its own, times 10. */
export const traces: fc.Arbitrary<SpanFacts[]> = programs.map((program) => {
  const spans: SpanFacts[] = [];
  const add = (span: Omit<SpanFacts, "spanId">): string => {
    const spanId = (spans.length + 1).toString(16).padStart(16, "0");
    spans.push({ ...span, spanId });
    return spanId;
  };
  const root = add({
    ...serverSpan("s0", program.code, 0, 1000),
    ...wordsOf(program.says, program.code >= 500),
  });
  addSteps(add, "s0", root, program.steps, 1, 900);
  return spans;
});

type Add = (span: Omit<SpanFacts, "spanId">) => string;

function addSteps(
  add: Add,
  service: string,
  parentId: string,
  steps: readonly Step[],
  from: number,
  to: number,
): void {
  let now = from;
  for (const step of steps) {
    const start = Math.min(Math.max(from, now + step.gap), to - 1);
    const end = Math.min(start + 1 + step.takes * 10, to);
    addStep(add, service, parentId, step, start, end);
    now = end;
  }
}

function addStep(add: Add, service: string, parentId: string, step: Step, start: number, end: number): void {
  const failed = step.outcome !== "ok" && step.outcome !== "explicit";
  const status = failed ? "error" : step.outcome === "explicit" ? "ok" : "unset";
  const base = { parentId, service, status, start, end, ...wordsOf(step.says, failed) } as const;
  if (step.kind === "step") {
    const id = add({ ...base, kind: "internal", name: `step ${step.which}`, attributes: {} });
    addSteps(add, service, id, step.inner, start, end);
    return;
  }
  if (step.kind === "store") {
    const sqlstate = { fault: "57P01", rejection: "23505" }[step.outcome as "fault"];
    const attributes = {
      "db.system.name": "postgresql",
      "server.address": "pg",
      ...(sqlstate === undefined ? undefined : { "db.response.status_code": sqlstate }),
      ...(step.outcome === "silent" ? { "error.type": "ECONNREFUSED" } : undefined),
    };
    add({ ...base, kind: "client", name: STORES[step.which] as string, attributes });
    return;
  }
  const callee = `s${1 + (step.which % 3)}`;
  const http = { ok: 200, fault: 503, rejection: 404, silent: undefined, explicit: 404 }[step.outcome];
  const attributes = {
    "server.address": callee,
    ...(http === undefined ? { "error.type": "ECONNREFUSED" } : { "http.response.status_code": http }),
  };
  const kind: SpanKindName = step.kind === "send" ? "producer" : "client";
  const name = step.which === 4 ? "DELETE" : "GET";
  const id = add({ ...base, kind, name, attributes });
  if (kind === "producer" || http === undefined) return;
  const callId = add({
    ...serverSpan(callee, http, start + 100_000, end + 100_000),
    parentId: id,
    ...wordsOf(step.says, http >= 500),
  });
  addSteps(add, callee, callId, step.inner, start + 100_001, end + 100_000);
}

function serverSpan(service: string, http: number, start: number, end: number): Omit<SpanFacts, "spanId"> {
  return {
    service,
    kind: "server",
    name: "GET /",
    status: http >= 500 ? "error" : "unset",
    attributes: { "http.response.status_code": http },
    events: [],
    start,
    end,
  };
}

function wordsOf(says: number, failed: boolean): Pick<SpanFacts, "events"> {
  const text = failed ? TEXTS[says] : undefined;
  if (text === undefined) return { events: [] };
  const type = TYPES[says % TYPES.length] as string;
  return {
    events: [{ name: "exception", attributes: { "exception.type": type, "exception.message": text } }],
  };
}
