import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { jaegerAnswer, otlpRequest } from "../support/files.ts";
import { runNode } from "../support/process/node-process.ts";
import { createRandom, type Random } from "../support/random.ts";
import { runCli } from "../support/run-cli.ts";
import { semanticsCases, spansOf } from "../support/semantics.ts";

const BIN = new URL("../../dist/cli/bin.js", import.meta.url);
const RUNS = 20_000;
const PROCESSES = 100;
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_120);

/** Files of every format that is read or refused. */
const FILES = new URL("corpus/", import.meta.url);
const IN_HAND: readonly Buffer[] = readdirSync(FILES, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== "README.md")
  .map(({ name }) => readFileSync(new URL(name, FILES)));

const GENERATED: readonly Buffer[] = semanticsCases().flatMap((test) => {
  const spans = spansOf(test);
  return [
    JSON.stringify(otlpRequest(spans)),
    JSON.stringify(jaegerAnswer(spans)),
    JSON.stringify({ result: otlpRequest(spans) }),
    'not-found;id="0123456789abcdef";s="root";e;o=3;m',
    `x-error-tree: ${JSON.stringify({ service: "a", status: "error", code: "internal", error: "x", children: [] })}`,
  ].map((text) => Buffer.from(text));
});
/** Half of each. */
const CORPUS: readonly Buffer[] = [
  ...GENERATED,
  ...Array.from({ length: Math.ceil(GENERATED.length / IN_HAND.length) }, () => IN_HAND).flat(),
];

const FORMATS = ["text", "json", "ndjson", "header"] as const;
/** Pieces that break parsers: deep nesting, wrong types, keys of every object, numbers out of range. */
const PIECES = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "-1",
  "1e999",
  '"__proto__":',
  "\u0000",
  "\n",
  "\u2028",
  "[[[[[[[[",
  '{"a":',
];

/** A file with a few random faults: bytes changed, cut, doubled, moved, a type exchanged; sometimes zipped. */
function mutated(random: Random): Buffer {
  let bytes = random.pick(CORPUS);
  for (let fault = random.below(5); fault >= 0; fault--) {
    const at = random.below(bytes.length + 1);
    const to = at + random.below(Math.min(64, bytes.length - at + 1));
    const other = random.pick(CORPUS);
    const from = random.below(other.length);
    const piece = [
      Buffer.from(random.pick(PIECES)),
      Buffer.of(random.below(256)),
      Buffer.alloc(0),
      other.subarray(from, from + random.below(200)),
      Buffer.from(random.pick(PIECES).repeat(random.below(2_000))),
    ][random.below(5)] as Buffer;
    bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(random.below(2) === 0 ? at : to)]);
  }
  if (random.below(20) > 0) return bytes;
  const zipped = gzipSync(bytes);
  return random.below(2) === 0 ? zipped : zipped.subarray(0, random.below(zipped.length));
}

function args(random: Random): string[] {
  return [
    "render",
    "-f",
    random.pick(FORMATS),
    ...(random.below(4) === 0 ? ["-e"] : []),
    ...(random.below(4) === 0 ? ["-a"] : []),
  ];
}

/** Exit code 0 or 2, and nothing that looks like a stack trace of our own. */
function expectDecent(code: number | null, err: string, what: string): void {
  expect(code === 0 || code === 2, `exit code ${code} for ${what}`).toBe(true);
  expect(err, what).not.toMatch(/^\s+at .*(?:\.[jt]s|node:)/m);
  expect(err, what).not.toContain("cannot go on");
}

describe(`render of mutated files (seed ${SEED})`, () => {
  it(`${RUNS} of them end with exit code 0 or 2 and no stack trace`, { timeout: 600_000 }, async () => {
    const random = createRandom(SEED);
    for (let run = 0; run < RUNS; run++) {
      const input = mutated(random);
      const line = args(random);
      const { code, err } = await runCli(line, [input]);
      expectDecent(code, err, `run ${run}: ${line.join(" ")} < ${JSON.stringify(input.toString("latin1"))}`);
    }
  });

  it(`${PROCESSES} of them as processes of their own end in the same way`, { timeout: 600_000 }, async () => {
    const random = createRandom(SEED + 1);
    for (let run = 0; run < PROCESSES; run += 4) {
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          const line = args(random);
          const { code, err } = await runNode(BIN, { args: line, input: mutated(random) });
          expectDecent(code, err, `run ${run}: ${line.join(" ")}`);
        }),
      );
    }
  });
});
