// The numbers of the binary format, as `error-tree.proto` gives them.
import { SPAN_KINDS, type SpanKindName } from "../../model/span-kind.ts";

/** Field numbers. */
export const FIELD = {
  id: 1,
  omitted: 2,
  text: 3,
  textBytes: 4,
  lengths: 5,
  children: 6,
  services: 7,
  operations: 8,
  outcomes: 9,
  messages: 10,
  errorTypes: 11,
  at: 12,
  peers: 13,
  counts: 14,
  hops: 15,
  frames: 16,
  kinds: 17,
  times: 18,
  pendingMs: 19,
} as const;

/** Wire types of protobuf that are in use; groups (3 and 4) are no longer. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** Where the canonical code stands in an outcome, and the marks beside it. */
export const CODE_MASK = 31;
export const EXPORTED = 32;
export const SURVIVED = 64;
export const UNANSWERED = 128;
export const OPAQUE = 256;
export const ABANDONED = 512;
export const MIXED = 1024;
export const OWN = 2048;
export const UNSURE = 4096;
export const PENDING = 8192;
export const WAY = 16384;

/** Kinds of spans by their OTLP numbers; 0 is no kind. */
export const KINDS: readonly (SpanKindName | undefined)[] = [undefined, ...SPAN_KINDS];
