// Records wait for their turn: others have theirs in between, and nothing is half taken when the state is read.
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { RecordQueue } from "../../../src/observatory/kafka/record-queue.ts";
import type { Work } from "../../../src/otlp/work.ts";

function stream(): Readable {
  return new Readable({ objectMode: true, read: () => {} });
}

test("records are taken in their order, whole, whatever fails in between", async () => {
  const [taken, faults]: [string[], unknown[]] = [[], []];
  const queue = new RecordQueue((error) => faults.push(error));
  function* take(i: number): Work<void> {
    taken.push(`begin ${i}`);
    // Longer than a slice.
    for (const end = performance.now() + 15; performance.now() < end; ) yield;
    if (i === 1) throw new Error("no");
    taken.push(`end ${i}`);
  }
  for (const i of [0, 1, 2]) queue.add(() => take(i), stream());
  queue.add(() => undefined, stream());
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).not.toContain("end 2");
  const between = await queue.between(() => [...taken]);
  expect(between.at(-1)).toMatch(/^end|^begin 1/);
  while (!taken.includes("end 2")) await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toEqual(["begin 0", "end 0", "begin 1", "begin 2", "end 2"]);
  expect(faults).toHaveLength(1);
  expect(await queue.between(() => taken.length)).toBe(5);
});

test("a stream is stopped while many of its records wait, and goes on", async () => {
  const queue = new RecordQueue(() => {});
  const input = stream().resume();
  let taken = 0;
  function* take(): Work<void> {
    yield;
    taken++;
  }
  for (let i = 0; i < 600; i++) queue.add(take, input);
  expect(input.isPaused()).toBe(true);
  while (taken < 600) await new Promise((resolve) => setImmediate(resolve));
  expect(input.isPaused()).toBe(false);
});
