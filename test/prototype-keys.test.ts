// Keys that reach a prototype where code is careless: what a peer or a file names so is read as any other name.
import { afterEach, describe, expect, test } from "vitest";
import { readErrorTree } from "../src/program/read.ts";
import { createAnswerCodec } from "../src/wire/answer-codec.ts";
import { parseAsk } from "../src/wire/header.ts";
import { runCli } from "./support/run-cli.ts";

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Map.prototype];
const namesOf = (): string[][] => PROTOTYPES.map((one) => Reflect.ownKeys(one).map(String));
const BEFORE = namesOf();
const ID = "00f067aa0ba902b7";
/** Written by hand: `JSON.stringify` leaves `__proto__` out of a literal. */
const POLLUTION = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"].map(
  (key) => `"${key}":{"polluted":true,"service":"forged","code":"ok","prototype":{"polluted":true}}`,
);

afterEach(() => {
  expect(namesOf()).toEqual(BEFORE);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

const node = (service: string, more: string, children = ""): string =>
  `{${more}"service":"${service}","operation":"GET /","status":"error","code":"internal","error":"broken","children":[${children}]}`;

describe("an answer in JSON", () => {
  test.each(POLLUTION)("with the key %s in every node is read as one without it", (member) => {
    const evil = node("root", `${member},"id":"${ID}",`, node("leaf", `${member},`));
    const plain = node("root", `"id":"${ID}",`, node("leaf", ""));
    const codec = createAnswerCodec();
    expect(codec.decode(evil, ID, "GET")).toEqual(codec.decode(plain, ID, "GET"));
    expect(readErrorTree(evil)).toEqual(readErrorTree(plain));
    expect(codec.decode(evil, ID, "GET")).not.toBe("malformed");
  });

  test.each(["__proto__", "constructor", "toString", "valueOf"])("whose code is %s is malformed", (code) => {
    const value = node("root", "").replace('"internal"', `"${code}"`);
    expect(createAnswerCodec().decode(value, undefined, "GET")).toBe("malformed");
    expect(createAnswerCodec().decode(code, undefined, "GET")).toBe("malformed");
  });

  test("whose texts are such names is a tree like any other", () => {
    const tree = readErrorTree(node("__proto__", '"type":"constructor",', node("constructor", "")));
    expect(tree?.root).toMatchObject({ service: "__proto__", errorType: "constructor" });
    expect(tree?.root.children[0]?.service).toBe("constructor");
  });
});

test("an ask with such members has them skipped", () => {
  const ask = { id: ID, json: false };
  expect(parseAsk(`v=1, constructor=?1, id="${ID}", prototype="x", tostring=1`)).toEqual(ask);
  expect(parseAsk(`v=1, __proto__=1, id="${ID}"`)).toBeUndefined();
});

describe("render", () => {
  const EVIL_KEYS = ["__proto__", "constructor", "prototype"];
  const ids = { traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" };
  const value = `{"kvlistValue":{"values":[]},"stringValue":"forged"}`;
  const pairs = EVIL_KEYS.map((key) => `{"key":"${key}","value":${value}}`).join();
  const tags = EVIL_KEYS.map(
    (key) =>
      `{"key":"${key}","type":"string","value":{"event":"error","exception.type":"Forged","polluted":1}}`,
  ).join();

  /** An OTLP request with one failed span, with this text in every object and in every list of attributes. */
  const otlp = (member: string, attributes: string): string => `{${member}"resourceSpans":[{${member}
    "resource":{${member}"attributes":[${attributes}{"key":"service.name","value":{"stringValue":"shop"}}]},
    "scopeSpans":[{${member}"spans":[{${member}"traceId":"${ids.traceId}","spanId":"${ids.spanId}","kind":2,"name":"GET /",
      "attributes":[${attributes.replace(/,$/, "")}],"status":{${member}"code":2,"message":"broken"},
      "events":[{${member}"name":"exception","attributes":[${attributes}{"key":"exception.type","value":{"stringValue":"Broken"}}]}]}]}]}]}`;

  /** A trace of Jaeger's with one failed span, in the same way. */
  const jaeger = (
    member: string,
    pairsOf: string,
  ): string => `{${member}"data":[{${member}"traceID":"${ids.traceId}",
    "processes":{${member}"p1":{${member}"serviceName":"shop","tags":[]}},
    "spans":[{${member}"traceID":"${ids.traceId}","spanID":"${ids.spanId}","processID":"p1","operationName":"GET /","references":[],
      "startTime":1,"duration":2,"tags":[${pairsOf}{"key":"span.kind","value":"server"},{"key":"otel.status_code","value":"ERROR"}],
      "logs":[{${member}"timestamp":1,"fields":[${pairsOf}{"key":"event","value":"exception"},{"key":"exception.type","value":"Broken"},
        {"key":"exception.message","value":"broken"}]}]}]}]}`;

  test.each([
    ["OTLP", otlp, `${pairs},`],
    ["Jaeger", jaeger, `${tags},`],
  ])("of %s JSON with such keys prints what it prints without", async (_, make, attributes) => {
    const plain = await runCli(["render"], make("", "").replace(/\n\s*/g, ""));
    expect(plain).toMatchObject({ code: 0, err: "" });
    expect(plain.out).toContain("Broken");
    for (const member of POLLUTION) {
      const evil = make(`${member},`, attributes).replace(/\n\s*/g, "");
      JSON.parse(evil);
      expect(await runCli(["render"], evil)).toEqual(plain);
    }
  });

  test("of a Jaeger span whose process is named so finds none", async () => {
    for (const key of ["__proto__", "constructor", "toString"]) {
      const text = jaeger("", "").replace('"processID":"p1"', `"processID":"${key}"`).replace(/\n\s*/g, "");
      const { out } = await runCli(["render"], text);
      expect(out).toContain("unknown_service");
    }
  });
});
