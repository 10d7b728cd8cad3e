// What `npm run lab` says of its backend, before anything is started.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { runLab } from "../support/lab-process.ts";

test.each([
  ["--backend=tempo", '--backend must be "jaeger" or a URL such as http://localhost:16686, got "tempo"'],
  ["--backend=localhost:16686", '--backend must be "jaeger" or a URL such as http://localhost:16686'],
  ["--otlp=http://localhost:4318", "--otlp goes with --backend URL"],
  ["--backend=jaeger --otlp=http://localhost:4318", "--otlp goes with --backend URL"],
  ["--backend=http://localhost:16686 --otlp=4318", "--otlp must be a URL such as http://localhost:4318"],
  ["--backend=jaeger --save=x", "--save is for the embedded receiver, which is not there with --backend"],
  ["--backend=jaeger --receiver-port=0", "--receiver-port is for the embedded receiver"],
])("%s is refused", async (options, problem) => {
  const { exitCode, problems } = await runLab("--once", ...options.split(" "));
  expect(problems).toContain(`lab: ${problem}`);
  expect(exitCode).toBe(1);
});

test("if the programs of --backend jaeger are missing, the lab names them and how to get them", async () => {
  const tools = mkdtempSync(join(tmpdir(), "error-tree-no-tools-"));
  onTestFinished(() => rmSync(tools, { recursive: true }));
  vi.stubEnv("ERROR_TREE_TOOLS", tools);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { exitCode, problems } = await runLab("--once", "--port", "0", "--backend", "jaeger");
  expect(problems).toBe(
    `lab: ${tools}/bin/otelcol and ${tools}/bin/jaeger are missing: npm run tools brings them\n`,
  );
  expect(exitCode).toBe(1);
});

test("--help lists every backend", async () => {
  const { output } = await runLab("--help");
  expect(output).toMatch(/--backend jaeger.*--backend URL.*--otlp URL/s);
});
