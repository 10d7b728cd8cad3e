// The work of reading follows from the number of bytes alone: no message costs more than a constant for each of them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBinary } from "../../../src/wire/binary/from-binary.ts";
import { BinaryWriter } from "../../../src/wire/binary/to-binary.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../src/wire/limits.ts";
import { createRandom } from "../../support/random.ts";
import { messageOf } from "../../support/wire/message.ts";
import { scatter } from "../../support/wire/scatter.ts";
import {
  bytesField,
  type Field,
  fixedField,
  join,
  numberField,
  packedField,
} from "../../support/wire/wire-bytes.ts";
import { asRead, ID, WIDE, wireTrees } from "../../support/wire/wire-trees.ts";
import { mostSteps } from "../../support/wire/work.ts";

function stepsOf(bytes: Uint8Array, limits: Limits = WIDE): { steps: number; read: boolean } {
  const meter = { steps: 0 };
  const read = readBinary(Buffer.from(bytes), bytes.length, "", limits, meter) !== undefined;
  expect(meter.steps, `${bytes.length} bytes`).toBeLessThanOrEqual(mostSteps(bytes.length));
  return { steps: meter.steps, read };
}

/** A column of the same number so many times, and maybe another one at the end. */
function column(field: Field, count: number, value: number, ...end: number[]): Uint8Array {
  return packedField(field, [...new Array<number>(count).fill(value), ...end]);
}

function repeated(count: number, part: Uint8Array): Uint8Array {
  return join(...new Array<Uint8Array>(count).fill(part));
}

const service = packedField("services", [0]);
/** Nodes in a row, each with nothing but its number of children. */
const chain = (n: number): Uint8Array => join(column("children", n - 1, 1), column("services", n, 0));
const letters = (n: number, letter = "a"): Uint8Array => bytesField("text", letter.repeat(n));

/**
 * Messages that grow with `n`, each the worst there is for one loop of the reader, and the steps that each more of it
 * takes: one for each byte of a number or tag, and one for each time that the number, node or byte of text is used.
 */
const readable: [string, number, (n: number) => Uint8Array[]][] = [
  ["nodes in a row", 6, (n) => [chain(n)]],
  ["nodes side by side", 3, (n) => [packedField("children", [n - 1]), column("services", n, 0)]],
  ["numbers one by one", 4, (n) => [numberField("children", n - 1), repeated(n, numberField("services", 0))]],
  ["a list for each number", 5, (n) => [numberField("children", n - 1), repeated(n, service)]],
  ["empty lists", 2, (n) => [service, repeated(n, bytesField("children", ""))]],
  ["unknown numbers", 12, (n) => [service, repeated(n, numberField(19, 2n ** 63n))]],
  ["unknown bytes", 6, (n) => [service, repeated(n, bytesField(2 ** 28, "xyz"))]],
  [
    "unknown fixed numbers",
    4,
    (n) => [service, repeated(n, fixedField(19, 1)), repeated(n, fixedField(20, 5))],
  ],
  ["ids", 2, (n) => [service, repeated(n, bytesField("id", new Uint8Array(8)))]],
  ["texts", 2, (n) => [service, repeated(n, letters(3)), packedField("lengths", [3])]],
  ["empty strings", 3, (n) => [service, column("lengths", n, 0)]],
  ["strings of one letter", 4, (n) => [service, letters(n), column("lengths", n, 1)]],
  ["strings past ASCII", 5, (n) => [service, letters(n, "é"), column("lengths", n, 2)]],
  ["inner operations", 9, (n) => [chain(n), column("at", 2 * n, 0)]],
  ["counts", 11, (n) => [repeated(n, packedField("counts", [0, 1])), chain(n)]],
  ["times", 12, (n) => [chain(n), column("kinds", n, 1), column("times", 3 * n, 0)]],
  ["times of pending calls", 9, (n) => [chain(n), column("pendingMs", 2 * n, 0)]],
  ["groups without frames", 9, (n) => [chain(n), column("frames", 2 * n, 0)]],
  ["a node of many frames", 2, (n) => [service, packedField("frames", [0, n]), column("frames", n, 0)]],
];

const malformed: [string, number, (n: number) => Uint8Array[]][] = [
  ["a group that is cut short at the end", 9, (n) => [chain(n), column("frames", 2 * n + 1, 0)]],
  ["a wrong string at the end", 8, (n) => [chain(n), column("messages", n - 1, 0, 1)]],
  [
    "a node without a parent at the end",
    3,
    (n) => [column("children", n - 1, 0, n), column("services", n + 1, 0)],
  ],
  ["a length that is too much at the end", 2, (n) => [service, letters(n), column("lengths", n, 1, 1)]],
];

describe("reading twice as many bytes takes no more than twice the steps", () => {
  const shapes = [
    ...readable.map((shape) => [...shape, true] as const),
    ...malformed.map((shape) => [...shape, false] as const),
  ];
  test.each(shapes)("%s", (_, steps, make, read) => {
    for (const n of [50, 1000]) {
      const once = join(...make(n));
      const twice = join(...make(2 * n));
      const first = stepsOf(once);
      const second = stepsOf(twice);
      expect([first.read, second.read]).toStrictEqual([read, read]);
      expect(second.steps / first.steps).toBeLessThanOrEqual((twice.length / once.length) * 1.1);
      expect(Math.round((second.steps - first.steps) / n)).toBe(steps);
    }
  });
});

describe("no more than a constant for each byte is the work of", () => {
  test("one byte that says there are many nodes", () => {
    for (const children of [127, 1023, 2 ** 32, 2 ** 53]) {
      const bytes = join(packedField("children", [children]), service);
      expect(stepsOf(bytes, WIDE).read).toBe(false);
      expect(stepsOf(bytes, DEFAULT_LIMITS).read).toBe(false);
    }
  });

  test("whatever we write", () => {
    const writer = new BinaryWriter(WIDE);
    fc.assert(
      fc.property(wireTrees(), (tree) => {
        expect(stepsOf(writer.write({ ...tree, traceId: "" }, ID, 1e6) as Buffer).read).toBe(true);
      }),
    );
  });

  test("whatever others may write, damaged or not", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(wireTrees({ depth: 3, width: 3 }), fc.nat(), damage, (tree, seed, changes) => {
        const bytes = scatter(messageOf(asRead(tree)), createRandom(seed));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        stepsOf(bytes);
        stepsOf(bytes, DEFAULT_LIMITS);
      }),
      { numRuns: 300 },
    );
  });

  test("any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        stepsOf(bytes);
        stepsOf(join(service, bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
