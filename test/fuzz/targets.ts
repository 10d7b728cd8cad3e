// What is fuzzed: how inputs are made, and what must hold of each.

import { readErrorTree } from "../../src/program/read.ts";
import { takeFromFields } from "../../src/transports/taken.ts";
import { mayAskUnseen } from "../../src/transports/unseen.ts";
import { otherItems } from "../../src/transports/vary.ts";
import { AskableHosts } from "../../src/trust/trust.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { unpack } from "../../src/wire/binary/deflate.ts";
import { readBinary } from "../../src/wire/binary/from-binary.ts";
import { readValue } from "../../src/wire/binary/value.ts";
import { HEADER_NAME, parseAsk, parseMinimal } from "../../src/wire/header.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/wire/limits.ts";
import { lookedAt, MOST_LOOKS, MOST_LOOKS_PER_CHARACTER, MOST_OTHER_LOOKS } from "../support/looked-at.ts";
import type { Random } from "../support/random.ts";
import { ID } from "../support/wire/wire-trees.ts";
import { mostSteps } from "../support/wire/work.ts";
import { checkAsk, checkOutcome, checkTree, ensure } from "./checks.ts";
import type { Corpus } from "./corpus.ts";
import { makeSpans, runSpans } from "./otlp.ts";
import { makeText, runRedact } from "./redact.ts";
import { changedText, randomText } from "./text.ts";
import { changedBytes, damagedFields, randomBytes, WildWriter, wildDeflate, wildFields } from "./wild.ts";

/** A reader under test. */
export interface Target {
  /** How often it is chosen beside the others. */
  readonly weight: number;
  /** The most steps for each byte that it may take. */
  readonly mostStepsPerByte?: number;
  /** Makes one input. */
  make(random: Random): string;
  /** Reads the input. Throws where it should not have, or where something that must hold does not. */
  run(input: string, random: Random): Reading;
}

/** What a reading was like. */
interface Reading {
  /** True where something was understood. */
  readonly understood: boolean;
  /** Steps for each byte, where they are counted. */
  readonly stepsPerByte: number;
}

/** Tight enough for most trees to pass one of them. */
const TIGHT: Limits = {
  valueBytes: 2048,
  messageBytes: 1024,
  nodes: 8,
  depth: 3,
  strings: 12,
  stringChars: 24,
};
const STRUCTURED = [
  '"',
  "\\",
  ";",
  ",",
  "=",
  ":",
  "?1",
  "?2",
  "@1",
  "%",
  '%"',
  "(",
  ")",
  "*",
  " ",
  "\t",
  "-",
  "1.",
  "999999999999999",
  "id=",
  "v=",
  "s=",
  "f=json",
  ";e",
  ";o=",
  ";m",
  "k=",
];
const JSON_PIECES = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "true",
  "-1",
  "1.5",
  "1e999",
  "1e15",
  '"__proto__":',
  '"children":[',
  '"drift":["',
  '"code":"ok",',
  '"count":',
  '"frames":',
  '"causes":',
  '{"service":"s","status":"error","code":"internal","error":"","children":[',
  "\\u0000",
  "\\ud83d",
  "[[[[[[[[",
];

const codec = createAnswerCodec();
const tightCodec = createAnswerCodec(TIGHT);

export const TARGETS = ["tree", "json", "minimal", "ask", "answer", "fields", "redact", "spans"] as const;
export type TargetName = (typeof TARGETS)[number];

/** The targets by name. */
export function createTargets(corpus: Corpus): Readonly<Record<TargetName, Target>> {
  const writer = new WildWriter();
  const bytesOf = (random: Random): Uint8Array => {
    const how = random.below(8);
    if (how === 0) return randomBytes(random, 300);
    if (how === 1) return writer.write(wildFields(random), random);
    if (how < 6) return writer.write(damagedFields(random.pick(corpus.messages), random), random);
    return changedBytes(
      unpack(packedIn(random.pick(corpus.values)), DEFAULT_LIMITS.messageBytes) ?? Buffer.alloc(0),
      random,
    );
  };
  const answers: Readonly<
    Record<Exclude<TargetName, "ask" | "answer" | "fields" | "redact" | "spans">, Target>
  > = {
    tree: {
      weight: 7,
      make(random) {
        if (random.below(10) === 0)
          return `:${changedText(random.pick(corpus.values), STRUCTURED, corpus.values, random).slice(1)}`;
        return `:${Buffer.from(wildDeflate(bytesOf(random), random)).toString("base64")}:;v=1`;
      },
      run: runTree,
    },
    json: {
      weight: 1,
      make: (random) =>
        `{${changedText(random.pick(corpus.json), JSON_PIECES, corpus.json, random).slice(1)}`,
      run: (input, random) => ({ understood: runAnswer(input, random), stepsPerByte: 0 }),
    },
    minimal: {
      weight: 1,
      make(random) {
        if (random.below(10) === 0) return randomText(random);
        return changedText(random.pick(corpus.minimal), STRUCTURED, corpus.minimal, random);
      },
      run(input, random) {
        parseMinimal(input);
        return { understood: runAnswer(input, random), stepsPerByte: 0 };
      },
    },
  };
  return {
    ...answers,
    answer: {
      weight: 1,
      mostStepsPerByte: MOST_LOOKS_PER_CHARACTER,
      make: (random) => random.pick(Object.values(answers)).make(random),
      run(input) {
        const { result, looks } = lookedAt(() => codec.decode(input, ID, "GET /"), "counted");
        return {
          understood: typeof result !== "string",
          stepsPerByte: lookedPerCharacter(looks, readable(input)),
        };
      },
    },
    ask: {
      weight: 1,
      mostStepsPerByte: MOST_LOOKS_PER_CHARACTER,
      make(random) {
        if (random.below(10) === 0) return randomText(random);
        return changedText(random.pick(corpus.asks), STRUCTURED, corpus.asks, random);
      },
      run(input) {
        const { result: ask, looks } = lookedAt(() => parseAsk(input), "counted");
        if (ask !== undefined) checkAsk(ask);
        const stepsPerByte = lookedPerCharacter(looks, input.length);
        return { understood: ask !== undefined, stepsPerByte };
      },
    },
    fields: {
      weight: 1,
      make(random) {
        if (random.below(10) === 0) return randomText(random);
        return changedText(random.pick(FIELDS), STRUCTURED, FIELDS, random);
      },
      run: (input) => ({ understood: runFields(input), stepsPerByte: 0 }),
    },
    redact: { weight: 1, mostStepsPerByte: MOST_LOOKS, make: makeText, run: runRedact },
    spans: { weight: 1, make: makeSpans, run: runSpans },
  };
}

/** What the client sides read besides: hosts, URLs, and lists of fields by line. */
const FIELDS: readonly string[] = [
  "payment:3000",
  "[::1]:80",
  "10.0.0.1",
  "payment.default.svc.cluster.local",
  "http://payment:3000/x?y=1",
  "http://payment@api.example.com/",
  "accept, x-error-tree",
  "X-Error-Tree",
  "vary\naccept, X-Error-Tree\nX-Error-Tree\nok\nage\n1",
];

const HOSTS = new AskableHosts();

/** Nothing throws, nothing odd is a host, and nothing of ours is left. */
function runFields(input: string): boolean {
  const isHost = HOSTS.hasAuthority(input);
  ensure(!isHost || /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{0,5})?$/i.test(input), `a host: ${input}`);
  mayAskUnseen({ "server.address": "payment", "url.full": input }, { host: input }, HOSTS);
  const left = otherItems(input);
  const items = left === undefined ? [] : String(left).split(",");
  ensure(!items.some((item) => item.trim().toLowerCase() === HEADER_NAME), `left in Vary: ${String(left)}`);
  const lines = input.split("\n");
  for (const list of [[...lines], lines.map((line) => Buffer.from(line, "latin1"))]) {
    takeFromFields(list);
    for (let i = 0; i + 1 < list.length - (list.length % 2); i += 2) {
      ensure(String(list[i]).toLowerCase() !== HEADER_NAME, "left among the fields");
    }
  }
  return isHost || left !== input;
}

/** Characters that there are to be read: those of the value, and of the message that is packed in it. */
function readable(input: string): number {
  return input.length + messageBytes(packedIn(input));
}

/** Characters looked at for each of the input, but for those that every input costs. */
function lookedPerCharacter(looks: number, characters: number): number {
  const looked = Math.max(0, looks - MOST_OTHER_LOOKS);
  ensure(looked <= MOST_LOOKS_PER_CHARACTER * characters, `${looks} looks at ${characters} characters`);
  return characters === 0 ? 0 : looked / characters;
}

/** A value in binary: the work that it is, the limits it keeps, and the whole way in and out. */
function runTree(input: string, random: Random): Reading {
  const meter = { steps: 0 };
  const packed = packedIn(input);
  const size = messageBytes(packed);
  ensure(size <= DEFAULT_LIMITS.messageBytes, `${size} bytes of ${packed.length}`);
  const answer = readValue(input, "", DEFAULT_LIMITS, meter);
  ensure(meter.steps <= mostSteps(size), `${meter.steps} steps for ${size} bytes`);
  if (answer !== undefined) checkTree(answer.root, answer.omitted, DEFAULT_LIMITS);
  runTight(input, random);
  const understood = runAnswer(input, random);
  return { understood, stepsPerByte: size === 0 ? 0 : meter.steps / size };
}

/** Bytes of the message; 0 if it cannot be unpacked within the limit. */
function messageBytes(packed: Uint8Array): number {
  return unpack(packed, DEFAULT_LIMITS.messageBytes)?.length ?? 0;
}

/** What stands between the colons. */
function packedIn(value: string): Buffer {
  return Buffer.from(value.slice(1, value.indexOf(":", 1)), "base64");
}

/** The message, or the bytes that are none, within tight limits, as they are and cut short. */
function runTight(input: string, random: Random): void {
  const packed = packedIn(input);
  const bytes = unpack(packed, DEFAULT_LIMITS.messageBytes) ?? packed;
  for (const length of [bytes.length, random.below(bytes.length + 1)]) {
    const meter = { steps: 0 };
    const answer = readBinary(bytes, length, "GET /", TIGHT, meter);
    ensure(meter.steps <= mostSteps(length), `${meter.steps} steps for ${length} bytes`);
    if (answer !== undefined) checkTree(answer.root, answer.omitted, TIGHT);
  }
}

/** An answer on its whole way: read, and handed up in as much room as there is. */
function runAnswer(input: string, random: Random): boolean {
  const outcome = codec.decode(input, random.below(2) === 0 ? ID : undefined, "GET /");
  if (random.below(50) === 0) {
    const tree = readErrorTree(input);
    if (tree !== undefined) checkTree(tree.root, tree.omitted, DEFAULT_LIMITS);
  }
  if (typeof outcome === "string") return false;
  checkOutcome(outcome, DEFAULT_LIMITS);
  if (random.below(50) > 0) return true;
  const room = { treeBytes: random.below(2048), minimalBytes: 64 };
  for (const passing of [codec, tightCodec]) {
    const answer = passing.encode(outcome, { id: ID, json: random.below(4) === 0 }, room);
    ensure(answer !== undefined && answer.value.length <= (answer.minimal ? 64 : room.treeBytes), "too long");
    ensure(/^[\x20-\x7e]*$/.test(answer.value), "not ASCII");
    const again = codec.decode(answer.value, ID, "GET /");
    ensure(
      typeof again !== "string" && again.code === outcome.code && again.exported === outcome.exported,
      "another outcome",
    );
  }
  return true;
}
