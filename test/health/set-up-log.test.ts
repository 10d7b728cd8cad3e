// What a set-up has to say is seen, whenever the logger is set, and without one.
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { expect, onTestFinished, test, vi } from "vitest";
import { SetUpLog } from "../../src/health/set-up-log.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function logger(): { lines: string[]; set(level?: DiagLogLevel): void } {
  const lines: string[] = [];
  const at = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  onTestFinished(() => diag.disable());
  return {
    lines,
    set: (logLevel = DiagLogLevel.INFO) =>
      void diag.setLogger(
        {
          error: at("error"),
          warn: at("warn"),
          info: at("info"),
          debug: at("debug"),
          verbose: at("verbose"),
        },
        { logLevel, suppressOverrideMessage: true },
      ),
  };
}

test("lines wait for the logger that the SDK sets behind the set-up", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  const { lines, set } = logger();
  const log = new SetUpLog();
  log.complain("wrong");
  log.warn("ERROR_TREE_UNKNOWN_VARIABLE", "unknown");
  log.info("fine");
  set();
  expect(lines).toEqual([]);
  await turn();
  expect(lines).toEqual([
    "error otel-error-tree: wrong",
    "warn otel-error-tree: unknown",
    "info otel-error-tree: fine",
  ]);
  log.complain("later");
  await turn();
  expect(lines[3]).toBe("error otel-error-tree: later");
  expect(warned).not.toHaveBeenCalled();
});

test("without a logger what is wrong becomes a warning of the process, once, and what is fine does not", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  const log = new SetUpLog();
  log.info("fine");
  log.warn("ERROR_TREE_UNKNOWN_VARIABLE", "unknown");
  log.complain("wrong");
  new SetUpLog().complain("wrong");
  await turn();
  expect(warned.mock.calls).toEqual([
    ["otel-error-tree: unknown", { type: "ErrorTreeWarning", code: "ERROR_TREE_UNKNOWN_VARIABLE" }],
    ["otel-error-tree: wrong", { type: "ErrorTreeWarning", code: "ERROR_TREE_ENVIRONMENT" }],
  ]);
});

test("a logger that throws harms nobody, nor does a warning that does", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {
    throw new Error("no warnings here");
  });
  onTestFinished(() => warned.mockRestore());
  const log = new SetUpLog();
  log.complain("harmful");
  await turn();
  const fail = (): never => {
    throw new Error("the log is full");
  };
  diag.setLogger(
    { error: fail, warn: fail, info: fail, debug: fail, verbose: fail },
    { suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
  log.complain("wrong");
  log.info("fine");
  await turn();
});
