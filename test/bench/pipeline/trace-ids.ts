// Finds the trace ids in what services export, so that one capture can be sent again as other traces.

const LENGTH_DELIMITED = 2;

/**
 * Where the trace ids of an ExportTraceServiceRequest begin: `resource_spans` (1), in each `scope_spans` (2), in each `spans` (2),
 * there `trace_id` (1) and that of each of the `links` (13).
 *
 * Source: opentelemetry/proto/trace/v1/trace.proto
 */
export function traceIdsIn(request: Uint8Array): number[] {
  const found: number[] = [];
  const all: Part = { start: 0, end: request.length };
  for (const resource of partsOf(request, all, 1)) {
    for (const scope of partsOf(request, resource, 2)) {
      for (const span of partsOf(request, scope, 2)) {
        for (const id of partsOf(request, span, 1)) found.push(id.start);
        for (const link of partsOf(request, span, 13)) {
          for (const id of partsOf(request, link, 1)) found.push(id.start);
        }
      }
    }
  }
  return found;
}

/** The request as that of other traces: `copy` is written over the first two bytes of each id; 0 leaves them as they are. */
export function asCopy(request: Uint8Array, ids: readonly number[], copy: number): Uint8Array {
  if (copy === 0) return request;
  const other = Uint8Array.from(request);
  for (const at of ids) {
    other[at] = (other[at] as number) ^ (copy >> 8);
    other[at + 1] = (other[at + 1] as number) ^ (copy & 0xff);
  }
  return other;
}

/** The same of an id in hex. */
export function idOfCopy(traceId: string, copy: number): string {
  const start = (Number.parseInt(traceId.slice(0, 4), 16) ^ copy).toString(16).padStart(4, "0");
  return start + traceId.slice(4);
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The fields of one number that have a length, within a part of the message. */
function* partsOf(message: Uint8Array, { start, end }: Part, number: number): Generator<Part> {
  let at = start;
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < end) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case LENGTH_DELIMITED: {
        const length = varint();
        if (tag >> 3 === number) yield { start: at, end: at + length };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new RangeError(`no protobuf: wire type ${tag & 7}`);
    }
  }
}
