// The order in which the spans of a case begin and end, so that real services can be told to do the same.
import type { CaseSpan, SemanticsCase } from "../../support/semantics.ts";

/** A span with what follows from its place. */
export interface Part {
  readonly span: CaseSpan;
  readonly service: string;
  readonly kind: "server" | "client" | "internal";
  readonly parent: CaseSpan | undefined;
  /** The span of the service that a call is answered by. */
  readonly callee: Part | undefined;
  readonly depth: number;
}

/** One thing that happens. */
export interface Moment {
  readonly part: Part;
  readonly isEnd: boolean;
}

/** All spans of a case, and what happens when. A callee begins and ends with the call of it, so it has no moments. */
export function scoreOf(test: SemanticsCase): { parts: ReadonlyMap<string, Part>; moments: Moment[] } {
  const parts = partsOf(test);
  const times = timesOf(test, parts);
  const own = [...parts.values()].filter(({ kind, parent }) => kind !== "server" || parent === undefined);
  const moments = own.flatMap((part) => [
    { part, isEnd: false },
    { part, isEnd: true },
  ]);
  const timeOf = ({ part, isEnd }: Moment): number => times.get(part.span.id)?.[isEnd ? 1 : 0] ?? 0;
  // At one time ends come first, of what is beneath before of what is above; begins the other way round.
  moments.sort(
    (a, b) =>
      timeOf(a) - timeOf(b) ||
      Number(b.isEnd) - Number(a.isEnd) ||
      (a.isEnd ? b.part.depth - a.part.depth : a.part.depth - b.part.depth),
  );
  return { parts, moments };
}

function partsOf({ spans }: SemanticsCase): Map<string, Part> {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const parts = new Map<string, Part>();
  const partOf = (span: CaseSpan): Part => {
    const known = parts.get(span.id);
    if (known !== undefined) return known;
    const parent = byId.get(span.parent ?? "");
    const above = parent === undefined ? undefined : partOf(parent);
    const service = span.service ?? above?.service ?? "";
    const isEntry = above === undefined || above.service !== service;
    const part = {
      span,
      service,
      kind: (span.kind ?? (isEntry ? "server" : "internal")) as Part["kind"],
      parent,
      callee: undefined,
      depth: (above?.depth ?? 0) + 1,
    };
    parts.set(span.id, part);
    return part;
  };
  for (const span of spans) partOf(span);
  for (const [id, part] of parts) {
    if (part.kind !== "client") continue;
    const callee = [...parts.values()].find(({ parent }) => parent?.id === id);
    parts.set(id, { ...part, callee });
  }
  return parts;
}

/** The times of a case; without any, all spans begin in their order, and then end in it, from beneath upwards. */
function timesOf({ spans }: SemanticsCase, parts: ReadonlyMap<string, Part>): Map<string, [number, number]> {
  if (spans.some(({ ms }) => ms !== undefined)) {
    return new Map(spans.map(({ id, ms }, i) => [id, ms ?? [i, 100 + i]]));
  }
  const deepest = Math.max(...[...parts.values()].map(({ depth }) => depth));
  return new Map(
    spans.map(({ id }, i) => [id, [i, 1_000 + (deepest - (parts.get(id)?.depth ?? 0)) * 100 + i]]),
  );
}
