// Makes the answer that goes into the trailers of a call: as much of it as there is room for.

import type { Health } from "../../health/health.ts";
import type { Answer, AnswerCodec, Ask } from "../../wire/messages.ts";
import { bytesOfValue, charsOfTree, METADATA_BYTES, METADATA_NAME } from "../../wire/metadata-value.ts";
import { countWritten } from "../answer-counts.ts";
import { binaryFieldBytes, blockBytes, type Status, textFieldBytes } from "./grpc-js.ts";

/** C-core counts 8,192 bytes for a block of headers as a peer that is in order; proxies on the way add fields. */
const BLOCK_BYTES = 7680;
/** The same for the code alone. */
const MINIMAL_BLOCK_BYTES = 8064;
/** Fields of a response that has trailers alone, without the message: `:status`, `content-type`, `date`, `grpc-status`. */
const OWN_BYTES = 220;

/** The bytes of an answer for the trailers of this status; `undefined` if there is no room for any. */
export function trailerOf(
  answer: Answer,
  ask: Ask,
  status: Status,
  { codec, health }: { readonly codec: AnswerCodec; readonly health: Health },
): Uint8Array | undefined {
  const used =
    OWN_BYTES + textFieldBytes("grpc-message", encodedChars(status.details)) + blockBytes(status.metadata);
  const treeBytes = Math.min(METADATA_BYTES, roomFor(BLOCK_BYTES - used));
  const encoded = codec.encode(answer, ask, {
    treeBytes: ask.json ? treeBytes : charsOfTree(treeBytes),
    minimalBytes: roomFor(MINIMAL_BLOCK_BYTES - used),
  });
  if (encoded === undefined) {
    health.count("answers_unwritten");
    return undefined;
  }
  countWritten(health.activity, encoded);
  return bytesOfValue(encoded.value);
}

/** How many bytes a value may have if its field may have so many. */
function roomFor(fieldBytes: number): number {
  return Math.floor((fieldBytes - binaryFieldBytes(METADATA_NAME, 0)) / 4) * 3;
}

/** The message is sent percent-encoded. */
function encodedChars(details: string): number {
  try {
    return encodeURI(details).length;
  } catch {
    return 3 * Buffer.byteLength(details);
  }
}
