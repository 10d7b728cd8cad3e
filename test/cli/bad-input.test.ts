// Input that is wrong in part or in whole: the rest is read, what could not be is said, and nothing readable is exit code 2.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/run-cli.ts";

const corpus = (file: string): Buffer => readFileSync(new URL(`corpus/${file}`, import.meta.url));
const GOOD = corpus("otlp-data.json");
const LINE = JSON.stringify(JSON.parse(GOOD.toString()));
const CAUSE = "root cause  payment POST /charge internal: no connection to the ledger";

async function files(
  contents: Readonly<Record<string, string | Buffer>>,
): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), "render-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const paths: Record<string, string> = {};
  for (const [name, content] of Object.entries(contents)) {
    paths[name] = join(folder, name);
    await writeFile(join(folder, name), content);
  }
  return paths;
}

describe("of several files", () => {
  test("those that can be read are, and each other one is said", async () => {
    const paths = await files({
      good: GOOD,
      text: "hello",
      metrics: '{"resourceMetrics":[]}',
      empty: '{"data":[]}',
    });
    const { code, out, err } = await runCli([
      "render",
      ...Object.values(paths),
      join(tmpdir(), "no such file"),
    ]);
    expect(code).toBe(0);
    expect(out).toContain(CAUSE);
    expect(err.split("\n")).toHaveLength(4);
    expect(err).toContain(`${paths.text}: expected`);
    expect(err).toContain(`${paths.metrics}: not read: OTLP metrics`);
    expect(err).toContain(`${paths.empty}: there are no spans in it`);
    expect(err).toContain("no such file: ENOENT");
  });

  test("of which none can be read each is said, with exit code 2", async () => {
    const paths = await files({ text: "hello", empty: '{"resourceSpans":[]}' });
    const { code, out, err } = await runCli(["render", ...Object.values(paths)]);
    expect([code, out]).toEqual([2, ""]);
    expect(err.split("\n")).toHaveLength(2);
  });
});

test.each(['INFO ["main"] ', 'INFO {"level":"info"} ', "x [[main]] ", '{"level":"info"} ', "[main] INFO "])(
  "a document behind the prefix %j of a log is read",
  async (prefix) => {
    const { log = "" } = await files({ log: `${prefix}listening\n${prefix}${LINE}\n${prefix}bye\n` });
    const { code, out } = await runCli(["render", log]);
    expect(code).toBe(0);
    expect(out).toContain(CAUSE);
  },
);

describe("nothing readable is exit code 2, and never that nothing failed", () => {
  const inputs: readonly (readonly [string, string | Buffer])[] = [
    ["an empty request", '{"resourceSpans":[]}'],
    ["an empty list", "[]"],
    ["an empty object", "{}"],
    ["a resource without spans", '{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[]}]}]}'],
    ["spans without ids", '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}'],
    ["Zipkin's empty list of lists", "[[]]"],
    ["Tempo's empty trace", '{"trace":{}}'],
    ["no bytes", ""],
    ["blank lines", "\n\n \r\n"],
    ["zeros", Buffer.alloc(100)],
    ["a number", "17"],
    ["null", "null"],
    ["text in quotes", '"hello"'],
    ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3, 4])],
    ["zip", Buffer.from("PK\u0003\u0004 and more")],
    ["an empty gzip", gzipSync("")],
  ];
  test.each(inputs)("%s", async (_, input) => {
    for (const format of ["text", "json", "ndjson", "header"]) {
      const { code, out, err } = await runCli(["render", "--all", "-f", format], input);
      expect([code, out]).toEqual([2, ""]);
      expect(err).not.toContain("nothing failed");
      expect(err.split("\n").at(-1)).toMatch(/^otel-error-tree: standard input: ./);
    }
  });
});

describe("what is wrong in part is read in part", () => {
  test("a document that was cut off anywhere gives whole spans or none", async () => {
    const whole = Number(/"spanId"/g[Symbol.match](LINE)?.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(LINE.length - 1), fc.boolean(), async (length, isPretty) => {
        const text = isPretty
          ? JSON.stringify(JSON.parse(LINE), null, 2).slice(0, length)
          : LINE.slice(0, length);
        const { code, out, err } = await runCli(["render", "-f", "json", "-e", "-a"], text);
        expect(err).not.toBe("");
        if (code === 2) return;
        expect(code).toBe(0);
        expect(err).toContain("cut off");
        // A span that is there is there with its status, which comes last.
        for (const [, name] of out.matchAll(/"operation":"([^"]*)","spanId":"[^"]*","code":"ok"/g)) {
          expect(name).not.toBe("POST /charge");
        }
        expect(out.match(/"spanId"/g)?.length ?? 0).toBeLessThanOrEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [
      "a broken line between others",
      `${LINE}\n{"resourceSpans":[{"resource":\n${LINE}`,
      "skipped 1 lines that are no whole document",
    ],
    [
      "a line of text between others",
      `${LINE}\nhello\n${LINE}`,
      "skipped 1 lines that are no whole document",
    ],
    ["another document between others", `${LINE}\n{"a":1}\n${LINE}`, "skipped 1 document without spans"],
    [
      "metrics between others",
      `${LINE}\n{"resourceMetrics":[]}\n`,
      "skipped 1 × OTLP metrics: they hold no spans: give the file of the traces",
    ],
    [
      "a span without ids",
      LINE.replace(/"spanId":"eee19b7ec3c1b174",/, ""),
      "skipped 1 span without ids, or broken",
    ],
  ])("%s", async (_, input, said) => {
    const { code, out, err } = await runCli(["render"], input);
    expect(code).toBe(0);
    expect(out).toContain(CAUSE);
    expect(err.split("\n")).toContain(`standard input: ${said}`);
  });

  test("protobuf that was cut off", async () => {
    const bytes = corpus("otlp-java.pb");
    const { code, err } = await runCli(["render"], bytes.subarray(0, bytes.length - 20));
    expect([code, err.split("\n")[0]]).toEqual([0, expect.stringMatching(/cut off|broken/)]);
  });
});

describe("documents of several forms after each other", () => {
  const pretty = corpus("zipkin-js.json").toString();
  const lines = corpus("otlp-lines-js.jsonl").toString();

  test.each([
    ["lines, then one over many lines", `${lines}${pretty}`],
    ["lines, one over many lines, then lines", `${lines}${pretty}\n${lines}`],
    ["a response with one over many lines", `HTTP/1.1 200 OK\r\ncontent-type: a/b\r\n\r\n${pretty}${lines}`],
  ])("%s", async (_, input) => {
    const { code, out, err } = await runCli(["render", "-f", "json"], input);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toHaveLength(2);
  });
});

describe("other encodings of text", () => {
  test.each([
    ["UTF-16, as PowerShell writes it", Buffer.from(`\ufeff${GOOD.toString()}`, "utf16le")],
    ["UTF-8 with a byte order mark, zipped", gzipSync(`\ufeff${LINE}`)],
    ["lines of Windows", GOOD.toString().replaceAll("\n", "\r\n")],
  ])("%s", async (_, input) => {
    const { code, out, err } = await runCli(["render"], input as Buffer);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(CAUSE);
  });
});

test("what a file puts into names is text in every output", async () => {
  const evil = "\u001b]0;x\u0007\u202e\u0000\n";
  const span = {
    traceId: evil,
    id: `${evil}a`,
    parentId: `${evil}b`,
    kind: "SERVER",
    name: evil,
    localEndpoint: { serviceName: evil },
    tags: { error: evil },
  };
  for (const format of ["text", "json", "ndjson", "header"]) {
    const { code, out, err } = await runCli(
      ["render", "-a", "-e", "-f", format],
      JSON.stringify([span, { ...span, id: "b" }]),
    );
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(`${out}${err}`.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
});
