// The fuzzer finds what is wrong, tells how to see it again, and finds nothing in the readers.
import { describe, expect, test } from "vitest";
import { runNode } from "../support/process/node-process.ts";
import { readArguments, USAGE, UsageError } from "./arguments.ts";
import { createCorpus } from "./corpus.ts";
import { fuzz } from "./run.ts";
import { createTargets, TARGETS, type Target } from "./targets.ts";

const MAIN = new URL("main.ts", import.meta.url);
const targets = createTargets(createCorpus());

describe("a fault", () => {
  const faulty: Target = {
    weight: 3,
    make: (random) => `input ${random.below(100)}`,
    run(input) {
      if (input === "input 42") throw new TypeError("broken");
      return { understood: true, stepsPerByte: 1 };
    },
  };

  test("is reported with its input, and its seed makes the same input again", async () => {
    const { faults, tallies } = await fuzz({
      runs: 1000,
      seed: 7,
      targets: { faulty, fine: { ...faulty, run: () => ({ understood: false, stepsPerByte: 0 }) } },
    });
    expect(faults.length).toBeGreaterThan(0);
    expect(tallies.get("faulty")?.throws).toBe(faults.length);
    expect(tallies.get("fine")?.throws).toBe(0);
    for (const { seed, input, error } of faults) {
      expect(input).toBe("input 42");
      expect(error).toBeInstanceOf(TypeError);
      expect((await fuzz({ runs: 1, seed, targets: { faulty } })).faults).toMatchObject([{ seed, input }]);
    }
  });

  test("ends the runs if there are more than anybody reads", async () => {
    const always = { ...faulty, make: () => "input 42" };
    const { faults, tallies } = await fuzz({ runs: 1000, seed: 1, targets: { always } });
    expect(faults).toHaveLength(10);
    expect(tallies.get("always")?.runs).toBe(10);
  });
});

test("no target throws, and each understands some of its inputs", async () => {
  const seed = Date.now() % 2 ** 32;
  const { faults, tallies } = await fuzz({ runs: 5000, seed, targets });
  expect(faults, `seed ${seed}`).toStrictEqual([]);
  for (const [name, tally] of tallies) {
    expect(tally.runs, name).toBeGreaterThan(100);
    expect(tally.understood / tally.runs, name).toBeGreaterThan(0.05);
  }
});

test("the same seed makes the same inputs for every target", async () => {
  for (const [name, target] of Object.entries(targets)) {
    const seen: string[][] = [];
    for (let turn = 0; turn < 2; turn++) {
      const inputs: string[] = [];
      const watched: Target = {
        ...target,
        run: (input) => ({ understood: inputs.push(input) > 0, stepsPerByte: 0 }),
      };
      await fuzz({ runs: 50, seed: 3, targets: { watched } });
      seen.push(inputs);
    }
    expect(seen[0], name).toStrictEqual(seen[1]);
    expect(new Set(seen[0]).size, name).toBeGreaterThan(20);
  }
});

describe("the command", () => {
  test("prints seed, runs, throws, the slowest, the work and the memory", async () => {
    const args = ["--runs", "2000", "--seed", "5"];
    const { code, out } = await runNode(MAIN, { args, nodeOptions: ["--expose-gc"] });
    expect(out).toContain("seed 5, 2,000 runs");
    for (const name of TARGETS) expect(out).toMatch(new RegExp(`^${name}: [\\d,]+ runs, 0 throws`, "m"));
    expect(out).toMatch(/^ {2}slowest [\d.]+ ms/m);
    expect(out).toMatch(/^ {2}most work [\d.]+ steps a byte/m);
    expect(out).toMatch(/^memory after a tenth .*: (?:flat|GROWS)$/m);
    expect(code).toBe(out.includes("GROWS") ? 1 : 0);
  });

  test("reads its options", async () => {
    expect(readArguments(["--runs", "12", "--seed", "0", "--target", "ask"])).toStrictEqual({
      runs: 12,
      seed: 0,
      target: "ask",
    });
    expect(readArguments([])).toMatchObject({ runs: 100_000 });
    expect(readArguments(["--help"])).toBe("help");
    expect(USAGE).toContain("--runs N");
  });

  const wrong = [
    ["--runs", "0"],
    ["--runs", "x"],
    ["--runs", ""],
    ["--seed", "-1"],
    ["--seed", "1.5"],
    ["--target", "toString"],
    ["--what"],
    ["more"],
  ];
  test.each(wrong)("refuses %s %s", (...args) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(/^[^\n]+$/);
  });
});
