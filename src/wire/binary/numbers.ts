// The numbers of the binary format, as `error-tree.proto` gives them; the columns of nodes have theirs in `columns.ts`.
import { SPAN_KINDS, type SpanKindName } from "../../spans/otel.ts";

/** Field numbers of what is no property of a node. */
export const FIELD = { id: 1, omitted: 2, text: 3, lengths: 4, children: 5 } as const;

/** Wire types of protobuf that are in use; groups (3 and 4) are no longer. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** Kinds of spans by their OTLP numbers; 0 is no kind. */
export const KINDS: readonly (SpanKindName | undefined)[] = [undefined, ...SPAN_KINDS];
