// Makes one node of failed spans of one service that stand in one line.
import { Later } from "../spans/later.ts";
import { endOf } from "./cause/sureness.ts";
import type { Item } from "./item.ts";

/**
 * Failed spans of one service in one line are one node: operation and code of the outer, the rest of the inner. Not if the
 * outer survived the inner, or failed by a mistake of its own.
 */
export function fold(outer: Item): Item {
  const [inner, ...others] = outer.items.filter(({ node }) => !node.pending);
  if (others.length > 0) return outer;
  if (!inner?.inner || inner.sealed || inner.node.service !== outer.node.service) return outer;
  if (inner.survived || outer.node.own) return outer;
  const { at, operation, errorType, message, frames, causes, own, unsure } = inner.node;
  // If the program handed on another error, its type, frames and causes are not those of the inner one.
  const { errorType: _, frames: __, causes: ___, ...rest } = outer.node;
  const told = outer.node.message;
  const isSame = message === undefined || told === undefined || message === told;
  outer.node = {
    ...(isSame ? outer.node : rest),
    at: at ?? operation,
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames === undefined ? undefined : { frames }),
    ...(causes === undefined ? undefined : { causes }),
    ...(own ? { own } : undefined),
    ...(unsure ? { unsure } : undefined),
  };
  outer.innermost = inner.innermost ?? inner.spanId;
  outer.ownBecause = inner.ownBecause;
  const endsHere = own || !inner.items.some(({ node }) => node.code !== "ok");
  const { node, work } = outer;
  const host = (): string | undefined => work?.record.call?.value.address?.host;
  outer.cause = endsHere ? new Later(() => endOf(node, host())) : inner.cause;
  outer.items = [...inner.items, ...outer.items.filter(({ node }) => node.pending)];
  return outer;
}
