// Fuzzes the readers of spans: OTLP in protobuf, and documents of every format.
import { readdirSync, readFileSync } from "node:fs";
import { Findings } from "../../src/cli/input/findings.ts";
import { readDocument } from "../../src/cli/input/read-document.ts";
import { readProtobuf } from "../../src/otlp/read-protobuf.ts";
import { atOnce } from "../../src/otlp/work.ts";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import type { Random } from "../support/random.ts";
import { ensure } from "./checks.ts";
import { changedBytes, randomBytes } from "./wild.ts";

const CORPUS = new URL("../cli/corpus/", import.meta.url);
const files = (ending: string): Buffer[] =>
  readdirSync(CORPUS)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(name, CORPUS)));
const BINARY = files(".pb");
const JSONS: readonly unknown[] = files(".json").flatMap((file) => {
  try {
    return [JSON.parse(file.toString("utf8"))];
  } catch {
    return [];
  }
});
/** What stands in place of a value that has another type. */
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1e300,
  "",
  "x",
  [],
  {},
  [null],
  { key: 1 },
  "__proto__",
  "\u0000",
];

/** Bytes of a request, or a document, with a few faults. */
export function makeSpans(random: Random): string {
  if (random.below(3) === 0) {
    if (random.below(20) === 0) return Buffer.from(randomBytes(random, 300)).toString("latin1");
    let bytes: Uint8Array = random.pick(BINARY);
    for (let faults = random.below(4); faults > 0; faults--) bytes = changedBytes(bytes, random);
    return Buffer.from(bytes).toString("latin1");
  }
  const document: unknown = structuredClone(random.pick(JSONS));
  for (let faults = random.below(6); faults > 0; faults--) damage(document, random);
  return JSON.stringify(document);
}

/** Exchanges or removes one value somewhere. */
function damage(document: unknown, random: Random): void {
  let place = document;
  for (;;) {
    if (typeof place !== "object" || place === null) return;
    const members = place as Record<string, unknown>;
    const names = Object.keys(members);
    if (names.length === 0) return;
    const name = random.pick(names);
    const value = members[name];
    if (typeof value === "object" && value !== null && random.below(6) > 0) {
      place = value;
      continue;
    }
    if (random.below(3) === 0) delete members[name];
    // A copy: the same object in two places could be put into itself.
    else members[name] = structuredClone(random.pick(VALUES));
    return;
  }
}

/** Nothing throws, and each span is one that a tree can be built of. */
export function runSpans(input: string): { readonly understood: boolean; readonly stepsPerByte: number } {
  let spans = 0;
  const sink = {
    span(traceId: string, span: SpanFacts): void {
      spans++;
      const { spanId, service, operation, start, end } = toSpanRecord(span);
      for (const text of [traceId, spanId, service, operation]) ensure(typeof text === "string", "no text");
      ensure(traceId !== "" && spanId !== "", "no id");
      ensure(Number.isFinite(start) && Number.isFinite(end), `no time: ${start}, ${end}`);
    },
    tree: () => {},
  };
  const document = documentIn(input);
  if (document !== undefined) readDocument(document, new Findings(sink));
  else atOnce(readProtobuf(Buffer.from(input, "latin1"), sink));
  ensure(spans <= input.length, "more spans than bytes");
  return { understood: spans > 0, stepsPerByte: 0 };
}

/** A JSON document; `undefined` for the bytes of a request, which may begin like one. */
function documentIn(input: string): unknown {
  if (!/^[[{]/.test(input)) return undefined;
  try {
    return JSON.parse(input);
  } catch {
    return undefined;
  }
}
