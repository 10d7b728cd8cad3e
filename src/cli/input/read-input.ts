// Reads a file or stream of unknown content into spans and trees.

import type { Readable } from "node:stream";
import { beginsLikeProtobuf, readProtobuf } from "../../otlp/read-protobuf.ts";
import { atOnce } from "../../otlp/work.ts";
import { continued, LineSplitter, LONGEST_DOCUMENT, plainBytes, withHead } from "./bytes.ts";
import { Findings } from "./findings.ts";
import { InputError } from "./input-error.ts";
import { LineReader } from "./read-lines.ts";
import type { InputSink } from "./span-sink.ts";

/** What has to be reported after reading. */
export interface ReadReport {
  /** Spans and trees that were read. */
  readonly read: number;
  /** Lines for the user about what could not be read. */
  readonly problems: readonly string[];
  /** True if a document is not there to its end: only its whole spans were read. */
  readonly isCut: boolean;
}

/**
 * Reads one input to its end.
 *
 * @throws InputError if nothing in it is of a kind that we read
 */
export async function readInput(input: Readable, name: string, sink: InputSink): Promise<ReadReport> {
  const findings = new Findings(sink);
  const lines = new LineReader(findings);
  const splitter = new LineSplitter((line) => lines.line(line));
  try {
    const bytes = withHead(plainBytes(input), HEAD_BYTES);
    const head = await bytes.next();
    refuseBinary(head.value ?? Buffer.alloc(0));
    const rest = continued(head, bytes);
    const binary = isProtobuf(head.value) ? await readBinary(rest, findings) : rest;
    for await (const chunk of binary) splitter.push(chunk);
    splitter.end();
  } catch (error) {
    throw new InputError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  lines.finish(name);
  return { read: findings.read, problems: findings.problems(), isCut: findings.cut > 0 };
}

/** Enough to recognise a format by its first bytes. */
const HEAD_BYTES = 16;

/** Bytes of the length before each message, as the Collector's file exporter writes them with the format `proto`. */
const LENGTH_BYTES = 4;

function isProtobuf(head: Buffer | undefined): boolean {
  if (head === undefined) return false;
  return beginsLikeProtobuf(head) || (head[0] === 0 && beginsLikeProtobuf(head.subarray(LENGTH_BYTES)));
}

/** Files that only look like text to a reader of lines. */
const MAGIC: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed by zstd: unpack it first, by zstd -d"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive: unpack it first"],
  [[0x42, 0x5a, 0x68], "compressed by bzip2: unpack it first"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed by xz: unpack it first"],
  [
    [0x50, 0x41, 0x52, 0x31],
    "a Parquet file, as Tempo stores blocks: ask Tempo for the trace, by --tempo URL",
  ],
];

const WITHOUT = "set no `compression` in the Collector's file exporter";

function refuseBinary(head: Buffer): void {
  for (const [bytes, what] of MAGIC) {
    if (bytes.every((byte, i) => head[i] === byte)) throw new Error(what);
    if (bytes.every((byte, i) => head[LENGTH_BYTES + i] === byte))
      throw new Error(`records with their length in front, each ${what.split(":")[0]}: ${WITHOUT}`);
  }
}

/** Reads protobuf. If it is none, gives the bytes back. */
async function readBinary(chunks: AsyncIterable<Buffer>, findings: Findings): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > LONGEST_DOCUMENT)
      throw new Error(`a request in protobuf is longer than ${LONGEST_DOCUMENT} bytes`);
    parts.push(chunk);
  }
  const bytes = Buffer.concat(parts);
  if (bytes[0] === 0) for (const message of messages(bytes)) readMessage(message, findings);
  else readMessage(bytes, findings);
  return findings.known > 0 ? [] : [bytes];
}

function readMessage(bytes: Buffer, findings: Findings): void {
  const { read } = findings;
  const { unread, broken } = atOnce(readProtobuf(bytes, findings));
  if (broken && findings.read === read) return;
  findings.known++;
  findings.unread += unread;
  if (broken) findings.cut++;
}

/** Messages with their length in front, as a big-endian number. */
function* messages(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + LENGTH_BYTES <= bytes.length; ) {
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt32BE(at);
    yield bytes.subarray(from, at);
  }
}
