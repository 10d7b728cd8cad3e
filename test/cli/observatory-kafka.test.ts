// `observatory --kafka`: what is wrong with its options, its surroundings and its brokers is said in one line.
import { describe, expect, test } from "vitest";
import { loadKafka } from "../../src/observatory/kafka/kafka-library.ts";
import { runCli } from "../support/run-cli.ts";
import { closedPort } from "../support/sockets.ts";

describe("observatory --kafka", () => {
  test.each([
    [["--kafka", "broker"], '--kafka: expected host:port, with commas between, got "broker"'],
    [["--kafka", "a:1,,b:2"], '--kafka: expected host:port, with commas between, got ""'],
    [["--kafka", "a:1"], "--kafka needs --topic NAME"],
    [["--kafka", "a:1", "--topic", "t", "--group", "a b"], "--group: expected letters"],
    [
      ["--kafka", "a:1", "--topic", "t", "--prometheus", "b:2"],
      "--kafka and --prometheus are not read together",
    ],
    [["--topic", "t"], "--topic needs --kafka BROKERS"],
    [["--selector", 'a="b"'], "--selector needs --prometheus URL"],
    [["--prometheus", "b:2", "--selector", "a"], "--selector: expected label matchers"],
  ])("%j", async (args, message) => {
    const { code, err } = await runCli(["observatory", "--port", "0", ...args]);
    expect([code, err.startsWith(`otel-error-tree: ${message}`)]).toEqual([2, true]);
  });

  test("a broker that does not answer is said at once", async () => {
    const broker = `127.0.0.1:${await closedPort()}`;
    const { code, err } = await runCli(["observatory", "--port", "0", "--kafka", broker, "--topic", "t"]);
    expect([code, err]).toEqual([2, `otel-error-tree: Kafka at ${broker}: connect ECONNREFUSED ${broker}`]);
  });

  test.each(["20.19.5", "22.21.0", "23.11.0", "24.5.0"])(
    "Node.js %s is too old for the client",
    async (node) => {
      await expect(loadKafka(node)).rejects.toThrow(
        `--kafka needs Node.js 22.22, 24.6 or newer; this is ${node}`,
      );
    },
  );

  test.each(["22.22.0", "24.6.0", "26.0.0"])("Node.js %s is not", async (node) => {
    expect(await loadKafka(node)).toHaveProperty("Consumer");
  });
});
